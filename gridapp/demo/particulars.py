"""The smaller facts about invented people: schooling, work, telephones, a relative elsewhere, the file."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from gridapp.demo.contacts import Numbers
from gridapp.demo.families import FEMALE, HEAD, NOT_RELATED, Sketch
from gridapp.demo.naming import MALE, Naming
from gridapp.demo.phrases import one_of
from gridapp.domain.household import Household, HouseholdFile

if TYPE_CHECKING:
    from gridapp.demo.household_records import Member

MOVED_TO = ("搬到市区新房居住", "结婚后随配偶居住", "工作调动迁往郑州", "随子女迁往外地")
STUDYING = ("在郑州上大学", "在洛阳上学", "在外地读大专，寒暑假回来", "在武汉上大学")
WORKING_AWAY = (
    "在郑州务工，春节回来", "在苏州电子厂上班", "跑长途运输，一般半个月回来一次", "在杭州做装修",
    "在外地工地干活", "出差", "在深圳工作",
)  # fmt: skip
WITH_CHILDREN = ("去女儿家小住", "在儿子家帮忙带孩子", "住院陪护，暂住亲戚家", "去外地子女家过冬")
CARE_NOTES = ("", "", "", "本人同意登记", "子女每周回来一次", "希望上午来访", "有事先打电话给家属")

_ELSEWHERE = (
    "河南省新乡市辉县市", "河南省新乡市卫辉市", "河南省新乡市原阳县", "河南省新乡市延津县",
    "河南省新乡市封丘县", "河南省新乡市获嘉县", "河南省安阳市滑县", "河南省周口市太康县",
    "河南省焦作市武陟县", "山西省晋城市陵川县", "四川省达州市宣汉县", "安徽省阜阳市临泉县",
)  # fmt: skip
_WORK = (
    "机械加工", "销售", "超市收银", "快递员", "外卖骑手", "司机", "教师", "护士", "电工", "会计",
    "保安", "保洁", "餐饮服务", "个体经营", "装修工", "物业维修", "自由职业", "公司职员", "焊工", "裁缝",
)  # fmt: skip
_VILLAGE_WORK = (
    "务农",
    "务农",
    "务农兼打零工",
    "建筑工",
    "种植大棚菜",
    "养殖",
    "货车司机",
    "村办厂工人",
)
_EMPLOYERS = (
    "机床配件厂", "物流园仓储公司", "便民超市", "社区卫生服务站", "家具城", "第二中学", "汽修店",
    "电池材料厂", "纺织厂", "家政服务部", "公交公司", "批发市场", "建筑公司", "商贸公司",
)  # fmt: skip
_NEEDS = (
    "希望楼道加装扶手。", "厨房下水不畅，需要维修师傅上门。", "出行不便，盼社区帮忙代买米面油。",
    "想申请助餐服务，每天中午一顿。", "孩子放学后没人接，盼有托管。", "冬季取暖费负担较重。",
    "想参加免费技能培训。", "楼上漏水，已反映物业，待修。", "药品需要定期代取。", "网上办事不会操作。",
)  # fmt: skip
_WISHES = (
    "想学会用手机和外地的孩子视频。", "想有人陪着去一趟公园。", "想要一台放大镜看报纸。",
    "希望小区装一排长椅。", "孩子想要一套课外书。", "想把旧轮椅换一换。", "过年想拍一张全家福。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody who belongs to the household and lives elsewhere."""

    name: str
    relation: str  # 儿子, 女儿, 兄弟 …
    phone: str


def relative(
    rng: random.Random, naming: Naming, numbers: Numbers, sketches: Sequence[Sketch]
) -> Relative:
    """A grown child of older people, else a brother or sister, of tenants somebody at home."""
    if not sketches:
        return Relative("", "", "")
    head = sketches[0]
    sex = MALE if rng.random() < 0.5 else FEMALE
    if len(sketches) > 1 and sketches[1].relation == NOT_RELATED:
        older = head.age + rng.randint(22, 30)
        relation = "父亲" if sex == MALE else "母亲"
        return Relative(naming.plain(head.name[0], sex, older), relation, numbers.mobile())
    own = head.sex == MALE or rng.random() < 0.2
    surname = _surname(head.name) if own else naming.surname()
    if head.age >= 58:
        relation = "儿子" if sex == MALE else "女儿"
        age = max(22, head.age - rng.randint(23, 32))
    else:
        relation, age = ("兄弟" if sex == MALE else "姐妹"), head.age
        surname = _surname(head.name)
    return Relative(naming.plain(surname, sex, age), relation, numbers.mobile())


def _surname(name: str) -> str:
    return (
        name[:2]
        if len(name) > 2 and name[:2] in ("欧阳", "司马", "上官", "诸葛", "尉迟")
        else name[0]
    )


