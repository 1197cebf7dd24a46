"""Numbers that people read: divisions, grids, households, events, and temporary ones.

Records are keyed by UUID; these are given by the server, or by a device until the server does.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any
from uuid import UUID

from gridapp.errors import Problem

LEVELS = ("city", "district", "township", "village")

_SIGNIFICANT = {"city": 4, "district": 6, "township": 9, "village": 12}
_UNIT_ENDINGS = (
    "街道办事处",
    "居民委员会",
    "村民委员会",
    "居委会",
    "村委会",
    "街道",
    "社区",
    "镇",
    "乡",
    "村",
    "区",
    "县",
    "市",
)
_TAG_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0 O 1 I, which are misread
_HOUSEHOLD = re.compile(r"[0-9]{18}")


def check_division_code(text: str, parent: str = "") -> str:
    """The 12 digits of a division; it must lie within ``parent`` where one is given.

    Raises ``Problem`` ``bad_division_code``. No list of divisions is complete, so none is asked.
    """
    code = _digits(text)
    if len(code) != 12:
        raise _bad("bad_division_code", "区划代码应为 12 位数字，现在是“{text}”。", text=text[:40])
    if parent:
        own, above = division_level(code), division_level(parent)
        prefix = parent[: _SIGNIFICANT[above]]
        if LEVELS.index(own) <= LEVELS.index(above) or not code.startswith(prefix):
            raise _bad(
                "bad_division_code",
                "区划代码 {number} 不在上级 {parent} 之下。",
                number=code,
                parent=parent,
            )
    return code


def division_level(code: str) -> str:
    """city, district, township or village, by how many of the 12 digits are filled."""
    filled = len(code.rstrip("0"))
    return next(level for level in LEVELS if filled <= _SIGNIFICANT[level])


def grid_code(village: str, sequence: int) -> str:
    """The 15 digits of a grid; a village or community has at most 999.

    Raises ``Problem`` ``bad_grid_code``.
    """
    if not 1 <= sequence <= 999:
        raise _bad("bad_grid_code", "一个村或社区最多 999 个网格。")
    return check_grid_code(f"{village}{sequence:03}")


def check_grid_code(text: str, village: str = "") -> str:
    """The 15 digits of a grid: its village or community and three more.

    Raises ``Problem`` ``bad_grid_code``.
    """
    code = _digits(text)
    if len(code) != 15:
        raise _bad("bad_grid_code", "网格编码应为 15 位数字，现在是“{text}”。", text=text[:40])
    if division_level(code[:12]) != "village" or code[12:] == "000":
        raise _bad("bad_grid_code", "网格编码 {number} 不属于任何村或社区。", number=code)
    if village and code[:12] != village:
        raise _bad(
            "bad_grid_code",
            "网格编码 {number} 的前 12 位不是村或社区 {village}。",
            number=code,
            village=village,
        )
    return code


def household_number(division: str, group: int, sequence: int) -> str:
    """18 digits: division, group (0 to 99, 0 where there are none), sequence (1 to 9999).

    Raises ``Problem`` ``bad_household_number``.
    """
    if not (0 <= group <= 99 and 1 <= sequence <= 9999):
        raise _bad("bad_household_number", "组号最大 99，户序号最大 9999。")
    return f"{check_division_code(division)}{group:02}{sequence:04}"


def check_household_number(text: str) -> str:
    """The 18 digits of a household number as typed or imported.

    Raises ``Problem`` ``bad_household_number``.
    """
    number = _digits(text)
    if not _HOUSEHOLD.fullmatch(number):
        raise _bad("bad_household_number", "户号应为 18 位数字，现在是“{text}”。", text=text[:40])
    return number


def short_household_number(number: str) -> str:
    """``…001-01-0032`` for the screen; anything but 18 digits, a temporary number say, as it is."""
    if not _HOUSEHOLD.fullmatch(number):
        return number
    return f"…{number[9:12]}-{number[12:14]}-{number[14:]}"


def event_number(unit_name: str, day: date, sequence: int) -> str:
    """``东街 2026-1120-0086``: unit, day, sequence of the unit on that day."""
    return f"{short_unit_name(unit_name)} {day:%Y-%m%d}-{sequence:04}"


def short_unit_name(name: str) -> str:
    """A unit's name without what it is: 东街街道 → 东街; never shorter than two characters."""
    short = name
    for ending in _UNIT_ENDINGS:
        if short.endswith(ending) and len(short) - len(ending) >= 2:
            short = short.removesuffix(ending)
            if ending != "居民委员会":
                break  # 曙光社区居民委员会 loses both words, 东关村村民委员会 stays 东关村
    return short


def temporary_number(device: str, counter: int) -> str:
    """``临-7K2M-0001`` until the server gives a number; ``device`` is a tag of ``device_tag``."""
    return f"临-{device}-{counter:04}"


def is_temporary(number: str) -> bool:
    """Whether a number was given by a device."""
    return number.startswith("临-")


def device_tag(device_id: UUID) -> str:
    """Four letters and digits of a device, from the random end of its UUID."""
    rest = device_id.int
    tag = ""
    for _ in range(4):
        rest, index = divmod(rest, len(_TAG_ALPHABET))
        tag += _TAG_ALPHABET[index]
    return tag


def _digits(text: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return plain if plain.isascii() and plain.isdecimal() else ""


def _bad(code: str, message: str, **values: Any) -> Problem:
    return Problem(code, message, remedy="请核对后重填。", **values)
