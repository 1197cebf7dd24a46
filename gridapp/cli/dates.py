"""Dates that a person states on the command line."""

from __future__ import annotations

from datetime import date
from typing import Any

from gridapp.clock import day_of, local
from gridapp.domain.happened import check_happened
from gridapp.domain.record import Field
from gridapp.errors import Problem
from gridapp.store.reader import Reader

_EARLIEST = date(2000, 1, 1)  # before any grid; a slip of the hand, or a clock that was never set


class Days:
    """Which days a worker can speak of, as this computer and the server's clock know it."""

    def __init__(self, reader: Reader) -> None:
        self.latest, self._until = _latest(reader)

    def check(self, field: Field, text: str) -> None:
        """Refuse what is no date or moment, is long past, or still to come. Raises ``Problem``."""
        try:
            stated = date.fromisoformat(text[:10])
        except ValueError as error:
            raise _bad(text) from error
        if stated < _EARLIEST:
            raise Problem(
                "early_date", "日期 {text} 太早了。", remedy="请核对年份。", text=text[:40]
            )
        self.check_happened(field, text[:16])

    def check_happened(self, field: Field, value: Any) -> None:
        """Refuse of what has happened a day to come. Raises ``Problem`` ``future_date``."""
        check_happened(field, value, self._until)


def _latest(reader: Reader) -> tuple[date, str]:
    """The last day, and the last minute, of which one can speak.

    The best that is known of the time: a clock that runs behind the server's hinders nobody, nor one that is plainly
    wrong.
    """
    if reader.latest == date.max:
        return date.max, date.max.isoformat()
    offset = int(reader.meta("clock_offset") or 0)
    now = max(reader.now, reader.now + offset, reader.last_known)
    return day_of(now), f"{local(now):%Y-%m-%dT%H:%M}"


def _bad(text: str) -> Problem:
    return Problem(
        "bad_date",
        "日期“{text}”不对。",
        remedy="请写成 2026-11-20 或 2026-11-20T15:30。",
        text=text[:40],
    )
