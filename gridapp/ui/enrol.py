"""Enrolment: server address and one-time code from the slip, and a password of one's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.i18n import tr
from gridapp.store.store import Store
from gridapp.ui.entry import Entry, password_field
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look
from gridapp.ui.widgets.basic import button
from gridapp.ui.widgets.field import Field, Line

SHORTEST = 8

Enrolling = Callable[[str, str, str], "Future[Store]"]  # server, code, password


class Enrol(Entry):
    """The first start of a user on this computer. ``opened`` hands over the new store."""

    opened = Signal(object)
    back = Signal()

    def __init__(
        self, look: Look, tasks: Tasks, enrol: Enrolling, *, others: bool, server: str = ""
    ) -> None:
        hint = tr("照登记单上的写。登记一次，以后没有网络也能用。")
        super().__init__(look, tr("登记这台电脑"), hint, tr("登记"))
        self._tasks, self._enrol = tasks, enrol
        self.server = Field(tr("服务器地址"), Line(server, tr("登记单上的地址")))
        self.code = Field(tr("登记码"), Line("", tr("登记单上的一次性登记码"), max_length=60))
        self.password = password_field(tr("设一个密码"))
        self.again = password_field(tr("再输一遍密码"))
        for field in (self.server, self.code, self.password, self.again):
            self.fields.addWidget(field)
        if others:
            self.extra.addWidget(button(tr("返回登录"), self.back.emit, "link"))
        self.complete()
        self.server.inner.setFocus()

    def submit(self) -> None:
        """Ask the server, on another thread."""
        if not self._complete():
            return
        self.working(True)
        texts = (_text(self.server), _text(self.code), _text(self.password))
        self._tasks.run(self, self._enrol(*texts), self._done, self.refuse)

    def _complete(self) -> bool:
        wrong: list[tuple[Field, str]] = []
        if not _text(self.server):
            wrong.append((self.server, tr("请填服务器地址。")))
        if not _text(self.code):
            wrong.append((self.code, tr("请填登记码。")))
        if len(_text(self.password)) < SHORTEST:
            text = tr("密码至少 {count} 位。").format(count=SHORTEST)
            wrong.append((self.password, text))
        elif _text(self.password) != _text(self.again):
            wrong.append((self.again, tr("两遍密码不一样。")))
        for field in (self.server, self.code, self.password, self.again):
            field.set_error(next((text for f, text in wrong if f is field), ""))
        if wrong:
            wrong[0][0].inner.setFocus()
        return not wrong

    def _done(self, store: Store) -> None:
        self.working(False)
        self.opened.emit(store)


def _text(field: Field) -> str:
    inner: QWidget = field.inner
    return inner.text() if isinstance(inner, Line) else ""
