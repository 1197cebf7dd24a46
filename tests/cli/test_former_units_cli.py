"""Codes of grids that were merged away: not free, and never quietly taken for what they were."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gridapp import i18n
from gridapp.cli.main import main
from gridapp.domain.unit import Unit
from gridapp.errors import Problem
from gridapp.server import setup
from gridapp.server.context import open_server
from gridapp.server.database import open_database
from gridapp.server.directory import find_unit, load_directory
from gridapp.server.divisions import unit_id
from gridapp.server.schema import metadata
from tests.server.conftest import DIVISIONS
from tests.server.staff_books import GRIDS, STAFF, Rows, staff_book

G1, G2, G3 = "410702001001001", "410702001001002", "410702001001003"
VILLAGE, WEST, NEW = "410702001001", "410702001002", "410702001001009"
REST = [GRIDS[0], GRIDS[2]]  # what a list that was kept up to date still names


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)
    i18n.set_language("zh_CN")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grid 3 went into grid 1, and that one into grid 2; the community in the west is no more."""
    folder = tmp_path_factory.mktemp("former")
    (folder / "d.csv").write_text(DIVISIONS, encoding="utf-8")
    data, book = folder / "data", staff_book(folder / "staff.xlsx")
    words = ["server", "init", "--data", str(data), "--divisions", str(folder / "d.csv")]
    assert main([*words, "--district=410702000000"]) == 0
    assert main(["server", "load", str(book), "--data", str(data), "--no-codes"]) == 0
    for old, into in ((G3, G1), (G1, G2)):
        assert run(data, f"grid merge {old} --into {into}") == 0
        assert run(data, f"grid transfer {old} --now") == 0
    remove(data, WEST)
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    return copied(made, tmp_path)


