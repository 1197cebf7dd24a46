"""Notices that nobody has touched keyboard or mouse for some minutes, sleep of the computer included."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QWindow

from gridapp.clock import Clock
from gridapp.ui.running.day_watch import steady

_EVERY = 5_000  # ms between two looks
_MINUTE = 60_000
_SIGNS = {
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
    QEvent.Type.InputMethod,
    QEvent.Type.Drop,
}


class Idle(QObject):
    """Tells ``left`` once when nobody was there for ``minutes``; anything a person does begins anew."""

    left = Signal()

    def __init__(
        self,
        clock: Clock,
        minutes: int,
        parent: QObject | None = None,
        *,
        steady: Callable[[], int] = steady,
    ) -> None:
        super().__init__(parent)
        self.minutes = minutes
        self._clock, self._steady = clock, steady
        self._told = False
        self.touch()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.focusWindowChanged.connect(self._watch)
        self._watch(app.focusWindow())

    def touch(self) -> None:
        """Somebody is there."""
        self._wall, self._ticks, self._told = self._clock(), self._steady(), False
        self._mouse = QCursor.pos()

    def postpone(self) -> None:
        """Not now: told again at the next look, unless somebody comes first."""
        self._told = False

    def look(self) -> None:
        """Whether it has been long enough by either clock: one of them may stand still during sleep."""
        if self._told:
            return
        if self._away() >= self.minutes * _MINUTE:
            self._told = True
            self.left.emit()
        elif QCursor.pos() != self._mouse:
            self.touch()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: sees what comes from the system to a window, and lets all of it pass."""
        if event.type() in _SIGNS:
            # After sleep the first key comes before the next look: whoever presses it must unlock first.
            self.look()
            if not self._told:
                self.touch()
        return False

    def _watch(self, window: QWindow | None) -> None:
        # The window and not the program: that would show every event of every widget to Python.
        if window is not None:
            window.installEventFilter(self)

    def _away(self) -> int:
        return max(self._clock() - self._wall, self._steady() - self._ticks)
