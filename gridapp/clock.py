"""Time as gridapp uses it. Nothing else asks the operating system for the time, so tests can set it.

``Instant`` is milliseconds since 1970 in UTC. People live by China time, which has one zone and no
summer time, so the day of an instant needs no time zone database.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

Instant = int
Clock = Callable[[], Instant]

CHINA = timezone(timedelta(hours=8), "CST")
# What a calendar can say, 1900 to 2200 in UTC: a broken clock may state anything.
EARLIEST: Instant = -2_208_988_800_000
LATEST: Instant = 7_258_118_400_000


def system_clock() -> Instant:
    """The device's clock now, in milliseconds."""
    return time.time_ns() // 1_000_000


def local(instant: Instant) -> datetime:
    """An instant as China time, what no calendar can say as its nearest edge."""
    return datetime.fromtimestamp(within_calendar(instant) / 1000, UTC).astimezone(CHINA)


def within_calendar(instant: Instant) -> Instant:
    """The instant, or the nearest one that a calendar can say."""
    return min(max(instant, EARLIEST), LATEST)


def day_of(instant: Instant) -> date:
    """The day in China of an instant."""
    return local(instant).date()
