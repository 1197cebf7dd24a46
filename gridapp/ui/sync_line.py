"""The one sync line at the top, with its button. Never a dialog."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gridapp.i18n import tr
from gridapp.store import status
from gridapp.store.status import SyncStatus
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Elided, button, mark
from gridapp.ui.words.wording import joined

_GAP = 8  # px between its parts


def wrong_clock(day: date) -> str:
    """That the clock cannot be right, calmly: it stops nobody."""
    text = tr("这台电脑的日期好像不对（{day}）。照样可以记，有空请改一下电脑的日期。")
    return text.format(day=day.isoformat())


class SyncLine(QWidget):
    """Words derived from what waits; the button asks for a round now.

    ``reworded``: it says something else, and may want more or less room.
    """

    reworded = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._wordings: tuple[str, ...] = ("",)
        self._room = 0
        self._status: SyncStatus | None = None
        self._state = desk.sync.state if desk.sync else ServiceState(Phase.IDLE)
        self.dot = QLabel()
        mark(self.dot, look="dot")
        self.text = Elided("", "secondary")
        self.text.setAccessibleName(tr("同步情况"))
        self.now = button(tr("立即同步"), self._sync, "small")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(_GAP)
        line.addStretch(1)
        line.addWidget(self.dot)
        self.text.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        line.addWidget(self.text)
        line.addWidget(self.now)
        self.now.setEnabled(desk.sync is not None)
        desk.sync_changed.connect(self._show_state)

    def show_status(self, found: SyncStatus) -> None:
        """Say what waits."""
        self._status = found
        self._say()

    def _sync(self) -> None:
        if self.desk.sync:
            self.desk.sync.sync_now()

    def _show_state(self, state: ServiceState) -> None:
        self._state = state
        self._say()

    def _say(self) -> None:
        if self._status is None:
            return
        found = status.wordings(self._status, self.desk.store.clock())
        working = self._state.phase is Phase.RUNNING
        self.now.setText(tr("正在同步…") if working else tr("立即同步"))
        self.now.setEnabled(self.desk.sync is not None and not working)
        problem = self._state.problem
        self._wordings = _with_trouble(found, _trouble(self._state)) if problem else found
        whole = joined(found[0], problem.said()) if problem else found[0]
        self.setToolTip(whole)
        self.text.setAccessibleDescription(whole)
        self._choose()
        stuck = problem is not None or self._status.broken_photos > 0
        mark(self.dot, tone="amber" if stuck else "green" if self._status.settled else "")
        self.reworded.emit()

    def wanted(self) -> int:
        """The px across that all it could say takes."""
        return self._beside() + self._width(self._wordings[0])

    def fit(self, room: int) -> None:
        """It has ``room`` px across, and says what can be read in them."""
        self._room = room
        self.now.setMinimumWidth(self._button())
        self._choose()

    def _choose(self) -> None:
        free = self._room - self._beside()
        fits = (words for words in self._wordings if self._width(words) <= free)
        self.text.setText(next(fits, self._wordings[-1]))

    def _beside(self) -> int:
        dot = self.dot.sizeHint().boundedTo(self.dot.maximumSize()).width()
        return dot + self._button() + 3 * _GAP

    def _button(self) -> int:
        """Room for either of its words, so that nothing moves while a round is under way."""
        held = self.now.fontMetrics().horizontalAdvance
        longest = max(held(tr("立即同步")), held(tr("正在同步…")))
        return self.now.sizeHint().width() - held(self.now.text()) + longest

    def _width(self, words: str) -> int:
        return self.text.fontMetrics().horizontalAdvance(words) + 2


def _trouble(state: ServiceState) -> str:
    """Why nothing goes up, in a few words; the sync page says the rest."""
    short = {Phase.OFFLINE: tr("连不上服务器"), Phase.STOPPED: tr("同步停了")}
    return short.get(state.phase, tr("这次没同步成"))


def _with_trouble(found: Sequence[str], trouble: str) -> tuple[str, ...]:
    return (*(joined(trouble, words) for words in found), trouble)
