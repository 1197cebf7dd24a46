"""Importing a roster: what is created and changed, that the second time changes nothing, and what is refused."""

import dataclasses
from collections.abc import Iterator
from concurrent.futures import CancelledError
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Building, Compound, Dwelling
from gridapp.domain.record import Record
from gridapp.domain.unit import Unit
from gridapp.errors import Problem
from gridapp.importing import apply
from gridapp.importing.apply import (
    ImportRefusedError,
    ImportResult,
    import_roster,
    preview,
)
from gridapp.importing.plan import RosterPlan
from gridapp.importing.template import template, write_template
from gridapp.spreadsheets.workbook import read_workbook
from gridapp.store.search import find
from gridapp.store.store import Store
from gridapp.store.views.household_page import household_page
from tests.importing.rosters import (
    CARE,
    CODES,
    HEADERS,
    TODAY,
    dump,
    family,
    id_number,
    new_store,
    people,
    plan,
    planned,
    workbook,
)
from tests.importing.test_roster import BAD_CELLS, rows_of, wrong_check_digit
from tests.spreadsheets.test_workbook import BAD_FILES

LI = id_number(date(1950, 2, 3), 111)
WANG = id_number(date(1953, 4, 5), 122)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Store, Unit]]:
    store, grid = new_store(tmp_path)
    yield store, grid
    store.close()


def everything(store: Store, record: type[Record]) -> list[Any]:
    return store.read(lambda r: sorted(r.where(record, "1"), key=lambda x: x.id)).result()


def only(store: Store, record: type[Record]) -> Any:
    (found,) = everything(store, record)
    return found


def dry_run(store: Store, roster: RosterPlan, grid: Unit) -> ImportResult:
    return store.read(lambda r: preview(r, roster, grid.id, TODAY)).result()


def test_a_family_with_everything_it_has(place: tuple[Store, Unit]) -> None:
    store, grid = place
    result = import_roster(store, planned(family()), grid.id)
    assert (result.created, result.changed, result.unchanged) == (1, 0, 0)
    assert result.people_created == 2
    household = only(store, Household)
    assert household.own_number == "H1"
    assert household.number == ""
    assert household.temporary.startswith("临-")
    assert household.name == "赵桂兰"
    assert household.grid_id == grid.id
    assert household.address == "建南小区3号楼2单元501"
    compound, building, dwelling = (only(store, k) for k in (Compound, Building, Dwelling))
    assert compound.unit_id == grid.parent_id
    assert (building.name, building.compound_id) == ("3号楼", compound.id)
    assert (dwelling.building_id, household.dwelling_id) == (building.id, dwelling.id)
    page = store.read(lambda r: household_page(r, household.id)).result()
    assert page is not None
    assert [m.person.name for m in page.members] == ["赵桂兰", "王小燕"]
    head = page.members[0]
    assert household.head_id == head.person.id
    assert (head.residence.kind, head.residence.relation) == ("living", "02")
    assert (head.file.id_kind, head.file.sex, head.person.birth_year) == ("citizen", "2", 1946)
    assert head.file.phones == {"13800002210": "本人"}
    assert [c.group_code for c in head.care] == ["C01"]
    assert only(store, HouseholdFile).household_id == household.id
    hits = store.read(lambda r: find(r, "zhaoguilan")).result()
    assert {hit.name for hit in hits} == {"赵桂兰"}


@pytest.mark.parametrize("key", ["户号", "身份证号", "住址"])
def test_a_second_import_changes_nothing(place: tuple[Store, Unit], key: str) -> None:
    store, grid = place
    rows = people(30)
    for row in rows:
        if key != "户号":
            row[0] = ""
        if key == "住址":
            row[3] = ""
    roster = planned(rows)
    assert roster.problems == ()
    first = import_roster(store, roster, grid.id)
    assert first.created == 30
    before = dump(store)
    expected = ImportResult(unchanged=30, people_unchanged=roster.people)
    assert dry_run(store, roster, grid) == expected
    assert import_roster(store, planned(rows), grid.id) == expected
    assert dump(store) == before


