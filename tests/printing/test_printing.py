"""Household files printed from a real store, read back as text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pypdfium2
import pytest

from gridapp.domain.household import Residence
from gridapp.domain.person import CareEnrolment
from gridapp.domain.unit import Assignment, Staff
from gridapp.errors import Problem
from gridapp.i18n import set_language
from gridapp.printing import (
    PrintOptions,
    households_of_grid,
    print_households,
    print_to_file,
    sheets,
)
from gridapp.printing.sheets import addresses_agree
from gridapp.store import recording
from gridapp.store.drafting import HouseholdForm, Picture, VisitDraft
from gridapp.store.store import Store
from tests.store.realistic import (
    GRID,
    SetClock,
    arrive,
    household,
    jpeg,
    member,
    save,
    uploaded,
)

CITIZEN = "11010519491231002X"
MOBILE = "13812342210"
RARE = "㛃䶮𠮷𬭊"
MINORITY = "买买提·阿不都热合曼"


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = []
        for page in document:
            part = page.get_textpage()
            pages.append(part.get_text_range())
            part.close()
            page.close()
        return re.sub(r"[\s\u200b]", "", "".join(pages))
    finally:
        document.close()


def printed(store: Store, *forms: HouseholdForm, **options: Any) -> str:
    out = io.BytesIO()
    how = PrintOptions(**options)
    assert print_households(store, [f.household.id for f in forms], out, how).done == len(forms)
    return text_of(out.getvalue())


def visit(store: Store, form: HouseholdForm, **values: Any) -> None:
    usual = {"household_id": form.household.id, "happened_at": "2026-11-18T09:30"}
    draft = VisitDraft(**(usual | values))
    store.write(lambda uow: recording.add_visit(uow, draft)).result()


@pytest.fixture
def zhao(store: Store) -> HouseholdForm:
    head = member(
        "赵桂兰",
        nicknames=("赵奶奶",),
        status="here",
        id_kind="citizen",
        id_number=CITIZEN,
        phones={MOBILE: "本人"},
    )
    head = replace(
        head, care=(CareEnrolment(person_id=head.person.id, group_code="C01", level="high"),)
    )
    rare = member(RARE, "20", birth_year=1975)
    guest = member(MINORITY, "99", birth_year=1980, status="away", away_until=date(2027, 2, 1))
    form = household(
        "赵桂兰",
        "3号楼",
        "201",
        head,
        rare,
        guest,
        registered_address="河南省新乡市示例路3号楼1单元201室",
        livelihood=("pension", "卖菜"),
        benefits=("高龄津贴",),
        needs=f"女儿电话{MOBILE}",
        emergency_name="赵敏",
        emergency_relation="女儿",
        emergency_phone="13900001111",
        legal_basis="consent",
        notice_given=True,
        notice_on=date(2026, 1, 5),
    )
    return save(store, form)


def test_the_file_says_in_words_what_the_records_hold(store: Store, zhao: HouseholdForm) -> None:
    head, rare, _ = zhao.members
    met = (str(head.person.id), str(rare.person.id), "邻居老孙")
    visit(
        store,
        zhao,
        situation="精神好，药已续上。",
        difficulties="腿疼",
        people_met=met,
        promise="带老花镜",
        answers={"C01/跌倒隐患": "watch", "C01/独居情况": "rest"},
    )
    text = printed(store, zhao)
    for said in (
        zhao.household.temporary,
        "第一网格",
        GRID.code,
        "和平社区",
        "3号楼1单元201",
        "李秀英",
        "0999-2000001",
        "养老金或退休金、卖菜",
        "高龄津贴",
        "本人同意",
        "已告知",
        "2026-01-05",
        "2026-11-1809:30",
        "精神好，药已续上。",
        "困难：腿疼",
        "留意：跌倒隐患",
        "邻居老孙",
        "带老花镜",
        "赵敏",
        "女儿",
        "外出，至2027-02-01",
        "重点",
        "一致",
        "居民身份证",
    ):
        assert said in text, said
    assert str(head.person.id) not in text
    assert "不一致" not in text
    assert "pension" not in text
    assert "C01" not in text


def test_rare_characters_and_long_names_are_printed(store: Store, zhao: HouseholdForm) -> None:
    text = printed(store, zhao)
    assert RARE in text
    assert MINORITY in text


def test_those_met_are_named_though_they_left_since(store: Store, zhao: HouseholdForm) -> None:
    gone = zhao.members[1]
    visit(store, zhao, people_met=(str(gone.person.id),))
    without = replace(zhao, members=(zhao.members[0], zhao.members[2]))
    store.write(lambda uow: recording.save_household(uow, zhao, without)).result()
    (sheet,) = sheets(store, [zhao.household.id])
    assert [m.name for m in sheet.members] == ["赵桂兰", MINORITY]
    assert sheet.visits[0].met == RARE


def test_visits_stand_newest_first_and_all_of_them(store: Store, zhao: HouseholdForm) -> None:
    first = date(2026, 1, 1)
    for number in range(90):
        day = (first + timedelta(days=number * 37 % 90)).isoformat()
        visit(store, zhao, happened_at=day)
    (sheet,) = sheets(store, [zhao.household.id])
    days = [row.when for row in sheet.visits]
    assert days == sorted(days, reverse=True)
    assert len(set(days)) == 90


def test_numbers_are_masked_unless_they_are_revealed(store: Store, zhao: HouseholdForm) -> None:
    masked = printed(store, zhao)
    assert CITIZEN not in masked
    assert MOBILE not in masked
    assert "13900001111" not in masked
    assert "110105********002X" in masked
    assert "138****2210" in masked
    whole = printed(store, zhao, reveal=True, reason="居民本人要复印件")
    assert CITIZEN in whole
    assert "13900001111" in whole


def test_revealing_without_a_reason_prints_and_logs_nothing(
    store: Store, zhao: HouseholdForm
) -> None:
    out = io.BytesIO()
    with pytest.raises(Problem) as caught:
        print_households(store, [zhao.household.id], out, PrintOptions(reveal=True, reason="  "))
    assert caught.value.code == "reason_needed"
    assert out.getvalue() == b""
    assert log(store) == []


def test_every_print_is_in_the_log_with_its_reason(store: Store, zhao: HouseholdForm) -> None:
    other = save(store, household("钱二", "1号楼"))
    printed(store, zhao, other)
    printed(store, zhao, reveal=True, reason="核对身份")
    assert log(store) == [
        ("print", "household", zhao.household.id, ""),
        ("print", "household", other.household.id, ""),
        ("print", "household", zhao.household.id, "核对身份"),
    ]


def test_each_file_says_what_of_it_is_not_uploaded(
    store: Store, zhao: HouseholdForm, clock: SetClock
) -> None:
    other = save(store, household("钱二", "1号楼"))
    uploaded(store)
    visit(store, zhao, pictures=(Picture(jpeg()),))
    person = zhao.members[1].person
    store.write(lambda uow: uow.edit(person, replace(person, status_note="出差"))).result()
    mine, others = sheets(store, [zhao.household.id, other.household.id])
    assert mine.unsynced == 3  # a visit, its photo, a note on a member
    assert others.unsynced == 0
    assert "含3条未上传的内容" in printed(store, zhao)
    assert "全部已上传" in printed(store, other)


def test_a_household_with_nobody_and_nothing_prints(store: Store) -> None:
    empty = save(store, household("空房"))
    text = printed(store, empty)
    assert "空房" in text
    assert "无记录" in text


def test_one_person_with_two_ties_stands_once_and_a_landlord_not_at_all(store: Store) -> None:
    head = member("孙三", "")
    form = household("孙三", "3号楼", "201", head, member("周房东"))
    landlord = form.members[1]
    landlord = replace(landlord, residence=replace(landlord.residence, kind="letting"))
    form = save(store, replace(form, members=(form.members[0], landlord)))
    tie = Residence(
        person_id=head.person.id, household_id=form.household.id, kind="registered", relation="02"
    )
    store.write(lambda uow: uow.create(tie)).result()
    (sheet,) = sheets(store, [form.household.id])
    assert [(m.name, m.relation) for m in sheet.members] == [("孙三", "户主")]


def test_photos_of_household_and_visits_are_on_the_sheet(store: Store, zhao: HouseholdForm) -> None:
    photo = Picture(jpeg(2000, 1000), purpose="other")
    store.write(lambda uow: recording.attach(uow, zhao.household, [photo])).result()
    visit(store, zhao, pictures=(Picture(jpeg(color=(1, 2, 250))),))
    (sheet,) = sheets(store, [zhao.household.id])
    assert [p.caption for p in sheet.photos] == ["其他"]
    assert sheet.photos[0].data[:2] == b"\xff\xd8"
    assert len(sheet.visits[0].photos) == 1
    assert len(sheet.visits[0].photos[0]) < 10_000  # the small one


def test_the_responsible_worker_is_the_full_time_one_of_today(
    store: Store, zhao: HouseholdForm
) -> None:
    past, helper, cover = (Staff(name=n, active=True) for n in ("吴前任", "郑兼职", "王代班"))
    posts = (
        Assignment(
            staff_id=past.id,
            unit_id=GRID.id,
            role="worker",
            full_time=True,
            to_date=date(2026, 11, 19),
            id=UUID(int=1),
        ),
        Assignment(staff_id=helper.id, unit_id=GRID.id, role="worker", id=UUID(int=2)),
        Assignment(
            staff_id=cover.id,
            unit_id=GRID.id,
            role="worker",
            full_time=True,
            covers_id=past.id,
            id=UUID(int=3),
        ),
    )
    arrive(store, [past, helper, cover, *posts])
    (sheet,) = sheets(store, [zhao.household.id])
    assert sheet.worker == "李秀英"


def test_fifty_households_come_in_the_order_of_doors(store: Store, tmp_path: Path) -> None:
    doors = [(b, r) for b in range(1, 11) for r in (101, 201, 301, 1001, 1101)]
    shuffled = sorted(doors, key=lambda door: hash(door) % 97)
    for building, room in shuffled:
        save(store, household(f"户{building}-{room}", f"{building}号楼", str(room)))
    ids = store.read(lambda r: households_of_grid(r, GRID.code)).result()
    asked: list[int] = []
    out = tmp_path / "grid.pdf"
    account = print_to_file(store, ids, out, progress=lambda n: asked.append(n) is None)
    assert (account.done, account.left_out) == (50, ())
    assert asked[-1] == 50
    found = re.findall(r"户名户(\d+)-(\d+)户类型", text_of(out.read_bytes()))
    assert [(int(b), int(r)) for b, r in found] == doors


def test_reading_is_lazy(store: Store) -> None:
    forms = [save(store, household(f"户{n}", f"{n}号楼")) for n in range(20)]
    reads = 0
    original = store.read

    def counted(fn: Any) -> Any:
        nonlocal reads
        reads += 1
        return original(fn)

    store.read = counted  # type: ignore[method-assign]
    flow = sheets(store, [f.household.id for f in forms])
    next(flow)
    assert reads <= 2
    assert len(list(flow)) == 19


def test_a_cancelled_print_leaves_no_file(
    store: Store, zhao: HouseholdForm, tmp_path: Path
) -> None:
    out = tmp_path / "file.pdf"
    with pytest.raises(Problem) as caught:
        print_to_file(store, [zhao.household.id], out, progress=lambda _: False)
    assert caught.value.code == "cancelled"
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_nothing_to_print_and_an_unknown_grid_are_said_so(store: Store) -> None:
    with pytest.raises(Problem) as caught:
        print_households(store, [uuid4()], io.BytesIO())
    assert caught.value.code == "nothing_to_print"
    with pytest.raises(Problem) as caught:
        store.read(lambda r: households_of_grid(r, "999")).result()
    assert caught.value.code == "no_grid"
    assert "999" in caught.value.text()


def test_a_place_that_cannot_be_written_is_named(store: Store, zhao: HouseholdForm) -> None:
    with pytest.raises(Problem) as caught:
        print_to_file(store, [zhao.household.id], Path("/nowhere/at/all.pdf"))
    assert caught.value.code == "cannot_write"


@pytest.fixture
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("zh_CN")


def test_english_labels_where_english_is_spoken(
    store: Store, zhao: HouseholdForm, english: None
) -> None:
    visit(store, zhao, difficulties="腿疼")
    text = printed(store, zhao)
    assert "Difficulties:腿疼" in text
    assert "Pension,卖菜" in text
    assert "Head" in text


@pytest.mark.parametrize(
    ("registered", "actual", "agree"),
    [
        ("", "3号楼1单元201", None),
        ("某路3号楼1单元201室", "3号楼1单元201", True),
        ("某路三号楼1单元201", "3号楼1单元201", True),
        ("某路3号楼1单元202", "3号楼1单元201", False),
        ("某村老槐树东第二家", "老槐树东第二家", True),
        ("外省某村", "老槐树东第二家", False),
    ],
)
def test_addresses_agree_by_their_doors(registered: str, actual: str, agree: bool | None) -> None:
    assert addresses_agree(registered, actual) is agree


def log(store: Store) -> list[tuple[Any, ...]]:
    rows = store.read(
        lambda r: r.rows("SELECT what, entity, record_id, reason FROM access_log ORDER BY n")
    ).result()
    return [(what, entity, UUID(bytes=key), reason) for what, entity, key, reason in rows]
