"""Deadlines in words: a date and a time ("周一 10:09 前"), what is over ("超 6 小时"), never hours used."""

from __future__ import annotations

from datetime import date

from gridapp.clock import Instant, day_of, local
from gridapp.domain.calendar import Light, chinese_calendar, light, unknown_year
from gridapp.i18n import tr
from gridapp.store.views.events import Due
from gridapp.ui.words.wording import short_day, weekday

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_NEAR = range(2, 7)  # days ahead that are called by the day of the week


def until(at: Instant, today: date) -> str:
    """``周一 10:09 前``: by when, as near as it is."""
    day = day_of(at)
    said = weekday(day) if (day - today).days in _NEAR else short_day(day, today)
    return tr("{time} 前").format(time=f"{said} {local(at):%H:%M}")


def beyond(late: int) -> str:
    """``超 6 小时``: how long ago a deadline was, ``late`` in ms."""
    for size, words in ((_DAY, "超 {count} 天"), (_HOUR, "超 {count} 小时")):
        if late >= size:
            return tr(words).format(count=late // size)
    return tr("超 {count} 分钟").format(count=max(1, late // _MINUTE))


def due_tag(due: Due | None, now: Instant, today: date) -> tuple[str, str] | None:
    """(words, tone) of a deadline: green, amber from 80% of the limit on, red beyond. None where there is none."""
    if due is None:
        return None
    if due.done is not None:
        late = due.done - due.at
        return (tr("按时办完"), "green") if late <= 0 else (beyond(late), "red")
    shown = light(due.begun, due.at, now, due.unit, chinese_calendar())
    if shown is Light.RED:
        return beyond(now - due.at), "red"
    words = until(due.at, today)
    if shown is Light.AMBER:
        return tr("快到时限 {time}").format(time=words), "amber"
    return words, "green"


def due_hint(due: Due) -> str:
    """What is not sure about a deadline: a year whose holidays nobody knows yet; "" where all is sure."""
    year = unknown_year(due.begun, due.at, chinese_calendar())
    if year is None or due.unit not in ("WH", "WD"):
        return ""
    return tr("{year} 年的放假安排还没有公布，先按周一到周五算。").format(year=year)
