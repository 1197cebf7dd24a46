"""Days and times as the window says them: 今天 10:02, 昨天, 周一, 11月3日, 2025年11月3日."""

from __future__ import annotations

from datetime import date

from gridapp.clock import Instant, local
from gridapp.i18n import language, tr

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def short_day(day: date, today: date) -> str:
    """A day as near as it is: 今天, 昨天, 11月3日, with the year where it is another one."""
    distance = (day - today).days
    near = {0: "今天", -1: "昨天", 1: "明天"}.get(distance)
    return tr(near) if near else plain_day(day, today)


def plain_day(day: date, today: date) -> str:
    """A day by month and day, with the year where it is another one."""
    other_year = day.year != today.year
    if language() == "en":
        text = f"{day.day} {_MONTHS[day.month - 1]}"
        return f"{text} {day.year}" if other_year else text
    text = f"{day.month}月{day.day}日"
    return f"{day.year}年{text}" if other_year else text


def short_moment(moment: str | None, today: date) -> str:
    """A stated moment (``values.Type.MOMENT``), the time of day only where it was stated."""
    if not moment:
        return ""
    day = short_day(date.fromisoformat(moment[:10]), today)
    return f"{day} {moment[11:16]}" if len(moment) > 10 else day


def short_instant(instant: Instant, today: date) -> str:
    """A machine's time: 14:46 today, 昨天 17:42, 11月3日 09:10."""
    at = local(instant)
    clock = f"{at:%H:%M}"
    return clock if at.date() == today else f"{short_day(at.date(), today)} {clock}"


def weekday(day: date) -> str:
    """周一 … 周日."""
    return tr(_WEEKDAYS[day.weekday()])


def age(birth_year: int | None, today: date) -> str:
    """``80岁`` by the year of birth, "" where it is not known."""
    return tr("{age}岁").format(age=today.year - birth_year) if birth_year else ""


def joined(*parts: str) -> str:
    """The parts that say something, with a dot between."""
    return " · ".join(part for part in parts if part)


def listed(*parts: str) -> str:
    """The parts that say something, as a list in the user's language."""
    comma = ", " if language() == "en" else "、"
    return comma.join(part for part in parts if part)
