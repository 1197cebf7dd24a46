"""Dates that a person states on the command line."""

from __future__ import annotations

from datetime import date

from gridapp.clock import Instant, day_of, local
from gridapp.errors import Problem
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork

_EARLIEST = date(2000, 1, 1)  # before any grid; a slip of the hand, or a clock that was never set


class Days:
    """Which days a worker can speak of, as this computer and the server's clock know it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._now = _now(uow, uow.now)
        self.latest = day_of(self._now)

    def check(self, text: str) -> None:
        """Refuse a date that is none, that is long past, or still to come. Raises ``Problem``."""
        try:
            stated = date.fromisoformat(text[:10])
        except ValueError as error:
            raise _bad(text) from error
        if stated < _EARLIEST:
            raise Problem(
                "early_date", "日期 {text} 太早了。", remedy="请核对年份。", text=text[:40]
            )
        if stated > self.latest or self._is_later_today(stated, text):
            raise Problem(
                "future_date",
                "日期 {text} 还没到。",
                remedy="请填已经发生的日期；如果电脑的日期不对，请先改正。",
                text=text[:40],
            )

    def _is_later_today(self, stated: date, text: str) -> bool:
        now = local(self._now)
        return stated == self.latest and text[10:11] == "T" and text[11:16] > f"{now:%H:%M}"


def _now(reader: Reader, clock: Instant) -> Instant:
    """The best that is known of the time: a clock that runs behind the last contact hinders nobody."""
    offset = int(reader.meta("clock_offset") or 0)
    return max(clock, clock + offset, reader.last_known)


def _bad(text: str) -> Problem:
    return Problem(
        "bad_date",
        "日期“{text}”不对。",
        remedy="请写成 2026-11-20 或 2026-11-20T15:30。",
        text=text[:40],
    )
