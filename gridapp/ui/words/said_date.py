"""Days as people say and type them: 昨天, 上周二, 3天后, 11月3日, 2026-11-03, with or without a time."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_WORDS = {
    "今天": 0,
    "今日": 0,
    "昨天": -1,
    "昨日": -1,
    "前天": -2,
    "大前天": -3,
    "明天": 1,
    "后天": 2,
    "大后天": 3,
    "today": 0,
    "yesterday": -1,
    "tomorrow": 1,
}
_WEEKDAYS = {name: i for i, name in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DIGITS = {name: i for i, name in enumerate("零一二三四五六七八九十")} | {"两": 2, "半": 0}
_WEEK = re.compile(r"(上上|上|本|这|下|下下)?个?(?:周|星期|礼拜)([一二三四五六日天末])")
_ENGLISH_WEEK = re.compile(r"(last|this|next)?\s*(mon|tue|wed|thu|fri|sat|sun)[a-z]*")
_SPAN = re.compile(r"(\d{1,3}|[一二两三四五六七八九十])个?(天|日|周|星期|月)(?:之)?(前|后)")
_ENGLISH_SPAN = re.compile(r"(?:in )?(\d{1,3}) (day|week|month)s?( ago)?")
_FULL = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*[日号]?")
_DAY = re.compile(r"(\d{1,2})\s*[日号]")
_TIME = re.compile(
    r"(上午|下午|晚上|早上|中午)?\s*(\d{1,2})\s*(?::|：|点|时)\s*(?:(\d{1,2})分?|(半))?$"
)
_WEEK_OFFSETS = {"上上": -2, "上": -1, "下": 1, "下下": 2, "last": -1, "next": 1}


def said_day(text: str, today: date, *, future: bool = False) -> date | None:
    """The day that ``text`` names, seen from ``today``; None where it names none.

    A day and month without a year is the nearest such day that is not later than today, or with
    ``future`` not earlier.
    """
    said = text.strip().lower()
    if said in _WORDS:
        return today + timedelta(days=_WORDS[said])
    for pattern, build in _FORMS:
        if found := pattern.fullmatch(said):
            return build(found, today, future)
    return None


def said_moment(text: str, today: date, *, future: bool = False) -> str | None:
    """``YYYY-MM-DD`` or ``YYYY-MM-DDTHH:MM`` of a day with or without a time of day; None where neither.

    ``future`` as in ``said_day``.
    """
    said = text.strip()
    clock = ""
    if (found := _TIME.search(said)) and (clock := _time(found)):
        said = said[: found.start()].strip() or "今天"
    day = said_day(said, today, future=future)
    return day.isoformat() + clock if day else None


def _time(found: re.Match[str]) -> str:
    part, hours, minutes, half = found.groups()
    hour, minute = int(hours), 30 if half else int(minutes or 0)
    if part in ("下午", "晚上") and hour < 12:
        hour += 12
    return f"T{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


def _day(year: int, month: int, number: int) -> date | None:
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return None
    return date(year, month, number) if 1 <= number <= monthrange(year, month)[1] else None


def _full(found: re.Match[str], _today: date, _future: bool) -> date | None:
    return _day(*(int(part) for part in found.groups()))


def _month_day(found: re.Match[str], today: date, future: bool) -> date | None:
    month, number = int(found[1]), int(found[2])
    years = range(today.year, today.year + 5) if future else range(today.year, today.year - 5, -1)
    days = (_day(year, month, number) for year in years)
    return next((d for d in days if d and (d >= today if future else d <= today)), None)


def _day_only(found: re.Match[str], today: date, future: bool) -> date | None:
    first, step = today.year * 12 + today.month - 1, 1 if future else -1
    months = (first + step * i for i in range(3))
    days = (_day(m // 12, m % 12 + 1, int(found[1])) for m in months)
    return next((d for d in days if d and (d >= today if future else d <= today)), None)


def _week(found: re.Match[str], today: date, future: bool) -> date | None:
    week, name = found.groups()
    day = _WEEKDAYS[name] if name in _WEEKDAYS else _ENGLISH_DAYS.index(name)
    monday = today - timedelta(days=today.weekday())
    said = monday + timedelta(weeks=_WEEK_OFFSETS.get(week or "", 0), days=day)
    if not week and future and said < today:
        said += timedelta(weeks=1)
    if not week and not future and said > today:
        said -= timedelta(weeks=1)
    return said


def _span(found: re.Match[str], today: date, _future: bool) -> date | None:
    number, unit, side = found.groups()
    count = int(number) if number.isdigit() else _DIGITS[number]
    sign = -1 if side in ("前", " ago") else 1
    if unit in ("月", "month"):
        months = today.year * 12 + today.month - 1 + sign * count
        year, month = divmod(months, 12)
        return _day(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
    days = count * 7 if unit in ("周", "星期", "week") else count
    return today + timedelta(days=sign * days)


_FORMS = (
    (_FULL, _full),
    (_PLAIN, _full),
    (_MONTH_DAY, _month_day),
    (_DAY, _day_only),
    (_WEEK, _week),
    (_ENGLISH_WEEK, _week),
    (_SPAN, _span),
    (_ENGLISH_SPAN, _span),
)
