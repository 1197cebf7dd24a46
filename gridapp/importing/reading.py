"""What one cell says in a given column: the value as it is kept, or a ``Problem`` with the remedy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from gridapp.domain.address import bare_building, parse_address
from gridapp.domain.codes import Codes
from gridapp.domain.happened import check_happened, lies_ahead
from gridapp.domain.identity import tidy_number
from gridapp.domain.kinds import kind
from gridapp.domain.record import Field, Type
from gridapp.domain.reference import CareGroup
from gridapp.domain.values import stored
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.importing import columns as c
from gridapp.importing.columns import Column
from gridapp.importing.plan import Address
from gridapp.spreadsheets.workbook import Cell, Of

# A day in one of these is what Excel made of "3-2-501".
_NEVER_DAYS = frozenset(
    {c.NUMBER, c.BUILDING, c.ENTRANCE, c.ROOM, c.ADDRESS, c.ID_NUMBER, c.HEAD_ID, c.PHONE, c.NAME}
)
_SEPARATORS = re.compile(r"[、,，;；|\n]+")
_PHONE_SEPARATORS = re.compile(r"[、,，;；|/\n]+")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T].*)?")
_DAY_RUN = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR = re.compile(r"((?:18|19|20)[0-9]{2})(?:年|[-/.年][0-9]{1,2}月?|[0-9]{2})?")
_AREA_UNIT = re.compile(r"(平方米|平米|㎡|m2|m²)$", re.IGNORECASE)
_PHONE = re.compile(r"1[0-9]{10}|0[0-9]{9,15}|[2-9][0-9]{6,7}|[49]00[0-9]{7}")
_HAN_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
_DOTS = re.compile("[•‧∙・．]")
_BEFORE_COMPOUND = re.compile(r".*(?:省|市|县|(?<!小)区|镇|乡|街道|路|大道|巷|[0-9]号)(?=..)")
_MOST_NAMED = 12

# Words of rosters for care groups whose names are longer.
_CARE_WORDS = {
    "留守老人": "C03",
    "留守儿童": "C05",
    "低保": "C08",
    "低保户": "C08",
    "低保对象": "C08",
    "特困": "C10",
    "特困人员": "C10",
    "五保": "C10",
    "失独": "C11",
    "失独家庭": "C11",
    "退役军人": "C12",
    "军属": "C12",
    "优抚对象": "C12",
    "孕产妇": "C13",
}


class CellReader:
    """Reads cells with a district's code tables and care groups; ``today`` bounds what has happened."""

    def __init__(self, codes: Codes, care_groups: Sequence[CareGroup], today: date) -> None:
        self.codes = codes
        self.today = today
        self._groups = {_plain(w): g.group_code for g in care_groups for w in _words(g)}
        known = set(self._groups.values())
        for word, code in _CARE_WORDS.items():
            if code in known:
                self._groups.setdefault(word, code)
        self._names = tuple(g.name_zh for g in care_groups)
        self._special: dict[str, Callable[[Column, Cell], Any]] = {
            c.NAME: _name,
            c.HEAD_NAME: _name,
            c.ID_NUMBER: _number,
            c.HEAD_ID: _number,
            c.BIRTH: self._birth,
            c.PHONE: _phones,
            c.ENTRANCE: _entrance,
            c.ROOM: _room,
            c.ADDRESS: _address,
            c.CARE: self._care,
        }

    def read(self, column: Column, cell: Cell) -> Any:
        """The value of a cell that is not empty. Raises ``Problem``."""
        refuse(cell)
        if cell.of is Of.DAY and column.key in _NEVER_DAYS:
            raise Problem(
                "became_a_day",
                "Excel 把这一格当成了日期（{value}）。",
                remedy="请把这一列设为文本后重填。",
                value=cell.text,
            )
        special = self._special.get(column.key)
        value = special(column, cell) if special else self._plain(column, cell)
        if column.field and column.key != c.BIRTH:
            stored(column.field, value)
        return value

    def _plain(self, column: Column, cell: Cell) -> Any:
        field = column.field
        if field is None:
            return _line(cell.text)
        if field.type is Type.SET:
            parts = [t for part in _SEPARATORS.split(cell.text) if (t := part.strip())]
            return tuple(sorted({self._code(column, t) if column.table else t for t in parts}))
        if column.table:
            return self._code(column, cell.text)
        if field.type is Type.DATE:
            day = read_day(cell)
            check_happened(field, day, self.today)
            return day
        if field.type is Type.REAL:
            return _real(field, cell)
        return cell.text.strip() if field.max_length >= 400 else _line(cell.text)

    def _code(self, column: Column, text: str) -> str:
        found = self.codes.find(column.table, text)
        if found is not None:
            return found
        words = [entry.zh for entry in self.codes.entries(column.table)]
        raise _unknown(text, words)

    def _birth(self, column: Column, cell: Cell) -> date | int:
        """A day, or the year alone where no more is said."""
        plain = cell.text.replace(" ", "")
        year = _YEAR.fullmatch(plain)
        if year and cell.of is not Of.DAY and not (cell.of is Of.NUMBER and "." in plain):
            found: date | int = int(year[1])
        else:
            found = read_day(cell)
        if column.field is not None and lies_ahead(column.field, found, self.today):
            raise Problem(
                "birth_in_future",
                "出生日期 {value} 在今天之后。",
                remedy="请对照证件改正。",
                value=cell.text,
            )
        return found

    def _care(self, _column: Column, cell: Cell) -> tuple[str, ...]:
        text, found = cell.text, set()
        # Some names hold a "、" themselves, so whole names are looked for first.
        for name in sorted(self._names, key=len, reverse=True):
            if name in text:
                found.add(self._groups[_plain(name)])
                text = text.replace(name, "、")
        for part in _SEPARATORS.split(text):
            if not (word := part.strip()):
                continue
            code = self._groups.get(_plain(word))
            if code is None:
                raise _unknown(word, self._names)
            found.add(code)
        return tuple(sorted(found))


