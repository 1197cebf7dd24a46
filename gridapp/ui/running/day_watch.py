"""Notices that the computer slept, that its clock was set, and that another day began."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from gridapp.clock import Clock, day_of

EVERY = 15_000  # ms between two looks
JUMP = 60_000  # ms by which a clock must be ahead or behind to count as a jump


def steady() -> int:
    """Milliseconds of a clock that nobody sets. On Linux it stands still while the computer sleeps."""
    return time.monotonic_ns() // 1_000_000


class DayWatch(QObject):
    """Looks at both clocks now and then. ``woken`` follows sleep or a clock that was set, ``day_changed`` midnight."""

    woken = Signal()
    day_changed = Signal()

    def __init__(
        self,
        clock: Clock,
        parent: QObject | None = None,
        *,
        steady: Callable[[], int] = steady,
    ) -> None:
        super().__init__(parent)
        self._clock, self._steady = clock, steady
        self._wall, self._ticks = clock(), steady()
        self._day = day_of(self._wall)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Compare with the last look."""
        wall, ticks = self._clock(), self._steady()
        passed, ticked = wall - self._wall, ticks - self._ticks
        self._wall, self._ticks = wall, ticks
        # Where the steady clock counts sleep too (Windows), only the late look tells.
        if abs(passed - ticked) > JUMP or ticked > EVERY + JUMP:
            self.woken.emit()
        if day_of(wall) != self._day:
            self._day = day_of(wall)
            self.day_changed.emit()
