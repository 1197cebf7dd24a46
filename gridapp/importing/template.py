"""The roster template: a sheet to fill in with lists to choose from, and a sheet that explains it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from gridapp import whole_file
from gridapp.domain.codes import Codes
from gridapp.domain.identity import check_digit
from gridapp.domain.record import Type
from gridapp.domain.reference import CareGroup
from gridapp.i18n import tr
from gridapp.importing import columns as c
from gridapp.importing.columns import COLUMNS, Column

_ROSTER, _GUIDE, _LISTS = "花名册", "填写说明", "选项"
_LAST_ROW = 5000  # lists to choose from reach down to here
_REQUIRED = frozenset({c.NAME, c.RELATION})
_LEFT_OUT = frozenset({c.ADDRESS, c.HEAD_ID, c.HEAD_NAME})  # for rosters made elsewhere
_TINT, _INK = "#E3ECFA", "#B42318"

# 000000 is no area: nobody has these numbers.
_EXAMPLE_IDS = tuple(n + check_digit(n) for n in ("00000019580615001", "00000019600920002"))

_GUIDE_LINES = (
    "一行填一个人，同一户的人填同一个户号。",
    "前两行是示例，填写前请删除。",
    "身份证号、电话等列已设为文本，请直接填写，不要改成数字。",
    "空着的格子不会抹掉已有的内容；再次导入同一个文件不会重复。",
    "单元格不要以 = + - @ 开头，不要用公式。",
    "不收集民族、宗教信仰、政治面貌和信访情况，这些列不会读入。",
)


def write_template(path: Path, codes: Codes, care_groups: Sequence[CareGroup]) -> None:
    """Write the template, over a file that is there, which stays where that is not possible.

    Raises ``Problem``: ``cannot_write``, ``disk_full``.
    """
    with whole_file.writing(path) as out:
        out.write(template(codes, care_groups))


def template(codes: Codes, care_groups: Sequence[CareGroup]) -> bytes:
    """The template as an ``.xlsx`` file, with an invented household of two as example."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    shown = [column for column in COLUMNS if column.key not in _LEFT_OUT]
    choices = {column.key: _choices(column, codes, care_groups) for column in shown}
    roster = book.add_worksheet(_ROSTER)
    guide = book.add_worksheet(_GUIDE)
    lists = book.add_worksheet(_LISTS)
    lists.hide()
    _fill_lists(lists, choices)
    _fill_roster(book, roster, shown, choices)
    _fill_guide(book, guide, shown, choices)
    roster.activate()
    book.close()
    return buffer.getvalue()


def _choices(column: Column, codes: Codes, care_groups: Sequence[CareGroup]) -> list[str]:
    if column.key == c.CARE:
        return [group.name_zh for group in care_groups]
    return [entry.zh for entry in codes.entries(column.table)] if column.table else []


def _fill_lists(sheet: Any, choices: dict[str, list[str]]) -> None:
    for index, key in enumerate(choices):
        sheet.write_column(0, index, choices[key])


def _fill_roster(
    book: Any, sheet: Any, shown: Sequence[Column], choices: dict[str, list[str]]
) -> None:
    text = book.add_format({"num_format": "@"})
    plain = book.add_format({"bold": True, "bg_color": _TINT, "border": 1})
    needed = book.add_format({"bold": True, "bg_color": _TINT, "border": 1, "font_color": _INK})
    for index, column in enumerate(shown):
        required = column.key in _REQUIRED
        sheet.set_column(index, index, _width(column), text)
        sheet.write_string(0, index, column.header, needed if required else plain)
        for row, example in enumerate(_examples(column, choices[column.key]), 1):
            if example:
                sheet.write_string(row, index, example, text)
        words = choices[column.key]
        if words and not _several(column):
            letters = xlsxwriter.utility.xl_col_to_name(index)
            source = f"='{_LISTS}'!${letters}$1:${letters}${len(words)}"
            rule = {"validate": "list", "source": source, "error_type": "warning"}
            sheet.data_validation(1, index, _LAST_ROW, index, rule)
    sheet.freeze_panes(1, 2)


def _fill_guide(
    book: Any, sheet: Any, shown: Sequence[Column], choices: dict[str, list[str]]
) -> None:
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 50, wrapped)
    sheet.set_column(2, 2, 60, wrapped)
    for row, line in enumerate(_GUIDE_LINES):
        sheet.write_string(row, 0, tr(line))
    top = len(_GUIDE_LINES) + 1
    for index, title in enumerate(("列名", "怎么填", "可以填")):
        sheet.write_string(top, index, tr(title), bold)
    for row, column in enumerate(shown, top + 1):
        sheet.write_string(row, 0, column.header)
        sheet.write_string(row, 1, tr(column.hint) if column.hint else "")
        sheet.write_string(row, 2, "、".join(choices[column.key]))


def _examples(column: Column, words: Sequence[str]) -> Sequence[str]:
    if column.key == c.ID_NUMBER:
        return _EXAMPLE_IDS
    if not words:
        return column.examples
    # A district may have other words: an example that it does not know is left out.
    return [example if example in words else "" for example in column.examples]


def _several(column: Column) -> bool:
    return column.key == c.CARE or bool(column.field and column.field.type is Type.SET)


def _width(column: Column) -> int:
    if column.key == c.ID_NUMBER:
        return 22
    return 16 if column.key in (c.PHONE, c.BIRTH, c.REGISTERED, c.CARE) else 11