def test_a_second_import_without_addresses_changes_nothing(place: tuple[Store, Unit]) -> None:
    store, grid = place
    rows = [{"户号": "1", "姓名": "李明", "关系": "户主", "产权": "自有", "别名": "老李"}]
    import_roster(store, rows_of(*rows), grid.id)
    assert only(store, Dwelling).tenure == "own"
    before = dump(store)
    assert import_roster(store, rows_of(*rows), grid.id).unchanged == 1
    assert dump(store) == before


def test_only_what_the_file_states_is_changed(place: tuple[Store, Unit]) -> None:
    store, grid = place
    import_roster(store, planned(family()), grid.id)
    waiting = len(dump(store)["outbox"])
    rows = [
        {
            "户号": "H1",
            "姓名": "赵桂兰",
            "关系": "户主",
            "手机号": "0373-3051234",
            "电话归属": "女儿",
            "关爱群体": "低保",
            "文化程度": "",
            "别名": "赵婶",
        }
    ]
    result = import_roster(store, rows_of(*rows), grid.id)
    assert (result.created, result.changed) == (0, 1)
    assert (result.people_created, result.people_changed, result.people_unchanged) == (0, 1, 1)
    people_now = {p.name: p for p in everything(store, Person)}
    files = {f.person_id: f for f in everything(store, PersonFile)}
    zhao = files[people_now["赵桂兰"].id]
    assert zhao.education == "80"
    assert zhao.id_number
    assert zhao.phones == {"13800002210": "本人", "0373-3051234": "女儿"}
    assert people_now["赵桂兰"].nicknames == ("赵婶",)
    assert [c.group_code for c in everything(store, CareEnrolment)] == ["C01", "C08"]
    assert len(everything(store, Residence)) == 2
    # name's nicknames, file's phones, one more care group: three operations
    assert len(dump(store)["outbox"]) == waiting + 3


def test_a_household_is_found_by_the_heads_id_and_by_address(place: tuple[Store, Unit]) -> None:
    store, grid = place
    home = {"楼栋": "3", "单元": "1", "室": "501"}
    first = rows_of(
        {"姓名": "李明", "关系": "户主", "身份证号": LI, **home},
        {"姓名": "王芳", "关系": "妻", "身份证号": "", **home},
    )
    import_roster(store, first, grid.id)
    # by the head's ID: the household moved to another door, and gets a number
    moved = rows_of(
        {"户号": "K9", "姓名": "李明", "关系": "户主", "身份证号": LI, "楼栋": "3号楼", "室": "502"}
    )
    result = import_roster(store, moved, grid.id)
    assert (result.created, result.changed, result.people_unchanged) == (0, 1, 2)
    household = only(store, Household)
    assert (household.own_number, household.address) == ("K9", "3号楼1单元502")
    assert len(everything(store, Dwelling)) == 2
    assert len(everything(store, Building)) == 1
    # by address and name of the head; the wife's ID is new
    third = rows_of(
        {"姓名": "李明", "关系": "户主", "身份证号": "", **home, "室": "502室"},
        {"姓名": "王芳", "关系": "妻", "身份证号": WANG, **home, "室": "502"},
    )
    result = import_roster(store, third, grid.id)
    assert (result.created, result.changed, result.people_changed) == (0, 1, 1)
    assert {f.id_number for f in everything(store, PersonFile)} == {LI, WANG}


def test_the_official_number_is_known_too(place: tuple[Store, Unit]) -> None:
    store, grid = place
    import_roster(store, planned(family()), grid.id)
    household = only(store, Household)
    key = household.id.bytes
    number = "410702001001010001"
    sql = "UPDATE household SET number=?, own_number=NULL WHERE id=?"
    store.write(lambda uow: uow.connection.execute(sql, (number, key))).result()
    result = import_roster(store, planned(family(_0_户号=number, _1_户号=number)), grid.id)
    assert (result.created, result.changed, result.unchanged) == (0, 0, 1)


