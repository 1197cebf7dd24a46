"""Identity papers: the citizen ID of GB 11643 is checked and read, others are kept as typed.

The first six digits say where a number was first issued, not where a person lives, and areas are
abolished; they are never checked.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from gridapp.errors import Problem

CITIZEN = "citizen"
NONE_YET = "none"
MALE = "1"
FEMALE = "2"

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_EARLIEST_YEAR = 1850
_SPACING = re.compile(r"[\s\-‐‑–—·.]+")
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A correct citizen ID and what can be read from it. ``sex`` is a code of GB/T 2261.1."""

    number: str
    birth: date
    sex: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The four fields that stand together; ``birth`` and ``sex`` are derived where they can be."""

    id_kind: str
    number: str
    birth: date | None
    sex: str


def tidy_number(text: str) -> str:
    """A number as it is kept: half-width, without spaces and hyphens, letters in capitals."""
    return _SPACING.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_digit(first_17: str) -> str:
    """The 18th character that belongs to 17 digits."""
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK_DIGITS[total % 11]


def check_citizen_id(text: str, today: date | None = None) -> CitizenId:
    """Read a citizen ID; a birth after ``today``, where given, is impossible.

    Raises ``Problem`` ``bad_id_number`` that names what is wrong: length, characters, birth date or
    check digit.
    """
    number = tidy_number(text)
    if len(number) != 18:
        raise _bad(
            "身份证号应为 18 位，现在 {length} 位。", "请对照证件重新录入。", length=len(number)
        )
    if not _SHAPE.fullmatch(number):
        raise _bad("身份证号只能是 17 位数字加一位数字或 X。", "请改掉其中的其他字符。")
    birth = _birth(number, today)
    if number[17] != check_digit(number[:17]):
        raise _bad("身份证号的最后一位校验码不对，多半有一位录错了。", "请对照证件逐位核对。")
    return CitizenId(number, birth, MALE if int(number[16]) % 2 else FEMALE)


def check_identity(
    id_kind: str, number: str, birth: date | None, sex: str, today: date | None = None
) -> Identity:
    """The identity with birth date and sex derived from a citizen ID; other papers stay as typed.

    Raises ``Problem``: ``bad_id_number``; ``id_disagrees`` when the stated birth date or sex is not
    the number's; ``id_without_kind`` when there is a number but the kind says there is no paper.
    """
    if id_kind == NONE_YET and number.strip():
        raise Problem(
            "id_without_kind",
            "证件类型是“暂无证件”，却填了证件号码。",
            remedy="请选择证件类型，或清空号码。",
            field="id_kind",
        )
    if id_kind != CITIZEN or not number.strip():
        return Identity(id_kind, number.strip(), birth, sex)
    read = check_citizen_id(number, today)
    if birth is not None and birth != read.birth:
        raise Problem(
            "id_disagrees",
            "出生日期 {stated} 与身份证号里的 {read} 不一致。",
            remedy="请核对后改正其中一个。",
            stated=birth.isoformat(),
            read=read.birth.isoformat(),
            field="birth_date",
        )
    if sex in (MALE, FEMALE) and sex != read.sex:
        raise Problem(
            "id_disagrees",
            "性别与身份证号第 17 位不一致。",
            remedy="请核对后改正其中一个。",
            field="sex",
        )
    return Identity(id_kind, read.number, read.birth, read.sex)


def _birth(number: str, today: date | None) -> date:
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        birth = date.min
    if birth.year < _EARLIEST_YEAR or (today is not None and birth > today):
        raise _bad(
            "身份证号里的出生日期 {digits} 不存在。",
            "请核对第 7 到 14 位。",
            digits=number[6:14],
        )
    return birth


def _bad(message: str, remedy: str, **values: Any) -> Problem:
    return Problem("bad_id_number", message, remedy=remedy, field="id_number", **values)
