"""Grids and staff out of an Excel file: all of it, once, or nothing with every mistake named."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gridapp.clock import day_of
from gridapp.errors import Problem
from gridapp.server.author import load_author
from gridapp.server.context import Server
from gridapp.server.database import open_database
from gridapp.server.directory import Directory, load_directory
from gridapp.server.loading import BadStaffFile, load_staff
from gridapp.server.schema import metadata
from gridapp.server.setup import initialise
from tests.server.conftest import DIVISIONS
from tests.server.staff_books import DEPARTMENTS, GRIDS, STAFF, changed, staff_book


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that must write nothing: what one test wrote the next would see."""
    folder = tmp_path_factory.mktemp("untouched")
    (folder / "divisions.csv").write_text(DIVISIONS, encoding="utf-8")
    database = open_database(folder, None)
    yield initialise(database, folder / "divisions.csv", "410702000000")
    database.close()


def dump(server: Server) -> dict[str, list[tuple[Any, ...]]]:
    with server.database.snapshot() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }


def directory(server: Server) -> Directory:
    with server.database.snapshot() as connection:
        return load_directory(connection)


def roles(found: Directory, user: str) -> set[tuple[str, str]]:
    units = {unit.id: unit.code for unit in found.units.values()}
    person = found.staff[user].id
    return {(t.role, units[t.unit_id]) for t in found.terms.values() if t.staff_id == person}


def test_several_roles_and_grids_each(server: Server, tmp_path: Path) -> None:
    loaded = load_staff(server, staff_book(tmp_path / "staff.xlsx"))
    assert loaded.created == {"unit": 4, "staff": 4, "assignment": 6}
    assert [person.user_name for person in loaded.new] == [
        "lixiuying", "wangfang", "chentao", "zhangwei"
    ]  # fmt: skip
    found = directory(server)
    assert roles(found, "lixiuying") == {
        ("worker", "410702001001001"),
        ("worker", "410702001001002"),
    }
    assert roles(found, "wangfang") == {("office", "410702001001"), ("mediator", "410702001001")}
    market = found.units["410702001001003"]
    assert (market.grid_kind, market.label, market.kind) == ("dedicated", "市场网格", "grid")
    assert market.parent_id == found.units["410702001001"].id
    assert found.units["410702001000-URBAN"].dept_type == "URBAN"
    assert found.staff["lixiuying"].phone == "13800000001"
    head = next(t for t in found.terms.values() if t.role == "grid_head")
    assert head.covers_id == found.staff["zhangwei"].id
    assert str(head.to_date) == "2026-12-31"


def test_a_role_in_the_file_is_a_right_on_the_server(server: Server, tmp_path: Path) -> None:
    load_staff(server, staff_book(tmp_path / "staff.xlsx"))
    found = directory(server)
    with server.database.snapshot() as connection:
        author = load_author(
            connection,
            found.staff["lixiuying"].id.bytes,
            b"",
            server.district_id,
            day_of(server.clock()),
        )
    grids = {found.units[f"41070200100100{n}"].id for n in (1, 2)}
    assert {name for name in author.channels() if name.endswith(":file")} == {
        f"grid:{grid}:file" for grid in grids
    }


def test_the_second_load_changes_nothing(server: Server, tmp_path: Path) -> None:
    path = staff_book(tmp_path / "staff.xlsx")
    load_staff(server, path)
    before = dump(server)
    again = load_staff(server, path)
    assert (again.created, again.changed, again.new) == ({}, {}, ())
    assert dump(server) == before


def test_what_changed_in_the_file_is_edited(server: Server, tmp_path: Path) -> None:
    load_staff(server, staff_book(tmp_path / "staff.xlsx"))
    before = directory(server)
    grids = changed(GRIDS, 2, "网格名称", "东关第一网格")
    staff = changed(changed(STAFF, 2, "电话", "13800000009"), 2, "至", "2026-12-01")
    path = staff_book(tmp_path / "new.xlsx", 网格=grids, 人员=staff[:3])
    loaded = load_staff(server, path)
    assert loaded.created == {}
    assert loaded.changed == {"unit": 1, "staff": 1, "assignment": 1}
    after = directory(server)
    assert after.units["410702001001001"].name == "东关第一网格"
    assert after.staff["lixiuying"].phone == "13800000009"
    # what a shorter file does not mention stays
    assert after.terms.keys() == before.terms.keys()
    assert after.units["410702001001003"] == before.units["410702001001003"]


def test_a_dry_run_writes_nothing(server: Server, tmp_path: Path) -> None:
    before = dump(server)
    loaded = load_staff(server, staff_book(tmp_path / "staff.xlsx"), dry_run=True)
    assert loaded.created == {"unit": 4, "staff": 4, "assignment": 6}
    assert dump(server) == before


def test_columns_in_any_order_below_a_title(server: Server, tmp_path: Path) -> None:
    title = [("红旗区网格人员表", *[""] * 8), *STAFF]
    turned = [tuple(reversed(row)) for row in title]
    codes = [GRIDS[0], *((int(a), int(b), *rest) for a, b, *rest in GRIDS[1:])]
    path = staff_book(tmp_path / "staff.xlsx", 人员=turned, 部门=DEPARTMENTS, 网格=codes)
    assert load_staff(server, path).created == {"unit": 4, "staff": 4, "assignment": 6}


