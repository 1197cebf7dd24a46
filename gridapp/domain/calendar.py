"""Deadlines on the Chinese working calendar: holidays, make-up days, working hours.

A limit is a number and a unit: ``H`` clock hours, ``WH`` working hours, ``WD`` working days, ``D``
calendar days. A working day ends at the same hour of the next working day. The days come from a
``Calendar`` that is handed in; ``chinese_calendar()`` makes the real one. Of a year whose holidays are
not published yet it knows the weekdays only, and says so (``knows``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from enum import StrEnum
from functools import cache
from itertools import islice

from gridapp.clock import CHINA, Instant, day_of, local

HOUR = 3_600_000  # ms
_DAY = 24 * HOUR
_SATURDAY = 5
_SOON = 0.8  # of the limit: from here on it is amber
_FARTHEST = 3660  # days after which no working day is looked for any more

Hours = tuple[tuple[time_of_day, time_of_day], ...]
# Eight hours, so that 8 WH are one day's work.
OFFICE_HOURS: Hours = (
    (time_of_day(9), time_of_day(12)),
    (time_of_day(13), time_of_day(18)),
)


class Unit(StrEnum):
    """What a limit is counted in."""

    HOURS = "H"
    WORKING_HOURS = "WH"
    WORKING_DAYS = "WD"
    DAYS = "D"


class Light(StrEnum):
    """How a deadline stands: under 80% of the limit, to 100%, beyond."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. ``knows``: whether the holidays of a year are published."""

    works: Callable[[date], bool]
    knows: Callable[[int], bool]
    hours: Hours = OFFICE_HOURS


_UNITS = frozenset(Unit)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a step may take, as the catalogue says."""

    value: float
    unit: Unit


def limit_of(value: float | None, unit: str) -> Limit | None:
    """The limit of a catalogue item; None where it has none that this program understands."""
    if value is None or not 0 < value < _FARTHEST or unit not in _UNITS:
        return None
    return Limit(value, Unit(unit))


def deadline(start: Instant, limit: Limit, calendar: Calendar) -> Instant:
    """The instant at which ``limit``, begun at ``start``, is over. Parts of a working day count whole."""
    if limit.unit is Unit.HOURS:
        return start + round(limit.value * HOUR)
    if limit.unit is Unit.DAYS:
        return start + round(limit.value * _DAY)
    if limit.unit is Unit.WORKING_DAYS:
        return _after_days(start, math.ceil(limit.value), calendar)
    return _after_hours(start, round(limit.value * HOUR), calendar)


def used(start: Instant, due: Instant, now: Instant, unit: str, calendar: Calendar) -> float:
    """The share of the time from ``start`` to ``due`` that is over: 1.0 at the deadline, more beyond.

    Of working limits only working time counts, so that a weekend uses nothing up.
    """
    if now >= due:
        return 1.0 + (now - due) / _DAY
    if unit == Unit.WORKING_HOURS:
        whole, gone = (_worked(start, end, calendar, calendar.hours) for end in (due, now))
    elif unit == Unit.WORKING_DAYS:
        whole, gone = (_worked(start, end, calendar, None) for end in (due, now))
    else:
        whole, gone = due - start, now - start
    return max(0.0, min(1.0, gone / whole)) if whole > 0 else 0.0


def light(start: Instant, due: Instant, now: Instant, unit: str, calendar: Calendar) -> Light:
    """Green under 80% of the limit, amber to 100%, red beyond."""
    if now > due:
        return Light.RED
    return Light.GREEN if used(start, due, now, unit, calendar) < _SOON else Light.AMBER


def unknown_year(start: Instant, due: Instant, calendar: Calendar) -> int | None:
    """The first year from ``start`` to ``due`` whose holidays are not known; None where all are."""
    years = range(day_of(start).year, day_of(due).year + 1)
    return next((year for year in years if not calendar.knows(year)), None)


def weekdays_only() -> Calendar:
    """Monday to Friday, no holidays: what is said of years that nothing is known of."""
    return Calendar(works=_is_weekday, knows=lambda _year: False)


@cache
def chinese_calendar() -> Calendar:
    """Holidays and make-up days as published; weekdays in years that are not."""
    from chinese_calendar import constants, is_workday

    years = frozenset(day.year for day in (*constants.holidays, *constants.workdays))

    def works(day: date) -> bool:
        return bool(is_workday(day)) if day.year in years else _is_weekday(day)

    return Calendar(works=works, knows=years.__contains__)


def _is_weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def _after_days(start: Instant, count: int, calendar: Calendar) -> Instant:
    first = day_of(start)
    days = _working_days(first + timedelta(days=1), calendar)
    day = next(islice(days, count - 1, None), first)
    return _instant(datetime.combine(day, local(start).timetz()))


def _after_hours(start: Instant, left: int, calendar: Calendar) -> Instant:
    end = start
    for day in _working_days(day_of(start), calendar):
        for opens, closes in _spans(day, calendar.hours):
            begin = max(opens, start)
            if begin < closes:
                end = min(closes, begin + left)
                left -= end - begin
                if left <= 0:
                    return end
    return end


def _worked(start: Instant, end: Instant, calendar: Calendar, hours: Hours | None) -> int:
    """Milliseconds from ``start`` to ``end`` on working days, within ``hours`` where there are any."""
    worked = 0
    for day in _working_days(day_of(start), calendar):
        if _instant(datetime.combine(day, time_of_day(), CHINA)) >= end:
            break
        for opens, closes in _spans(day, hours):
            worked += max(0, min(closes, end) - max(opens, start))
    return worked


def _working_days(first: date, calendar: Calendar) -> Iterator[date]:
    for number in range(_FARTHEST):
        day = first + timedelta(days=number)
        if calendar.works(day):
            yield day


def _spans(day: date, hours: Hours | None) -> list[tuple[Instant, Instant]]:
    if hours is None:
        begin = _instant(datetime.combine(day, time_of_day(), CHINA))
        return [(begin, begin + _DAY)]
    return [
        (_instant(datetime.combine(day, a, CHINA)), _instant(datetime.combine(day, b, CHINA)))
        for a, b in hours
    ]


def _instant(at: datetime) -> Instant:
    return round(at.timestamp() * 1000)