def refuse(cell: Cell) -> None:
    """Raise ``Problem`` for a cell that holds no value that could be taken over."""
    if cell.of is Of.FORMULA:
        raise Problem(
            "live_cell",
            "这一格是公式，或以 = + - @ 开头，不能导入。",
            remedy="请改成普通文字：复制后“选择性粘贴”为数值，或去掉开头的符号。",
        )
    if cell.of is Of.ROUNDED:
        raise Problem(
            "digits_lost",
            "号码被存成了数字 {value}，后面几位已经丢失。",
            remedy="请把这一列设为文本，再照证件重新录入。",
            value=cell.text,
        )
    if cell.of is Of.ERROR:
        raise Problem(
            "error_cell",
            "这一格是错误值 {value}。",
            remedy="请改成正确的内容，或清空。",
            value=cell.text,
        )


def read_day(cell: Cell) -> date:
    """A day as ISO, 1946/3/1, 1946年3月1日 or 19460301. Raises ``Problem`` ``bad_day``."""
    plain = unicodedata.normalize("NFKC", cell.text).strip()
    found = _DAY.fullmatch(plain) or _DAY_RUN.fullmatch(plain)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise Problem(
        "bad_day",
        "“{value}”不是日期。",
        remedy="请写成 1946-03-01 这样。",
        value=cell.text[:40],
    )


def _number(_column: Column, cell: Cell) -> str:
    return tidy_number(cell.text)


def _name(_column: Column, cell: Cell) -> str:
    return _DOTS.sub("·", _HAN_SPACE.sub("", _line(cell.text)))


def _phones(_column: Column, cell: Cell) -> tuple[str, ...]:
    found = []
    for part in _PHONE_SEPARATORS.split(cell.text):
        if not (said := part.strip()):
            continue
        digits = tidy_number(said)
        if len(digits) == 13 and digits.startswith("861"):
            digits = digits[2:]
        if not _PHONE.fullmatch(digits):
            raise Problem(
                "bad_phone",
                "电话“{value}”不对。",
                remedy="手机号应为 11 位；固定电话请带区号；几个号码之间用“、”隔开。",
                value=said[:40],
            )
        found.append(digits if digits.startswith("1") else said)
    return tuple(found)


def _entrance(_column: Column, cell: Cell) -> str:
    return bare_entrance(cell.text)


def _room(_column: Column, cell: Cell) -> str:
    return bare_room(cell.text)


def _address(_column: Column, cell: Cell) -> Address:
    text = _line(cell.text)
    typed = parse_address(text)
    if typed is None:
        stored(kind("dwelling").by_name["landmark"], text)
        return Address(landmark=text)
    compound = _BEFORE_COMPOUND.sub("", typed.compound)
    return Address(compound, typed.building_name, typed.entrance, typed.room)


def bare_entrance(text: str) -> str:
    """An entrance for keeping and comparing: "2单元", "二单元" and "2" are all "2"."""
    return bare_building(_line(text).removesuffix("单元"))


def bare_room(text: str) -> str:
    """A room for keeping and comparing: "501室" and "501" are both "501"."""
    plain = unicodedata.normalize("NFKC", _line(text)).upper()
    shorter = plain.removesuffix("室")
    return shorter if shorter and shorter.isascii() else plain


def _real(field: Field, cell: Cell) -> float:
    try:
        return float(_AREA_UNIT.sub("", cell.text.replace(",", "").strip()))
    except ValueError:
        raise Problem(
            "bad_value",
            "“{label}”不能是“{value}”。",
            remedy="请只填数字。",
            label=Label(field.zh, field.en),
            value=cell.text[:40],
        ) from None


def _unknown(text: str, words: Sequence[str]) -> Problem:
    shown = "、".join(words[:_MOST_NAMED]) + ("……" if len(words) > _MOST_NAMED else "")
    return Problem(
        "unknown_word",
        "不认识“{value}”。",
        remedy="可以填：{words}。",
        value=text[:40],
        words=shown,
    )


def _words(group: CareGroup) -> tuple[str, ...]:
    return tuple(w for w in (group.name_zh, group.name_en, group.group_code) if w)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _line(text: str) -> str:
    return " ".join(text.split())
