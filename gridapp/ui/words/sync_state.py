"""How it stands between this computer and the server, in a sentence, with a button that tries again."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel

from gridapp.clock import Instant
from gridapp.i18n import tr
from gridapp.store.status import SyncStatus
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.desk import Desk
from gridapp.ui.sync_line import wrong_clock
from gridapp.ui.widgets.basic import button, columns, mark, rows, words
from gridapp.ui.words.wording import joined, short_instant


class SyncState(QFrame):
    """Never alarmed: what was saved is safe here, whatever the network does."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.desk = desk
        self._status: SyncStatus | None = None
        self._state = desk.sync.state if desk.sync else ServiceState(Phase.IDLE)
        self.dot = QLabel()
        mark(self.dot, look="dot")
        self.title = words("", "head", wrap=True)
        self.detail = words("", "secondary", wrap=True)
        self.last = words("", "secondary", wrap=True)
        self.now = button(tr("立即同步"), self._sync, "primary")
        self.now.setVisible(desk.sync is not None)
        self.clock = words("", "notice", wrap=True)
        self.clock.hide()
        said = rows(self.title, self.detail, self.last, self.clock, gap=2)
        line = columns(self.dot, said, self.now, gap=12)
        line.setStretch(1, 1)
        line.setContentsMargins(16, 10, 16, 10)
        self.setLayout(line)
        desk.sync_changed.connect(self._show_state)

    def show_status(self, found: SyncStatus) -> None:
        """Say what waits."""
        self._status = found
        self.clock.setText(wrong_clock(found.wrong_day) if found.wrong_day else "")
        self.clock.setVisible(found.wrong_day is not None)
        self._say()

    def _show_state(self, state: ServiceState) -> None:
        self._state = state
        self._say()

    def _sync(self) -> None:
        if self.desk.sync:
            self.desk.sync.sync_now()

    def _say(self) -> None:
        if self._status is None:
            return
        phase, problem = self._state.phase, self._state.problem
        working = phase is Phase.RUNNING
        failed = phase in (Phase.OFFLINE, Phase.STOPPED)
        stuck = failed or self._status.broken_photos > 0
        if phase is Phase.OFFLINE:
            self.title.setText(tr("现在连不上服务器"))
            first = tr("记的都存在这台电脑里，一条不会丢。连上后自动传，也可以点“再试一次”。")
        elif problem is not None:
            self.title.setText(problem.said())
            first = tr("记的都存在这台电脑里，一条不会丢。")
        else:
            self.title.setText(tr("正在同步…") if working else self._standing())
            first = ""
        self.detail.setText(first)
        self.detail.setVisible(bool(first))
        waits = self._status.to_send if first else 0  # else the title says it
        count = tr("等着上传 {count}").format(count=waits) if waits else ""
        photos = "" if self.title.text() == self._broken() else self._broken()
        self.last.setText(joined(count, photos, self._last()))
        self.last.setVisible(bool(self.last.text()))
        self.now.setText(
            tr("正在同步…") if working else tr("再试一次") if failed else tr("立即同步")
        )
        self.now.setEnabled(not working)
        mark(self.dot, tone="amber" if stuck else "green" if self._status.settled else "")

    def _standing(self) -> str:
        assert self._status is not None
        if self._status.to_send:
            return tr("还有 {count} 条没传上去，都存在本机").format(count=self._status.to_send)
        if self._status.last_contact is None:
            return tr("还没有和服务器通上过")
        return self._broken() or tr("都传上去了")

    def _broken(self) -> str:
        assert self._status is not None
        count = self._status.broken_photos
        return tr("有 {count} 张照片传不上去").format(count=count) if count else ""

    def _last(self) -> str:
        assert self._status is not None
        at: Instant | None = self._status.last_contact
        if at is None:
            return ""
        return tr("上次通上：{when}").format(when=short_instant(at, self.desk.today))
