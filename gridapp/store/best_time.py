"""What day it is, as well as this computer can know: its clock against what the server said last.

An empty battery or a slip of the hand sets a clock years off. What is recorded keeps the clock's own time,
which the server sets right; but nothing is refused, and no list is empty, for the sake of a wrong clock.
"""

from __future__ import annotations

from datetime import date, timedelta

from gridapp.clock import Instant, day_of

_DAY = 86_400_000  # ms
_AHEAD = timedelta(days=183)  # nobody is without the server so long; the clock is doubted
_FAR = 5 * 366 * _DAY  # nobody at all: the clock is not believed
_FIRST = date(2026, 1, 1)  # before there was this program


def likely(clock: Instant, known: Instant) -> Instant:
    """The time to go by. ``known``: when the server was last heard, by its own clock; 0 is never."""
    if known and not known <= clock <= known + _FAR:
        return known
    return clock


def looks_wrong(clock: Instant, known: Instant) -> bool:
    """Whether the clock is so far off that the user should be told."""
    if not known:
        return day_of(clock) < _FIRST
    return clock < known - _DAY or day_of(clock) > day_of(known) + _AHEAD


def last_day(clock: Instant, known: Instant) -> date:
    """The last day on which something can have happened: any, where the clock is plainly wrong."""
    return date.max if looks_wrong(clock, known) else day_of(likely(clock, known))


def judging_days(day: date, known: Instant) -> tuple[date, ...]:
    """The days by which to judge who is in office: on any of them is enough. None: no day is known.

    A clock that is behind is not asked; one that is far ahead is not asked alone.
    """
    if not known:
        return () if day < _FIRST else (day,)
    heard = day_of(known)
    if day < heard:
        return (heard,)
    return (day, heard) if day > heard + _AHEAD else (day,)
