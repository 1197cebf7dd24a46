"""How fast the window hears of commits: at once, and while a sync runs a few times a second.

A first sync commits dozens of pages in a second. Pages that asked anew after each would do little else,
and who types meanwhile would feel it.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from gridapp.store.changes import Changes
from gridapp.sync.schedule import Phase, ServiceState

EVERY = 250  # ms


class Pace(QObject):
    """Takes what was committed, on the GUI thread. ``due`` hands on all of it, gathered."""

    due = Signal(object)  # Changes

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._syncing = False
        self._gathered: Changes | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self._hand_on)

    def take(self, changes: Changes) -> None:
        """One commit."""
        self._gathered = changes if self._gathered is None else self._gathered | changes
        if not self._timer.isActive():
            self._hand_on()

    def keep_up(self, state: ServiceState) -> None:
        """The sync began or ended."""
        self._syncing = state.phase is Phase.RUNNING
        if not self._syncing:
            self._timer.stop()
            self._hand_on()

    def _hand_on(self) -> None:
        gathered, self._gathered = self._gathered, None
        if gathered is not None:
            if self._syncing:
                self._timer.start()
            self.due.emit(gathered)
