"""The one sync line at the top, with its button. Never a dialog."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gridapp.i18n import tr
from gridapp.store import status
from gridapp.store.status import SyncStatus
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Elided, button, mark


class SyncLine(QWidget):
    """Words derived from what waits; the button asks for a round now."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._status: SyncStatus | None = None
        self._state = desk.sync.state if desk.sync else ServiceState(Phase.IDLE)
        self.dot = QLabel()
        mark(self.dot, look="dot")
        self.text = Elided("", "secondary")
        self.text.setAccessibleName(tr("同步情况"))
        self.now = button(tr("立即同步"), self._sync, "small")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
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
        line = status.line(self._status, self.desk.store.clock())
        working = self._state.phase is Phase.RUNNING
        self.now.setText(tr("正在同步…") if working else tr("立即同步"))
        self.now.setEnabled(self.desk.sync is not None and not working)
        problem = self._state.problem
        self.text.setText(f"{line} · {problem.text()}" if problem else line)
        done = self._status.to_send == 0 and self._status.last_contact is not None
        mark(self.dot, tone="amber" if problem else "green" if done else "")
