"""What one cell of a staff workbook says: the value, or a ``Problem`` with the remedy."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from gridapp.domain.kinds import KINDS
from gridapp.domain.values import stored
from gridapp.errors import Problem

_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_YES_NO = {"是": True, "否": False, "专职": True, "兼职": False}
_USER_NAME = re.compile(r"[^\s@/\\:\"'<>|]{1,40}")
_PHONE = re.compile(r"[0-9+\-() ]{3,20}")


def fits(kind: str, name: str, text: str) -> str:
    """A text as it is stored. Raises ``Problem`` ``too_long``."""
    return str(stored(KINDS[kind].by_name[name], text))


def user_name(text: str) -> str:
    """What somebody is known by. Raises ``Problem`` ``bad_user_name``."""
    if not _USER_NAME.fullmatch(text):
        raise Problem(
            "bad_user_name",
            "用户名“{text}”不对。",
            remedy="最多 40 个字，不能有空格和 @ / \\ : 等符号。",
            text=text[:40],
        )
    return text


def phone(text: str) -> str:
    """A telephone. Raises ``Problem`` ``bad_phone``."""
    if not _PHONE.fullmatch(text):
        raise Problem("bad_phone", "电话“{text}”不对。", remedy="请只填数字。", text=text[:40])
    return text


def yes_no(text: str) -> bool:
    """是 or 否. Raises ``Problem`` ``unknown_word``."""
    if text not in _YES_NO:
        raise Problem(
            "unknown_word",
            "不认识“{text}”。",
            remedy="可填：{words}。",
            text=text[:40],
            words="是、否",
        )
    return _YES_NO[text]


def day(text: str) -> date:
    """A day in one of the usual spellings. Raises ``Problem`` ``bad_date``."""
    found = _DAY.fullmatch(text)
    if found:
        with suppress(ValueError):  # 30 February
            return date(*map(int, found.groups()))
    raise Problem("bad_date", "日期“{text}”不对。", remedy="请写成 2026-11-20。", text=text[:40])
