"""Unlocking: choose the user by name, type the password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from PySide6.QtCore import Signal

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.opening import Profile
from gridapp.store.store import Store
from gridapp.ui.entering.entry import Entry, password_field
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look
from gridapp.ui.widgets.basic import button
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.field import Choice, Field, Line

_FEW = 4

Open = Callable[[Profile, str], "Future[Store]"]


class Unlock(Entry):
    """The users of this computer. ``opened`` hands over the open store."""

    opened = Signal(object)
    enrolling = Signal()

    def __init__(
        self,
        look: Look,
        tasks: Tasks,
        users: Sequence[Profile],
        open_: Open,
        chosen: str = "",
        *,
        note: str = "",
    ) -> None:
        super().__init__(look, tr("登录"), note, tr("登录"))
        self._tasks, self._users, self._open = tasks, tuple(users), open_
        names = [(p.user_name, p.name) for p in self._users]
        start = chosen or (names[0][0] if names else "")
        self.user: Segmented | Choice
        if len(names) <= _FEW:
            self.user = Segmented(tr("用户"), names, start)
        else:
            self.user = Choice(names, start)
        self.fields.addWidget(Field(tr("用户"), self.user))
        self.password = password_field(tr("密码"))
        self.fields.addWidget(self.password)
        self.extra.addWidget(button(tr("登记新用户"), self.enrolling.emit, "link"))
        self.complete()
        self.password.inner.setFocus()

    def submit(self) -> None:
        """Open the database of the chosen user, on another thread: it takes a moment by intention."""
        profile = next((p for p in self._users if p.user_name == self.user.value()), None)
        line = self.password.inner
        assert isinstance(line, Line)
        if profile is None or not line.text():
            self.password.set_error(tr("请输入密码。"))
            return
        self.password.set_error("")
        self.working(True)
        self._tasks.run(self, self._open(profile, line.text()), self._done, self.refuse)

    def refuse(self, problem: Problem) -> None:
        """A wrong password is said beside it."""
        line = self.password.inner
        assert isinstance(line, Line)
        line.clear()
        line.setFocus()
        if problem.code in ("wrong_password", "wait"):
            self.working(False)
            self.password.set_error(problem.said())
        else:
            super().refuse(problem)

    def _done(self, store: Store) -> None:
        self.working(False)
        self.opened.emit(store)
