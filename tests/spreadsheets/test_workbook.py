"""Reading a spreadsheet: what cells say, and files that are none."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gridapp.errors import Problem
from gridapp.spreadsheets.sheet_xml import column_letters
from gridapp.spreadsheets.workbook import Cell, Of, read_workbook
from tests.importing.rosters import family, workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def cells(*values: Any) -> tuple[Cell, ...]:
    return read_workbook(workbook([values], ["x"])).sheets[0].rows[1].cells


def repacked(data: bytes, part: str, content: bytes | None) -> bytes:
    """The archive with one part replaced, or left out."""
    source, out = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            body = content if name == part else source.read(name)
            if body is not None:
                target.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "text", "of"),
    [
        ("  张三　", "张三", Of.TEXT),
        ("１３８００００２２１０", "13800002210", Of.TEXT),
        (13800002210, "13800002210", Of.NUMBER),
        (80.5, "80.5", Of.NUMBER),
        (date(1946, 3, 1), "1946-03-01", Of.DAY),
        (410702194603011234, "4.107E+17", Of.ROUNDED),
        ("4.10702E+17", "4.10702E+17", Of.ROUNDED),
        ('=HYPERLINK("http://x","y")', '=HYPERLINK("http://x","y")', Of.FORMULA),
        ("+86 138", "+86 138", Of.FORMULA),
        ("-1+1", "-1+1", Of.FORMULA),
        ("@SUM(A1)", "@SUM(A1)", Of.FORMULA),
        ("＝1+1", "＝1+1", Of.FORMULA),
        (-5, "-5", Of.FORMULA),
        ("—", "", Of.NOTHING),
        ("-", "", Of.NOTHING),
        ("   ", "", Of.NOTHING),
        ("#N/A", "#N/A", Of.ERROR),
        ("#12", "#12", Of.TEXT),
    ],
)
def test_what_a_cell_holds(value: Any, text: str, of: Of) -> None:
    assert cells(value, "x")[0] == Cell(text, of)


@pytest.mark.parametrize("result", ["点这里", 0, ""])
def test_a_formula_is_seen_behind_its_result(result: Any) -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.write_formula("B2", '=HYPERLINK("http://x","点这里")', None, result)

    row = read_workbook(workbook([["x"]], ["a", "b"], more)).sheets[0].rows[1]
    assert row.cell(1).of is Of.FORMULA
    assert row.cell(0) == Cell("x", Of.TEXT)


def test_a_formula_outside_of_what_has_values() -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.write_formula("D9", "=1+1", None, "")

    rows = read_workbook(workbook([["x"]], ["a"], more)).sheets[0].rows
    assert [row.number for row in rows] == [1, 2, 9]
    assert rows[2].cell(3).of is Of.FORMULA


def test_rows_keep_the_numbers_that_excel_shows() -> None:
    rows = read_workbook(workbook([["a"], [""], ["b"]], ["x"], title="名单")).sheets[0].rows
    assert [(row.number, row.cell(0).text) for row in rows] == [
        (1, "名单"),
        (2, "x"),
        (3, "a"),
        (5, "b"),
    ]


def test_a_merged_column_says_the_same_in_every_row() -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.merge_range("A2:A4", "H1")

    rows = read_workbook(workbook([[None, "甲"], [None, "乙"]], ["户号", "姓名"], more)).sheets[0]
    assert [row.cell(0) for row in rows.rows[1:]] == [
        Cell("H1", Of.TEXT),
        Cell("H1", Of.TEXT, merged=True),
    ]


def test_hidden_sheets_are_not_read() -> None:
    def more(book: Any, _sheet: Any) -> None:
        hidden = book.add_worksheet("藏")
        hidden.write(0, 0, "x")
        hidden.hide()
        book.add_worksheet("空")

    book = read_workbook(workbook(family(), more=more))
    assert [sheet.name for sheet in book.sheets] == ["花名册"]


def test_letters_of_columns() -> None:
    assert [column_letters(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


GOOD = workbook(family())
SHEET = "xl/worksheets/sheet1.xml"
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet>&a;</worksheet>"""
FAR = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>"""

BAD_FILES = {
    "empty": (b"", "empty_file"),
    "xls_renamed": (OLE + b"\0" * 2000, "old_excel"),
    "password": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "locked_file"),
    "text": ("姓名,户号\n张三,1\n".encode(), "not_excel"),
    "html": (b"<html><table></table></html>", "not_excel"),
    "cut": (GOOD[: len(GOOD) // 2], "damaged_file"),
    "word": (repacked(GOOD, "xl/workbook.xml", None), "not_excel"),
    "broken_xml": (repacked(GOOD, SHEET, b"<worksheet><sheetData><row"), "damaged_file"),
    "no_sheet": (repacked(GOOD, SHEET, None), "damaged_file"),
    "entities": (repacked(GOOD, SHEET, BOMB), "damaged_file"),
    "far_away": (repacked(GOOD, SHEET, FAR), "file_too_large"),
    "nothing_in_it": (workbook([], []), "empty_sheet"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_no_roster(name: str, tmp_path: Path) -> None:
    data, code = BAD_FILES[name]
    path = tmp_path / "花名册.xlsx"
    path.write_bytes(data)
    with pytest.raises(Problem) as caught:
        read_workbook(path)
    assert caught.value.code == code
    assert caught.value.place == "花名册.xlsx"
    assert caught.value.remedy
    assert "\n" not in caught.value.text()


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "无.xlsx", "no_file"), (tmp_path, "unreadable_file")):
        with pytest.raises(Problem) as caught:
            read_workbook(path)
        assert caught.value.code == code
        assert str(path) in caught.value.text()
        assert caught.value.remedy
