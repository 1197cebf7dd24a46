"""Reading an Excel file safely: a path or bytes in, sheets of plain cells out.

Numbers come as the digits that were typed, dates as ISO days. Formulas, and texts that a spreadsheet
would take for one, are marked and never read as values, so nothing that a stranger put into a file
comes back as a live cell in our own exports.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import python_calamine as calamine

from gridapp.errors import Problem
from gridapp.spreadsheets import sheet_xml
from gridapp.spreadsheets.sheet_xml import SheetShape, column_letters

MOST_FILE_BYTES = 100_000_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LIVE = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NOTHING = re.compile(r"[-－–—/／]+")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{2}")
_ERROR = re.compile(r"#(N/A|NAME\?|[A-Z0-9/]+!|#+)")
_EXACT = 10**15  # Excel keeps 15 digits of a number and fills up with zeros
_WIDE = {0xFF10 + i: 0x30 + i for i in range(10)}
_WIDE |= {0xFF21 + i: 0x41 + i for i in range(26)} | {0xFF41 + i: 0x61 + i for i in range(26)}
_WIDE |= {0x3000: 0x20, 0xA0: 0x20, 0xFEFF: None, 0x200B: None}  # type: ignore[dict-item]


class Of(StrEnum):
    """What a cell holds."""

    NOTHING = "nothing"
    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    FORMULA = "formula"  # or begins as one
    ROUNDED = "rounded"  # digits were lost before the file came to us
    ERROR = "error"  # #N/A


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``merged``: the value stands in the first cell of a merged range that covers this one."""

    text: str = ""
    of: Of = Of.NOTHING
    merged: bool = False


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something; ``number`` as Excel shows it, from 1."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, index: int) -> Cell:
        """The cell of a column counted from 0."""
        return self.cells[index] if index < len(self.cells) else EMPTY


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The visible sheets of a file that hold something, in their order."""

    file: str
    sheets: tuple[Sheet, ...]


def read_workbook(source: Path | bytes, name: str = "") -> Workbook:
    """Read an ``.xlsx`` file.

    Raises ``Problem``, always with the file as its place: ``no_file``, ``unreadable_file``, ``empty_file``,
    ``old_excel``, ``locked_file`` (password), ``not_excel``, ``damaged_file``, ``file_too_large``,
    ``empty_sheet``.
    """
    file = name or (source.name if isinstance(source, Path) else "")
    data = source if isinstance(source, bytes) else _bytes(source, file)
    _check_format(data, file)
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive, file)
            sheets = _sheets(data, archive)
    except sheet_xml.TooLargeError as error:
        raise _too_large(file) from error
    except (BadZipFile, calamine.CalamineError, sheet_xml.NotReadableError) as error:
        raise Problem(
            "damaged_file",
            "文件已损坏，读不出来。",
            place=file,
            remedy="请用 Excel 或 WPS 打开后另存一份，再导入。",
        ) from error
    if not sheets:
        raise Problem("empty_sheet", "表里没有内容。", place=file, remedy="请填写后再导入。")
    return Workbook(file, sheets)


def _bytes(path: Path, file: str) -> bytes:
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise _too_large(file)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Problem(
            "no_file", "找不到这个文件。", place=str(path), remedy="请检查文件名和文件夹。"
        ) from error
    except OSError as error:
        raise Problem(
            "unreadable_file",
            "这个文件打不开。",
            place=str(path),
            remedy="请检查它是不是文件、有没有权限，或先在 Excel 中关闭它。",
        ) from error


def _check_format(data: bytes, file: str) -> None:
    if not data:
        raise Problem("empty_file", "文件是空的。", place=file, remedy="请重新取得或保存这个文件。")
    if data.startswith(_OLE) and _ENCRYPTED in data:
        raise Problem(
            "locked_file",
            "文件有打开密码。",
            place=file,
            remedy="请在 Excel 或 WPS 中去掉密码，另存后再导入。",
        )
    if data.startswith(_OLE):
        raise Problem(
            "old_excel",
            "这是旧格式（.xls）的文件，改扩展名不会改变格式。",
            place=file,
            remedy="请用 Excel 或 WPS 打开，另存为 .xlsx 后再导入。",
        )
    if not data.startswith(b"PK"):
        raise _not_excel(file)


def _check_archive(archive: ZipFile, file: str) -> None:
    if "xl/workbook.xml" not in archive.namelist():
        raise _not_excel(file)
    if sum(part.file_size for part in archive.infolist()) > sheet_xml.MOST_BYTES:
        raise _too_large(file)


def _sheets(data: bytes, archive: ZipFile) -> tuple[Sheet, ...]:
    parts = sheet_xml.sheet_parts(archive)
    found = []
    with calamine.load_workbook(io.BytesIO(data)) as book:
        for about in book.sheets_metadata:
            if (
                about.visible != calamine.SheetVisibleEnum.Visible
                or about.typ != calamine.SheetTypeEnum.WorkSheet
            ):
                continue
            if about.name not in parts:
                raise sheet_xml.NotReadableError(about.name)
            shape = sheet_xml.shape(archive, parts[about.name])
            rows = _rows(book.get_sheet_by_name(about.name), shape)
            if rows:
                found.append(Sheet(about.name, rows))
    return tuple(found)


def _rows(sheet: calamine.CalamineSheet, shape: SheetShape) -> tuple[Row, ...]:
    grid = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    _mark_formulas(grid, shape)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        # Only ranges down one column: a household's number written once beside its members.
        if left == right and top < len(grid) and left < len(grid[top]):
            first = grid[top][left]
            for row in (r for r in grid[top + 1 : bottom + 1] if left < len(r)):
                row[left] = Cell(first.text, first.of, merged=True)
    return tuple(
        Row(number, tuple(cells))
        for number, cells in enumerate(grid, 1)
        if any(cell.of is not Of.NOTHING and not cell.merged for cell in cells)
    )


def _mark_formulas(grid: list[list[Cell]], shape: SheetShape) -> None:
    for row, column in shape.formulas:
        if row >= sheet_xml.MOST_ROWS or column >= sheet_xml.MOST_COLUMNS:
            continue
        # A formula without a result is no value to the reader, and may lie beyond what it returned.
        while len(grid) <= row:
            grid.append([])
        cells = grid[row]
        cells.extend([EMPTY] * (column + 1 - len(cells)))
        cells[column] = Cell(cells[column].text, Of.FORMULA)


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return Cell("是" if value else "否", Of.TEXT)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, dt.datetime):
        return Cell(value.date().isoformat(), Of.DAY)
    if isinstance(value, dt.date):
        return Cell(value.isoformat(), Of.DAY)
    return Cell(str(value), Of.TEXT)


def _text(value: str) -> Cell:
    text = value.translate(_WIDE).strip()
    if not text or _NOTHING.fullmatch(text):
        return EMPTY
    if text.startswith(_LIVE):
        return Cell(text, Of.FORMULA)
    if _SCIENTIFIC.fullmatch(text):
        return Cell(text, Of.ROUNDED)
    return Cell(text, Of.ERROR if _ERROR.fullmatch(text) else Of.TEXT)


def _number(value: float) -> Cell:
    if value < 0:
        return Cell(f"{value:g}", Of.FORMULA)
    if value >= _EXACT:
        return Cell(f"{value:.5G}", Of.ROUNDED)
    whole = int(value)
    return Cell(str(whole) if whole == value else repr(value), Of.NUMBER)


def _not_excel(file: str) -> Problem:
    return Problem(
        "not_excel",
        "这不是 Excel 表格（.xlsx）。",
        place=file,
        remedy="请用 Excel 或 WPS 打开，另存为 .xlsx 后再导入。",
    )


def _too_large(file: str) -> Problem:
    return Problem(
        "file_too_large",
        "文件太大，不像是花名册。",
        place=file,
        remedy="请删去多余的行、列和工作表，或分成几个文件导入。",
    )


__all__ = ["EMPTY", "Cell", "Of", "Row", "Sheet", "Workbook", "column_letters", "read_workbook"]
