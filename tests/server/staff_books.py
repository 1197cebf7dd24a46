"""Staff workbooks for the tests, from rows of plain texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

Rows = Sequence[Sequence[Any]]

GRIDS = [
    ("社区代码", "网格代码", "网格名称", "类别", "称呼"),
    ("410702001001", "410702001001001", "第一网格", "基础", "网格"),
    ("410702001001", "410702001001002", "第二网格", "基础", ""),
    ("410702001001", "410702001001003", "农贸市场", "专属", "市场网格"),
]
DEPARTMENTS = [
    ("上级代码", "单位代码", "单位名称", "部门类型", "称呼"),
    ("410702001000", "410702001000-URBAN", "西街综合行政执法队", "URBAN", "部门"),
]
STAFF = [
    ("姓名", "用户名", "电话", "角色", "单位代码", "专职", "自", "至", "代"),
    ("李秀英", "lixiuying", "13800000001", "网格员", "410702001001001", "是", "2024-01-01", "", ""),
    ("李秀英", "lixiuying", "", "网格员", "410702001001002", "否", "2024-01-01", "", ""),
    ("王芳", "wangfang", "", "社区办", "410702001001", "是", "", "", ""),
    ("王芳", "wangfang", "", "调解员", "410702001001", "否", "", "", ""),
    ("陈涛", "chentao", "", "网格长", "410702001001001", "否", "", "2026-12-31", "zhangwei"),
    ("张伟", "zhangwei", "", "部门经办", "410702001000-URBAN", "", "", "", ""),
]


def staff_book(path: Path, **sheets: Rows) -> Path:
    """A workbook of these sheets; rows hold texts, numbers, or ``=…`` for a formula."""
    book: Mapping[str, Rows] = sheets or {"网格": GRIDS, "部门": DEPARTMENTS, "人员": STAFF}
    with xlsxwriter.Workbook(str(path)) as workbook:
        for name, rows in book.items():
            sheet = workbook.add_worksheet(name)
            for line, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, str) and value.startswith("="):
                        sheet.write_formula(line, column, value, None, "x")
                    elif value != "":
                        sheet.write(line, column, value)
    return path


def changed(rows: Rows, line: int, column: str, value: Any) -> list[tuple[Any, ...]]:
    """The rows with one cell another; ``line`` as Excel counts."""
    found = [list(row) for row in rows]
    found[line - 1][list(rows[0]).index(column)] = value
    return [tuple(row) for row in found]