def test_two_households_share_a_dwelling_and_a_building(place: tuple[Store, Unit]) -> None:
    store, grid = place
    rows = [
        {"户号": str(n), "姓名": name, "关系": "户主", "楼栋": "3", "室": room, "面积": area}
        for n, name, room, area in (
            (1, "李明", "1", "80"),
            (2, "王芳", "1", ""),
            (3, "陈强", "2", "60"),
        )
    ]
    import_roster(store, rows_of(*rows), grid.id)
    assert len(everything(store, Building)) == 1
    assert [(d.room, d.area) for d in everything(store, Dwelling)] == [("1", 80.0), ("2", 60.0)]
    before = dump(store)
    assert import_roster(store, rows_of(*rows), grid.id).unchanged == 3
    assert dump(store) == before
    # into a building that is there already
    more = [{**rows[0], "户号": "4", "姓名": "赵海", "室": "9"}]
    assert import_roster(store, rows_of(*more), grid.id).created == 1
    assert len(everything(store, Building)) == 1


def test_a_person_who_lives_elsewhere_too_is_not_made_twice(place: tuple[Store, Unit]) -> None:
    store, grid = place
    import_roster(
        store,
        rows_of({"户号": "1", "姓名": "李明", "关系": "户主", "身份证号": LI}),
        grid.id,
    )
    other = rows_of(
        {"户号": "2", "姓名": "王芳", "关系": "户主", "身份证号": WANG, "职业": ""},
        {"户号": "2", "姓名": "李明", "关系": "配偶", "身份证号": LI, "职业": "木工"},
    )
    result = import_roster(store, other, grid.id)
    assert (result.people_created, result.people_changed) == (1, 1)
    assert len(everything(store, Person)) == 2
    assert len(everything(store, Residence)) == 3
    occupations = {f.id_number: f.occupation for f in everything(store, PersonFile)}
    assert occupations == {LI: "木工", WANG: ""}
    before = dump(store)
    assert import_roster(store, other, grid.id).unchanged == 1
    assert dump(store) == before


def test_a_name_of_its_own_stays_with_the_household(place: tuple[Store, Unit]) -> None:
    store, grid = place
    import_roster(store, planned(family()), grid.id)
    opened = only(store, Household)
    named = dataclasses.replace(opened, name="赵家大院")
    store.write(lambda uow: uow.edit(opened, named)).result()
    assert import_roster(store, planned(family()), grid.id).unchanged == 1
    assert only(store, Household).name == "赵家大院"


def refused(store: Store, roster: RosterPlan, grid: Unit) -> ImportRefusedError:
    before = dump(store)
    with pytest.raises(ImportRefusedError) as caught:
        import_roster(store, roster, grid.id)
    assert dump(store) == before
    problem = caught.value
    assert problem.code == "import_refused"
    assert problem.place
    assert problem.remedy
    assert "花名册.xlsx" in problem.text()
    assert "第 " in problem.text()
    assert "\n" not in problem.text()
    assert dry_run(store, roster, grid).problems == problem.problems
    assert dump(store) == before
    return problem


@pytest.mark.parametrize(("header", "value", "code"), BAD_CELLS)
def test_a_bad_cell_refuses_the_whole_roster(
    place: tuple[Store, Unit], header: str, value: Any, code: str
) -> None:
    store, grid = place
    import_roster(store, planned(people(2)), grid.id)
    roster = planned([*people(3), *family(**{f"_1_{header}": value})])
    assert [p.code for p in refused(store, roster, grid).problems] == [code]


