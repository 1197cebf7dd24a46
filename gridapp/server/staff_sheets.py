"""The workbook of ``server load`` as plain lines: sheets 网格, 部门 and 人员, columns in any order.

One line of 人员 is one role of one person at one unit; who has several roles or grids has several lines
with the same user name. Nothing here knows of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.spreadsheets.workbook import Cell, Of, Row, Sheet, Workbook, column_letters

GRIDS, DEPARTMENTS, STAFF = "网格", "部门", "人员"
_HEADER_WITHIN = 10  # a title and a note may stand above the header


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how it is called, what it may be called as well, and whether it must be there and filled."""

    title: str
    also: tuple[str, ...] = ()
    needed: bool = True


COLUMNS: dict[str, tuple[Column, ...]] = {
    GRIDS: (
        Column("社区代码", ("村社区代码", "上级代码")),
        Column("网格代码", ("网格编码",)),
        Column("网格名称"),
        Column("类别", ("网格类别",), needed=False),
        Column("称呼", needed=False),
    ),
    DEPARTMENTS: (
        Column("上级代码"),
        Column("单位代码", ("部门代码",)),
        Column("单位名称", ("部门名称",)),
        Column("部门类型", needed=False),
        Column("称呼", needed=False),
    ),
    STAFF: (
        Column("姓名"),
        Column("用户名"),
        Column("电话", ("手机", "联系电话"), needed=False),
        Column("角色"),
        Column("单位代码", ("网格代码", "网格编码")),
        Column("专职", needed=False),
        Column("自", ("任职日期",), needed=False),
        Column("至", ("离任日期",), needed=False),
        Column("代", ("代谁",), needed=False),
    ),
}


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """What is wrong in one place of the file. ``row`` as Excel counts, 0 for the whole sheet."""

    sheet: str
    row: int
    column: str  # letters, "" for the whole row
    title: str
    problem: Problem

    def text(self) -> str:
        """One line in the user's language: the place, what is wrong, what to do."""
        place = tr("工作表“{sheet}”").format(sheet=self.sheet)
        if self.row:
            place += " " + tr("第 {row} 行").format(row=self.row)
        if self.column:
            place += " " + tr("{column} 列（{title}）").format(column=self.column, title=self.title)
        return f"{place}: {self.problem.text()}"


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the header: text by the column's title, "" where nothing stands."""

    sheet: str
    row: int
    values: Mapping[str, str]
    letters: Mapping[str, str]

    def __getitem__(self, title: str) -> str:
        return self.values.get(title, "")

    def problem(self, title: str, problem: Problem) -> SheetProblem:
        """A problem at one of the row's cells."""
        return SheetProblem(self.sheet, self.row, self.letters.get(title, ""), title, problem)


@dataclass(frozen=True, slots=True)
class StaffBook:
    """The lines of the file, and what could not be read of it."""

    grids: tuple[Line, ...]
    departments: tuple[Line, ...]
    staff: tuple[Line, ...]
    problems: tuple[SheetProblem, ...]


def read_book(book: Workbook) -> StaffBook:
    """The lines of a workbook. Raises ``Problem`` ``no_staff_sheet`` where neither 网格 nor 人员 is there."""
    by_name = {sheet.name.strip(): sheet for sheet in book.sheets}
    if not by_name.keys() & {GRIDS, STAFF}:
        raise Problem(
            "no_staff_sheet",
            "文件里没有名为“网格”或“人员”的工作表。",
            place=book.file,
            remedy="请检查是不是这个文件，或改正工作表的名称。",
        )
    problems: list[SheetProblem] = []
    found = {
        name: tuple(_lines(name, by_name[name], problems)) if name in by_name else ()
        for name in COLUMNS
    }
    return StaffBook(found[GRIDS], found[DEPARTMENTS], found[STAFF], tuple(problems))


def _lines(name: str, sheet: Sheet, problems: list[SheetProblem]) -> list[Line]:
    header = next((r for r in sheet.rows[:_HEADER_WITHIN] if _titles(name, r)), None)
    if header is None:
        problems.append(_no_header(name))
        return []
    titles = _titles(name, header)
    problems += _header_problems(name, header, titles)
    needed = {c.title for c in COLUMNS[name] if c.needed} & set(titles.values())
    letters = {title: column_letters(index) for index, title in titles.items()}
    lines = []
    for row in sheet.rows:
        if row.number > header.number:
            cells = {title: row.cell(index) for index, title in titles.items()}
            if any(c.of is not Of.NOTHING and not c.merged for c in cells.values()):
                values = {title: " ".join(cell.text.split()) for title, cell in cells.items()}
                line = Line(name, row.number, values, letters)
                lines.append(line)
                problems += _cell_problems(line, cells, needed)
    return lines


def _titles(name: str, row: Row) -> dict[int, str]:
    """Index to title of the columns that this row names; empty where it is no header."""
    words = {word: c.title for c in COLUMNS[name] for word in (c.title, *c.also)}
    found = {
        index: words[text]
        for index, cell in enumerate(row.cells)
        if (text := "".join(cell.text.split()).rstrip("*＊")) in words
    }
    return found if len(set(found.values())) >= 2 else {}


def _header_problems(name: str, header: Row, titles: dict[int, str]) -> list[SheetProblem]:
    missing = [c.title for c in COLUMNS[name] if c.needed and c.title not in titles.values()]
    problems = [
        SheetProblem(
            name,
            header.number,
            "",
            title,
            Problem("no_column", "缺少“{title}”列。", remedy="请补上这一列。", title=title),
        )
        for title in missing
    ]
    seen: set[str] = set()
    for index, title in titles.items():
        if title in seen:
            problem = Problem("column_twice", "“{title}”列出现了两次。", title=title)
            problems.append(
                SheetProblem(name, header.number, column_letters(index), title, problem)
            )
        seen.add(title)
    return problems


def _cell_problems(line: Line, cells: dict[str, Cell], needed: set[str]) -> list[SheetProblem]:
    problems = []
    for title, cell in cells.items():
        problem = _unreadable(cell)
        if problem is None and title in needed and not line[title]:
            problem = Problem("empty_cell", "没有填写。", remedy="请填上。")
        if problem is not None:
            problems.append(line.problem(title, problem))
    return problems


def _unreadable(cell: Cell) -> Problem | None:
    if cell.of is Of.FORMULA:
        return Problem("formula_cell", "不能是公式。", remedy="请改成文字，开头不要用 = + - @。")
    if cell.of is Of.ROUNDED:
        return Problem(
            "rounded_cell",
            "数字的末几位已丢失。",
            remedy="请把这一列设为文本格式，再重新填写。",
        )
    if cell.of is Of.ERROR:
        return Problem("error_cell", "单元格里是错误值。", remedy="请改正。")
    return None


def _no_header(name: str) -> SheetProblem:
    titles = "、".join(c.title for c in COLUMNS[name] if c.needed)
    problem = Problem(
        "no_header",
        "没有找到表头。",
        remedy="前几行里要有一行写着：{titles}。",
        titles=titles,
    )
    return SheetProblem(name, 0, "", "", problem)