def copied(data: Path, to: Path) -> Path:
    for path in data.parent.glob("*journal*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, to / path.name)
    return shutil.copytree(data, to / "data")


def run(data: Path, words: str) -> int:
    return main(["server", *words.split(), "--data", str(data)])


def remove(data: Path, code: str) -> None:
    database = open_database(data, None)
    server = open_server(database)
    with database.snapshot() as connection:
        unit: Unit = find_unit(connection, code)
    setup.send(server, [setup.removal(unit)])
    database.close()


def dump(data: Path) -> str:
    """All rows of all tables."""
    database = open_database(data, None)
    with database.snapshot() as connection:
        rows = {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }
        assert connection.scalar(select(func.count()).select_from(metadata.tables["unit"]))
    database.close()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def load(data: Path, folder: Path, *more: str, **sheets: Rows) -> int:
    book = staff_book(folder / "again.xlsx", **sheets)
    return main(["server", "load", str(book), "--data", str(data), "--no-codes", *more])


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_list_that_still_names_merged_grids_is_refused_whole(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    before = dump(data)
    newcomer = ("新来", "xinlai", "", "网格员", G1, "是", "", "", "")
    capsys.readouterr()
    assert load(data, tmp_path, *more, 网格=GRIDS, 人员=[STAFF[0], newcomer]) == 1
    told = capsys.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if "已并入" in line]
    assert [line.split(":")[0].strip() for line in lines] == [
        "工作表“网格” 第 2 行 B 列（网格代码）",
        "工作表“网格” 第 4 行 B 列（网格代码）",
        "工作表“人员” 第 2 行 E 列（单位代码）",
    ]
    for line in lines:  # however many mergers there were, the one that stands today
        assert "已并入“第二网格”" in line
        assert f"请改成“第二网格”的代码 {G2}，或删去这一行" in line
    assert "没有写入任何内容" in told.out + told.err
    assert "将新增" not in told.out
    assert dump(data) == before


def test_one_role_in_a_merged_grid_or_a_unit_that_is_no_more(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dump(data)
    people = [
        (f"新{n}", f"new{n}", "", "网格员", c, "", "", "", "") for n, c in enumerate((G3, WEST))
    ]
    department = [
        ("上级代码", "单位代码", "单位名称"),
        (VILLAGE, WEST, "队"),
        (WEST, "410702001002-X", "二队"),
    ]
    capsys.readouterr()
    assert load(data, tmp_path, 网格=REST, 部门=department, 人员=[STAFF[0], *people]) == 1
    told = "".join(capsys.readouterr())
    assert "工作表“人员” 第 2 行 E 列（单位代码）: 代码为 410702001001003 的网格已并入" in told
    for place in (
        "“人员” 第 3 行 E 列（单位代码）",
        "“部门” 第 2 行 B 列（单位代码）",
        "“部门” 第 3 行 A 列（上级代码）",
    ):
        assert f"{place}: 代码为 {WEST} 的单位已撤销" in told
    assert dump(data) == before


def test_a_list_without_them_is_loaded(data: Path, tmp_path: Path) -> None:
    people = [STAFF[0], ("新来", "xinlai", "", "网格员", G2, "是", "", "", "")]
    assert load(data, tmp_path, 网格=REST, 人员=people) == 0
    database = open_database(data, None)
    with database.snapshot() as connection:
        found = load_directory(connection)
    database.close()
    person, unit = found.staff["xinlai"], found.units[G2]
    assert [t.unit_id for t in found.terms.values() if t.staff_id == person.id] == [unit.id]
    assert not {G1, G3, WEST} & found.units.keys()


def revive(data: Path, code: str, name: str) -> None:
    """As ``server load`` did before such lists were refused."""
    database = open_database(data, None)
    unit = Unit(id=unit_id(code), code=code, name=name, kind="grid", parent_id=unit_id(VILLAGE))
    with suppress(Problem):  # where the list said something else than was known
        setup.send(open_server(database), [setup.creation(unit)])
    database.close()


def test_a_grid_that_stands_again_by_half_is_named_with_what_mends_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [STAFF[0], ("新来", "xinlai", "", "网格员", G2, "是", "", "", "")]
    assert load(data, tmp_path, 网格=REST, 人员=people) == 0
    assert "恢复了一半" not in capsys.readouterr().err
    revive(data, G3, "农贸市场")
    revive(data, G1, "第一网格")
    assert load(data, tmp_path, 网格=REST, 人员=people) == 0
    lines = capsys.readouterr().err.splitlines()
    # Each one with the grid that stands, and not with the other one of its kind.
    for line, code in zip(lines, (G1, G3), strict=True):
        assert f"（{code}）已并入“第二网格”（{G2}），后来又恢复了一半" in line
        mended = re.findall(r"grid (merge \d+ --into \d+|transfer \d+ --now)", line)
        assert [run(data, f"grid {words}") for words in mended] == [0, 0]
    capsys.readouterr()
    assert load(data, tmp_path, 网格=REST, 人员=people) == 0
    assert capsys.readouterr().err == ""
    database = open_database(data, None)
    with database.snapshot() as connection:
        assert not {G1, G3} & load_directory(connection).units.keys()
    database.close()


def test_while_it_is_merged_again_nothing_is_said(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    revive(data, G3, "农贸市场")
    assert run(data, f"grid merge {G3} --into {G2}") == 0
    capsys.readouterr()
    assert load(data, tmp_path, 网格=REST, 人员=[STAFF[0]]) == 0
    assert capsys.readouterr().err == ""


def terms_of(data: Path, user: str) -> list[tuple[str, str | None, str | None]]:
    """(id of the unit, first day, last day) of all that somebody was and is."""
    database = open_database(data, None)
    with database.snapshot() as connection:
        found = load_directory(connection)
    database.close()
    person = found.staff[user].id
    return sorted(
        (str(t.unit_id), str(t.from_date), str(t.to_date))
        for t in found.terms.values()
        if t.staff_id == person
    )


def test_what_is_over_in_a_merged_grid_is_history(data: Path, tmp_path: Path) -> None:
    """It neither hinders the list nor revives the grid; the second time nothing changes."""
    was = ("老人", "laoren", "", "网格员", G3, "是", "2020-01-01", "2022-12-31", "")
    gone = ("老人", "laoren", "", "社区办", WEST, "", "2023-01-01", "2023-06-30", "")
    people = [STAFF[0], was, gone]
    assert load(data, tmp_path, 网格=REST, 人员=people) == 0
    assert terms_of(data, "laoren") == sorted(
        [
            (str(unit_id(G3)), "2020-01-01", "2022-12-31"),
            (str(unit_id(WEST)), "2023-01-01", "2023-06-30"),
        ]
    )
    database = open_database(data, None)
    with database.snapshot() as connection:
        assert not {G1, G3, WEST} & load_directory(connection).units.keys()
    database.close()
    before = dump(data)
    assert load(data, tmp_path, 网格=REST, 人员=people) == 0
    assert dump(data) == before


def test_what_ended_with_the_merger_stays_as_it_ended(data: Path, tmp_path: Path) -> None:
    held = terms_of(data, "lixiuying")
    assert (str(unit_id(G1)), "2024-01-01") in {(unit, since) for unit, since, _ in held}
    row = ("李秀英", "lixiuying", "", "网格员", G1, "是", "2024-01-01", "2024-03-31", "")
    before = dump(data)
    assert load(data, tmp_path, 网格=REST, 人员=[STAFF[0], row]) == 0
    assert terms_of(data, "lixiuying") == held
    assert dump(data) == before


@pytest.mark.parametrize("until", ["", "2999-12-31", "很久以前"])
def test_what_goes_on_in_a_merged_grid_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], until: str
) -> None:
    row = ("李秀英", "lixiuying", "", "网格员", G1, "是", "2024-01-01", until, "")
    before = dump(data)
    capsys.readouterr()
    assert load(data, tmp_path, 网格=REST, 人员=[STAFF[0], row]) == 1
    assert f"请改成“第二网格”的代码 {G2}，或删去这一行" in "".join(capsys.readouterr())
    assert dump(data) == before


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (f"grid split {G2} --new {G3} --name 新 --building 1号楼", f"已并入“第二网格”（{G2}）"),
        (f"user add 新人 --role worker --unit {G1}", f"请改成“第二网格”的代码 {G2}"),
        (f"user add 新人 --role office --unit {WEST}", "已撤销"),
    ],
)
def test_a_code_that_was_merged_away_is_not_free(
    data: Path, capsys: pytest.CaptureFixture[str], words: str, text: str
) -> None:
    before = dump(data)
    capsys.readouterr()
    assert run(data, words) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert text in told.err
    if "split" in words:
        assert f"网格编码 {G3} 已经有了" in told.err
    assert dump(data) == before