def test_bad_rosters_change_nothing(place: tuple[Store, Unit]) -> None:
    store, grid = place
    import_roster(store, planned(people(2)), grid.id)
    rows = family()
    other_address = [[*row[:6], "9号楼", "1", "101", *row[9:]] for row in people(1, seed=5)[:1]]
    other_address[0][0] = "H1"
    rosters = {
        "wrong columns": planned([["张三", "1"]], ["姓名", "户号"]),
        "check digit": planned(family(_0_身份证号=wrong_check_digit(LI))),
        "numbers": planned(rows + other_address),
        "twice": planned([*rows, rows[1]]),
        "no head": planned([*rows[1:], ["H1", "王芳", "女"]]),
    }
    for name, roster in rosters.items():
        assert refused(store, roster, grid).problems, name
    # without any row that could be named
    before = dump(store)
    with pytest.raises(ImportRefusedError):
        import_roster(store, planned([["1"]], ["甲"]), grid.id)
    assert dump(store) == before


@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_no_roster_change_nothing(place: tuple[Store, Unit], name: str) -> None:
    store, grid = place
    before = dump(store)
    with pytest.raises(Problem):
        import_roster(store, plan(BAD_FILES[name][0]), grid.id)
    assert dump(store) == before


def test_what_disagrees_with_what_is_there_is_refused_with_its_row(
    place: tuple[Store, Unit],
) -> None:
    store, grid = place
    import_roster(store, planned(family()), grid.id)
    rows = rows_of(
        {"户号": "H1", "姓名": "赵桂兰", "关系": "户主", "性别": ""},
        {"户号": "H1", "姓名": "王小燕", "关系": "女", "性别": "男"},
    )
    assert rows.problems == ()
    problem = refused(store, rows, grid)
    assert [(p.row, p.code) for p in problem.problems] == [(3, "id_disagrees")]


def test_an_unknown_grid(place: tuple[Store, Unit]) -> None:
    store, grid = place
    before = dump(store)
    for grid_id in (uuid4(), grid.parent_id):
        assert grid_id is not None
        with pytest.raises(Problem) as caught:
            import_roster(store, planned(family()), grid_id)
        assert caught.value.code == "no_grid"
    assert dump(store) == before


def test_a_roster_goes_in_whole_or_not_at_all(place: tuple[Store, Unit]) -> None:
    store, grid = place
    before = dump(store)
    done: list[tuple[int, int]] = []

    def progress(count: int, total: int) -> None:
        done.append((count, total))

    with pytest.raises(Problem) as caught:
        import_roster(
            store, planned(people(9)), grid.id, progress=progress, cancelled=lambda: len(done) == 5
        )
    assert caught.value.code == "cancelled"
    assert done == [(n, 9) for n in range(5)]
    assert dump(store) == before

    def fails(count: int, _total: int) -> None:
        if count == 7:
            raise CancelledError

    with pytest.raises(CancelledError):
        import_roster(store, planned(people(9)), grid.id, progress=fails)
    assert dump(store) == before