@pytest.mark.parametrize(
    ("sheet", "line", "column", "value", "code", "at"),
    [
        ("网格", 2, "社区代码", "410702009999", "unknown_unit", "A"),
        ("网格", 2, "网格代码", "41070200100100", "bad_grid_code", "B"),
        ("网格", 2, "网格代码", "410702001002001", "bad_grid_code", "B"),
        ("网格", 3, "网格代码", "410702001001001", "row_twice", "B"),
        ("网格", 2, "网格名称", "", "empty_cell", "C"),
        ("网格", 2, "网格名称", "长" * 81, "too_long", "C"),
        ("网格", 2, "类别", "特别", "unknown_word", "D"),
        ("网格", 2, "网格代码", 4.10702001001001e17, "rounded_cell", "B"),
        ("部门", 2, "部门类型", "XYZ", "unknown_word", "D"),
        ("部门", 2, "单位代码", "410702001001", "code_taken", "B"),
        ("人员", 2, "姓名", '=HYPERLINK("http://x","y")', "formula_cell", "A"),
        ("人员", 3, "姓名", "李秀", "person_differs", "A"),
        ("人员", 2, "用户名", "li xiu", "bad_user_name", "B"),
        ("人员", 2, "电话", "电话", "bad_phone", "C"),
        ("人员", 3, "电话", "13900000000", "person_differs", "C"),
        ("人员", 2, "角色", "市长", "unknown_word", "D"),
        ("人员", 2, "单位代码", "41070200100100X", "unknown_unit", "E"),
        ("人员", 3, "单位代码", "410702001001001", "row_twice", "D"),
        ("人员", 2, "专职", "也许", "unknown_word", "F"),
        ("人员", 2, "自", "2024-02-30", "bad_date", "G"),
        ("人员", 2, "至", "2023-01-01", "until_before", "H"),
        ("人员", 6, "代", "nobody", "unknown_user", "I"),
    ],
)
def test_one_mistake_is_named_by_its_place(
    untouched: Server,
    tmp_path: Path,
    sheet: str,
    line: int,
    column: str,
    value: Any,
    code: str,
    at: str,
) -> None:
    sheets: dict[str, Sequence[Any]] = {"网格": GRIDS, "部门": DEPARTMENTS, "人员": STAFF}
    sheets[sheet] = changed(sheets[sheet], line, column, value)
    before = dump(untouched)
    with pytest.raises(BadStaffFile) as caught:
        load_staff(untouched, staff_book(tmp_path / "staff.xlsx", **sheets))
    places = [(p.sheet, p.row, p.column, p.problem.code) for p in caught.value.problems]
    assert (sheet, line, at, code) in places
    # the cell itself, and what hangs on it: at most the rows that name what is missing now
    assert len([p for p in places if p[:2] == (sheet, line)]) == 1
    assert f"第 {line} 行 {at} 列" in caught.value.problems[0].text()
    assert dump(untouched) == before


def test_every_mistake_at_once(untouched: Server, tmp_path: Path) -> None:
    grids = changed(changed(GRIDS, 2, "类别", "x"), 4, "网格名称", "")
    staff = changed(changed(STAFF, 2, "角色", "y"), 7, "自", "昨天")
    before = dump(untouched)
    with pytest.raises(BadStaffFile) as caught:
        load_staff(
            untouched, staff_book(tmp_path / "s.xlsx", 网格=grids, 部门=DEPARTMENTS, 人员=staff)
        )
    assert [(p.sheet, p.row, p.column) for p in caught.value.problems] == [
        ("网格", 2, "D"),
        ("网格", 4, "C"),
        ("人员", 2, "D"),
        ("人员", 7, "G"),
    ]
    assert "4" in caught.value.text()
    assert dump(untouched) == before


def test_missing_and_doubled_columns(untouched: Server, tmp_path: Path) -> None:
    staff = [(*row[:3], *row[4:], row[4]) for row in STAFF]
    with pytest.raises(BadStaffFile) as caught:
        load_staff(untouched, staff_book(tmp_path / "s.xlsx", 网格=GRIDS, 人员=staff))
    codes = {(p.problem.code, p.title, p.row) for p in caught.value.problems}
    assert ("no_column", "角色", 1) in codes
    assert ("column_twice", "单位代码", 1) in codes


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.xlsx", b"", "empty_file"),
        ("renamed.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "old_excel"),
        ("words.xlsx", b"hello", "not_excel"),
        ("cut.xlsx", b"PK\x03\x04" + b"x" * 100, "damaged_file"),
    ],
)
def test_files_that_are_none(
    untouched: Server, tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    before = dump(untouched)
    with pytest.raises(Problem) as caught:
        load_staff(untouched, path)
    assert caught.value.code == code
    assert name in caught.value.text()
    assert dump(untouched) == before


def test_another_workbook(untouched: Server, tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        load_staff(
            untouched, staff_book(tmp_path / "x.xlsx", Sheet1=[("姓名", "电话"), ("a", "b")])
        )
    assert caught.value.code == "no_staff_sheet"
    with pytest.raises(Problem) as caught:
        load_staff(untouched, tmp_path / "nowhere.xlsx")
    assert caught.value.code == "no_file"