def telephones(
    rng: random.Random, numbers: Numbers, sketches: Sequence[Sketch], relative: Relative
) -> list[dict[str, str]]:
    """For each member number → whose it is; the old and the young often have only another's."""
    own = [numbers.mobile() if _has_phone(rng, sketch.age) else "" for sketch in sketches]
    carer = next(
        (
            i
            for i, s in enumerate(sketches)
            if own[i] and 20 <= s.age < 60 and s.relation[0] in "0123"
        ),
        None,
    )
    found = []
    for place, sketch in enumerate(sketches):
        phones = {own[place]: "本人"} if own[place] else {}
        lacks = not own[place] or (sketch.age >= 75 and rng.random() < 0.4)
        if lacks and carer is not None and carer != place:
            phones[own[carer]] = f"{_says(sketch, sketches[carer])} {sketches[carer].name}"
        elif lacks and sketch.age >= 60 and relative.phone:
            phones[relative.phone] = f"{relative.relation} {relative.name}"
        found.append(phones)
    return found


def _has_phone(rng: random.Random, age: int) -> bool:
    return rng.random() < (0 if age < 13 else 0.7 if age < 18 else 0.97 if age < 70 else 0.6)


def _says(sketch: Sketch, carer: Sketch) -> str:
    """What the carer is to this member."""
    if sketch.relation in ("53", "54", "55", "56") and carer.relation == HEAD:
        return "女婿" if carer.sex == MALE else "儿媳"
    if sketch.relation[0] == "4" and carer.relation in (HEAD, "11", "12"):
        return "爷爷" if carer.sex == MALE else "奶奶"
    if sketch.age < 18:
        return "父亲" if carer.sex == MALE else "母亲"
    if sketch.age - carer.age >= 18:
        return "儿子" if carer.sex == MALE else "女儿"
    return "家人"


def education(rng: random.Random, age: int) -> str:
    """A code of GB/T 4658 that fits the age."""
    if age < 6:
        return ""
    if age < 13:
        return "80"
    if age < 16:
        return "70"
    if age < 19:
        return one_of(rng, ("60", "40"))
    if age < 40:
        return rng.choices(("10", "20", "30", "40", "60", "70"), (4, 26, 28, 12, 15, 15))[0]
    if age < 60:
        return rng.choices(("20", "30", "40", "60", "70", "80"), (8, 12, 12, 25, 36, 7))[0]
    return rng.choices(("30", "60", "70", "80", "90"), (5, 15, 35, 38, 7))[0]


def occupation(rng: random.Random, age: int, village: bool) -> str:
    """Work that fits the age, "" for the smallest."""
    if age < 7:
        return "学龄前" if age > 2 else ""
    if age < 19:
        return "学生"
    if age >= 61:
        return "务农" if village else "退休"
    return one_of(rng, _VILLAGE_WORK if village and rng.random() < 0.6 else _WORK)


def employer(rng: random.Random, age: int) -> str:
    """Where somebody of working age works, where it is known."""
    return one_of(rng, _EMPLOYERS) if 20 <= age <= 59 and rng.random() < 0.5 else ""


def elsewhere(rng: random.Random) -> str:
    """A place outside the district."""
    return one_of(rng, _ELSEWHERE)


def household_file(
    rng: random.Random,
    file_id: UUID,
    household: Household,
    members: Sequence[Member],
    relative: Relative,
    at: int,
) -> HouseholdFile:
    """Livelihood and benefits that follow from the members, a contact, and the notice given."""
    groups = {care.group_code for member in members for care in member.care}
    day = household.opened_on
    return HouseholdFile(
        id=file_id,
        household_id=household.id,
        livelihood=_livelihood(rng, members, groups),
        benefits=_benefits(rng, members, groups),
        needs=one_of(rng, _NEEDS) if members and rng.random() < 0.3 else "",
        wishes=one_of(rng, _WISHES) if members and rng.random() < 0.18 else "",
        emergency_name=relative.name,
        emergency_relation=relative.relation,
        emergency_phone=relative.phone,
        legal_basis=rng.choices(("duty", "consent"), (70, 30))[0],
        notice_given=bool(members) and rng.random() < 0.95,
        notice_on=day + timedelta(days=rng.randint(0, 20)) if day and members else None,
        recorded_at=at,
    )


def _livelihood(rng: random.Random, members: Sequence[Member], groups: set[str]) -> tuple[str, ...]:
    found = set()
    for member in members:
        if member.age >= 61:
            found.add("养老金或退休金")
        elif member.age >= 19 and member.file.occupation:
            work = member.file.occupation
            farming = "务农" in work or "种植" in work or "养殖" in work
            found.add("务农" if farming else "个体经营" if "个体" in work else "工资")
    if groups & {"C08", "C10"}:
        found.add("救助金")
    if groups & {"C15", "C09"}:
        found.add("打零工")
    if groups & {"C01", "C02", "C03"} and rng.random() < 0.5:
        found.add("子女或亲属供养")
    return tuple(sorted(found))


def _benefits(rng: random.Random, members: Sequence[Member], groups: set[str]) -> tuple[str, ...]:
    words = {
        "C08": "低保", "C09": "低保边缘", "C10": "特困供养", "C07": "残疾人两项补贴",
        "C04": "护理补贴", "C12": "优抚待遇", "C06": "孤儿或事实无人抚养儿童保障",
    }  # fmt: skip
    found = {words[group] for group in groups if group in words and rng.random() < 0.85}
    if any(member.age >= 80 and member.lives_here for member in members):
        found.add("高龄津贴")
    return tuple(sorted(found))