def test_a_very_large_roster_goes_in_by_parts(
    place: tuple[Store, Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, grid = place
    monkeypatch.setattr(apply, "WHOLE", 4)
    seen: list[int] = []
    with pytest.raises(Problem) as caught:
        import_roster(
            store,
            planned(people(10)),
            grid.id,
            progress=lambda count, _: seen.append(count),
            cancelled=lambda: bool(seen) and seen[-1] == 6,
        )
    assert caught.value.values["done"] == 4
    assert len(everything(store, Household)) == 4
    result = import_roster(store, planned(people(10)), grid.id)
    assert (result.created, result.unchanged) == (6, 4)
    assert len(everything(store, Building)) == 1


def test_a_roster_of_two_thousand_people(place: tuple[Store, Unit]) -> None:
    store, grid = place
    roster = planned(people(800))
    assert roster.people >= 1900
    result = import_roster(store, roster, grid.id)
    assert (result.created, result.people_created) == (800, roster.people)
    again = import_roster(store, roster, grid.id)
    assert (again.unchanged, again.people_unchanged) == (800, roster.people)
    assert len(everything(store, Building)) == 10


def test_the_template_with_its_example_goes_in_cleanly(
    place: tuple[Store, Unit], tmp_path: Path
) -> None:
    store, grid = place
    path = tmp_path / "模板.xlsx"
    write_template(path, CODES, CARE)
    roster = plan(path.read_bytes())
    assert roster.problems == ()
    assert roster.notes == ()
    result = import_roster(store, roster, grid.id)
    assert (result.created, result.people_created) == (1, 2)
    household = only(store, Household)
    assert household.address == "示例小区3号楼2单元501"
    assert len(everything(store, CareEnrolment)) == 2
    assert {f.marital for f in everything(store, PersonFile)} == {"20"}
    assert import_roster(store, plan(path.read_bytes()), grid.id).unchanged == 1


def test_the_template_shows_a_sheet_to_fill_in_and_one_that_explains() -> None:
    book = read_workbook(template(CODES, CARE))
    assert [sheet.name for sheet in book.sheets] == ["花名册", "填写说明"]
    headers = [cell.text for cell in book.sheets[0].rows[0].cells]
    assert set(HEADERS) <= set(headers)


def test_a_template_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        write_template(tmp_path / "无" / "模板.xlsx", CODES, CARE)
    assert caught.value.code == "cannot_write"


def test_a_vacant_dwelling(place: tuple[Store, Unit]) -> None:
    store, grid = place
    row = {"户号": "1", "姓名": "", "关系": "", "户类型": "空置", "楼栋": "3", "室": "1"}
    for created in (1, 0):
        assert import_roster(store, rows_of(row), grid.id).created == created
    household = only(store, Household)
    assert (household.kind, household.head_id, household.address) == ("vacant", None, "3号楼1")


def test_cells_of_a_workbook_from_elsewhere(place: tuple[Store, Unit]) -> None:
    """Numbers and days as Excel keeps them, merged numbers, a title, spaces inside names."""
    store, grid = place

    def more(_book: Any, sheet: Any) -> None:
        sheet.merge_range("A3:A4", "7")

    rows = [
        [None, "李　明", "户主", date(1950, 2, 3), 13800002210, 3, 501],
        [None, "王 芳", "配偶", "1953.4", "１３９００００２２１０", None, None],
    ]
    headers = ["户号", "姓名", "与户主关系", "出生日期", "电话", "楼号", "房号"]
    roster = plan(workbook(rows, headers, more, title="居民花名册"))
    assert roster.problems == ()
    import_roster(store, roster, grid.id)
    assert only(store, Household).address == "3号楼501"
    assert {p.name: p.birth_year for p in everything(store, Person)} == {"李明": 1950, "王芳": 1953}
    phones = [dict(f.phones) for f in everything(store, PersonFile)]
    assert phones == [{"13800002210": "本人"}, {"13900002210": "本人"}]


def test_what_others_added_by_hand_stays(place: tuple[Store, Unit]) -> None:
    store, grid = place
    base = {"户号": "1", "姓名": "李明", "关系": "户主", "手机号": "138 0000 2210"}
    import_roster(store, rows_of({**base, "别名": "老李、李哥", "电话归属": "儿子"}), grid.id)
    import_roster(store, rows_of({**base, "别名": "老李、木匠"}), grid.id)
    assert only(store, Person).nicknames == tuple(sorted(["老李", "李哥", "木匠"]))
    assert only(store, PersonFile).phones == {"13800002210": "儿子"}


def test_a_household_that_lacks_file_and_dwelling_is_completed(place: tuple[Store, Unit]) -> None:
    store, grid = place
    bare = Household(grid_id=grid.id, name="李明", own_number="1")
    store.write(lambda uow: uow.create(bare)).result()
    row = {"户号": "1", "姓名": "李明", "关系": "户主"}
    import_roster(store, rows_of(row), grid.id)
    assert everything(store, Dwelling) == []
    assert everything(store, HouseholdFile) == []
    import_roster(store, rows_of({**row, "困难": "出行不便", "产权": "自有"}), grid.id)
    assert only(store, HouseholdFile).needs == "出行不便"
    assert only(store, Household).dwelling_id == only(store, Dwelling).id
    before = dump(store)
    again = rows_of({**row, "困难": "出行不便", "产权": "自有"})
    assert import_roster(store, again, grid.id).unchanged == 1
    assert dump(store) == before
