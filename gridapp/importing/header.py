"""Finding the roster in a workbook: which sheet, which row is the header, which column is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gridapp.importing import columns as c
from gridapp.importing.columns import Column, find_column, plain_header
from gridapp.importing.plan import RowProblem
from gridapp.spreadsheets.workbook import Row, Sheet, Workbook, column_letters

_FIRST_ROWS = 20  # titles and notes may stand above the header
_LEAST_KNOWN = 2

# One of these must be there to tell which household a row belongs to.
_PLACES = (c.NUMBER, c.HEAD_ID, c.ROOM, c.LANDMARK, c.ADDRESS)


@dataclass(frozen=True, slots=True)
class Header:
    """The header of the roster. ``places``: column key to the indexes at which it stands."""

    sheet: Sheet
    row: int
    columns: Mapping[int, Column]
    names: Mapping[int, str]  # index -> as the file calls it
    problems: tuple[RowProblem, ...]
    notes: tuple[RowProblem, ...]

    def index(self, key: str) -> int | None:
        """Where a column stands, None where it does not."""
        return next((i for i, column in self.columns.items() if column.key == key), None)

    def body(self) -> tuple[Row, ...]:
        """The rows below."""
        return tuple(row for row in self.sheet.rows if row.number > self.row)

    def problem(
        self, row: int, key: str, code: str, message: str, remedy: str, **values: object
    ) -> RowProblem:
        """A problem at a column, or in the row where the file has no such column."""
        index = self.index(key) if key else None
        if index is None:
            return RowProblem(row, "", message, remedy, code, "", values)
        place = (column_letters(index), self.names[index])
        return RowProblem(row, place[0], message, remedy, code, place[1], values)


def find_header(book: Workbook) -> Header | None:
    """The first sheet's row that names columns of a roster; None where no sheet has one."""
    headers = [h for sheet in book.sheets if (h := _header(sheet)) is not None]
    if not headers:
        return None
    first = headers[0]
    also = tuple(
        RowProblem(
            0,
            "",
            "工作表“{other}”也像花名册，这次只读了“{read}”。",
            "需要时请单独存成文件再导入。",
            "other_sheet",
            values={"other": other.sheet.name, "read": first.sheet.name},
        )
        for other in headers[1:]
    )
    return Header(
        first.sheet, first.row, first.columns, first.names, first.problems, first.notes + also
    )


def _header(sheet: Sheet) -> Header | None:
    best: tuple[int, Row] | None = None
    for row in sheet.rows[:_FIRST_ROWS]:
        known = len({col.key for cell in row.cells if (col := find_column(cell.text))})
        if known >= _LEAST_KNOWN and (best is None or known > best[0]):
            best = (known, row)
    return _read(sheet, best[1]) if best else None


def _read(sheet: Sheet, row: Row) -> Header:
    columns: dict[int, Column] = {}
    names: dict[int, str] = {}
    problems: list[RowProblem] = []
    notes: list[RowProblem] = []
    for index, cell in enumerate(row.cells):
        if not cell.text:
            continue
        name = " ".join(cell.text.split())[:40]
        names[index] = name
        column = find_column(cell.text)
        if column is None:
            notes.append(_unread(row.number, index, name))
        elif column in columns.values() and column.key not in c.REPEATED:
            problems.append(_twice(row.number, index, name, _first(columns, column)))
        else:
            columns[index] = column
    problems += _missing(row.number, {column.key for column in columns.values()})
    return Header(sheet, row.number, columns, names, tuple(problems), tuple(notes))


def _first(columns: Mapping[int, Column], column: Column) -> int:
    return next(i for i, known in columns.items() if known == column)


def _missing(row: int, keys: set[str]) -> list[RowProblem]:
    lacking: list[Sequence[str]] = []
    if c.NAME not in keys:
        lacking.append(("姓名",))
    if not keys & {c.RELATION, c.HEAD_NAME}:
        lacking.append(("与户主关系",))
    if not keys & set(_PLACES):
        lacking.append(("户号", "户主身份证号", "室", "位置", "住址"))
    return [
        RowProblem(
            row,
            "",
            "缺少“{needed}”列。"
            if len(names) == 1
            else "缺少说明是哪一户的列：{needed} 中至少要有一列。",
            "请补上这一列，或把花名册填进模板再导入。",
            "missing_column",
            values={"needed": "、".join(names)},
        )
        for names in lacking
    ]


def _unread(row: int, index: int, name: str) -> RowProblem:
    message = "不认识“{name}”这一列，没有读入。"
    if plain_header(name) in c.NOT_KEPT:
        message = "“{name}”不属于要收集的信息，没有读入。"
    place = column_letters(index)
    return RowProblem(row, place, message, "", "unread_column", name, {"name": name})


def _twice(row: int, index: int, name: str, first: int) -> RowProblem:
    return RowProblem(
        row,
        column_letters(index),
        "这一列和 {first} 列说的是同一件事。",
        "请只留一列。",
        "column_twice",
        name,
        {"first": column_letters(first)},
    )
