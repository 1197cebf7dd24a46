"""The columns of a roster: their names in rosters, where each goes, what the template says of it.

A column belongs to a declared field (``household.kind``, ``person.name``), whose label, code table and
length it takes over, or is one of a few that stand for more than a field (an address in one line, a
telephone and whose it is, care groups).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gridapp.domain.kinds import kind
from gridapp.domain.record import Field

NUMBER = "household.own_number"
HEAD_ID = "head_id"
HEAD_NAME = "head_name"
COMPOUND = "compound.name"
BUILDING = "building.name"
ENTRANCE = "dwelling.entrance"
ROOM = "dwelling.room"
LANDMARK = "dwelling.landmark"
ADDRESS = "address"
REGISTERED = "household.registered_address"
NAME = "person.name"
RELATION = "residence.relation"
ID_KIND = "person_file.id_kind"
ID_NUMBER = "person_file.id_number"
SEX = "person_file.sex"
BIRTH = "person_file.birth_date"
PHONE = "phone"
PHONE_OWNER = "phone_owner"
EMERGENCY_PHONE = "household_file.emergency_phone"
STATUS_NOTE = "person.status_note"
CARE = "care"
HOUSEHOLD_KIND = "household.kind"


@dataclass(frozen=True, slots=True)
class Column:
    """``shared``: the same for the whole household, so a merged cell or one row may say it for all."""

    key: str
    header: str
    synonyms: tuple[str, ...] = ()
    shared: bool = False
    field: Field | None = None
    table: str = ""  # code table, of a set too
    hint: str = ""  # for the template
    examples: tuple[str, str] = ("", "")

    @property
    def kind(self) -> str:
        """The kind of record that the field belongs to, "" where there is none."""
        return self.key.partition(".")[0] if self.field else ""


def _column(
    key: str,
    names: str,
    *,
    shared: bool = False,
    table: str = "",
    hint: str = "",
    examples: tuple[str, str] = ("", ""),
) -> Column:
    header, *synonyms = names.split()
    owner, _, name = key.partition(".")
    field = kind(owner).by_name[name] if name else None
    table = table or (field.codes if field else "")
    return Column(key, header, tuple(synonyms), shared, field, table, hint, examples)


COLUMNS = (
    _column(
        NUMBER,
        "户号 户编号 户编码 住户编号 住户号 家庭编号 自编号 户序号",
        shared=True,
        hint="本单位自己的编号；同一户的人填同一个。正式户号由系统给出。",
        examples=("示例001", "示例001"),
    ),
    _column(
        NAME,
        "姓名 成员姓名 居民姓名 人员姓名 名字",
        hint="必填。空置住房可以不填。",
        examples=("张示例", "李示例"),
    ),
    _column(
        RELATION,
        "与户主关系 与户主的关系 关系 家庭关系 户主关系 成员关系",
        hint="必填。每户有且只有一个“户主”。",
        examples=("户主", "妻"),
    ),
    _column(
        ID_KIND,
        "证件类型 证件种类 证件名称",
        hint="不填时按居民身份证核对号码。",
        examples=("居民身份证", "居民身份证"),
    ),
    _column(
        ID_NUMBER,
        "身份证号 身份证号码 证件号码 证件号 身份证 公民身份号码 居民身份证号",
        hint="按文本填写。身份证号要 18 位，末位校验码会核对。",
    ),
    _column(SEX, "性别", hint="有身份证号时可以不填。", examples=("男", "女")),
    _column(
        BIRTH,
        "出生日期 出生年月日 出生年月 生日 出生年",
        hint="如 1946-03-01；有身份证号时可以不填；只知道年份就填年份。",
        examples=("1958-06-15", "1960-09-20"),
    ),
    _column(
        PHONE,
        "手机号 联系电话 电话 手机 手机号码 联系方式 电话号码 本人电话",
        hint="几个号码之间用“、”隔开。",
        examples=("13800000001", "13800000001"),
    ),
    _column(
        PHONE_OWNER,
        "电话归属 机主 电话机主 号码归属",
        hint="这个电话是谁的；不填就是本人。",
        examples=("", "丈夫"),
    ),
    _column(COMPOUND, "小区 小区名称 院落 小区院落", shared=True, examples=("示例小区", "")),
    _column(
        BUILDING,
        "楼栋 楼号 楼栋号 幢 栋 楼 栋号 幢号 组 村民组",
        shared=True,
        hint="楼栋；在农村填组。",
        examples=("3号楼", ""),
    ),
    _column(ENTRANCE, "单元 单元号", shared=True, examples=("2", "")),
    _column(ROOM, "室 门牌 房号 室号 门牌号 房间号 户室号", shared=True, examples=("501", "")),
    _column(
        LANDMARK,
        "位置 位置说明 方位",
        shared=True,
        hint="没有门牌的房屋怎么找，如“老槐树东第二家”。",
    ),
    _column(
        ADDRESS,
        "住址 现住址 现住地址 现居住地址 居住地址 家庭住址 家庭地址 地址 详细地址 居住地",
        shared=True,
        hint="写成一格的住址，如“3号楼2单元501”；已分开填的就不用填。",
    ),
    _column(HOUSEHOLD_KIND, "户类型 户类别 户别", shared=True, examples=("家庭户", "")),
    _column(
        REGISTERED,
        "户籍地址 户籍地 户口所在地 户籍所在地 户籍住址",
        hint="与户主不同的人填自己的。",
        examples=("示例市示例路1号", ""),
    ),
    _column("residence.kind", "居住类型 人户状态", hint="不填就是“居住”。"),
    _column("person.status", "现况 现状 人员现况", examples=("在家", "")),
    _column("person.away_until", "外出至 预计返回 返回日期"),
    _column(STATUS_NOTE, "备注 现况说明", hint="最多 80 个字。"),
    _column("person_file.education", "文化程度 学历 教育程度", examples=("初中", "小学")),
    _column("person_file.marital", "婚姻 婚姻状况 婚姻情况", examples=("已婚", "已婚")),
    _column("person_file.occupation", "职业 从事职业", examples=("退休", "退休")),
    _column("person_file.employer", "工作单位 就业单位 单位名称"),
    _column("person.nicknames", "别名 小名 曾用名 绰号", hint="几个之间用“、”隔开。"),
    _column(
        CARE,
        "关爱群体 关爱类型 关爱类别 特殊群体 群体类别",
        hint="几个之间用“、”隔开。",
        examples=("空巢老人", "空巢老人"),
    ),
    _column("household_file.livelihood", "生活来源 收入来源", shared=True, table="livelihood"),
    _column("household_file.benefits", "享受政策 享受待遇 保障情况", shared=True, table="benefits"),
    _column("household_file.needs", "困难与需求 困难 需求", shared=True),
    _column("household_file.emergency_name", "紧急联系人 紧急联系人姓名", shared=True),
    _column("household_file.emergency_relation", "紧急联系人关系 与本户关系", shared=True),
    _column(EMERGENCY_PHONE, "紧急联系电话 紧急联系人电话", shared=True),
    _column("dwelling.tenure", "产权 房屋性质 住房性质", shared=True, examples=("自有", "")),
    _column("dwelling.area", "面积 住房面积 建筑面积 房屋面积", shared=True, hint="平方米。"),
    _column("dwelling.gas", "燃气 燃气类型", shared=True),
    _column("household.opened_on", "建档日期 建档时间", shared=True),
    _column(
        HEAD_ID,
        "户主身份证号 户主身份证 户主证件号码 户主身份证号码 户主证件号",
        shared=True,
        hint="没有户号时，用它把一户的人归到一起。",
    ),
    _column(HEAD_NAME, "户主姓名 户主", shared=True),
)

# Columns that may stand twice; their values are taken together.
REPEATED = frozenset({PHONE, STATUS_NOTE})

# What gridapp does not keep, whoever collects it.
NOT_KEPT = frozenset(
    {"民族", "宗教", "宗教信仰", "信仰", "政治面貌", "党派", "党员", "是否党员"}
    | {"信访", "信访记录", "上访", "指纹", "人脸", "血型"}
)

_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_DECORATION = re.compile(r"[\s*:：、/.]+")


def plain_header(text: str) -> str:
    """A header for comparison: without spaces, stars, colons and what stands in brackets."""
    plain = unicodedata.normalize("NFKC", text)
    return _DECORATION.sub("", _BRACKETS.sub("", plain)) or _DECORATION.sub("", plain)


_BY_NAME = {plain_header(name): c for c in COLUMNS for name in (c.header, *c.synonyms)}
BY_KEY = {column.key: column for column in COLUMNS}


def find_column(header: str) -> Column | None:
    """The column that a header means, None for one we do not know."""
    return _BY_NAME.get(plain_header(header))
