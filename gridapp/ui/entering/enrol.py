"""Enrolment: what the slip says (typed, scanned or pasted as one line), and a password of one's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridapp.domain import enrolment_slip
from gridapp.domain.enrolment_slip import EnrolmentSlip
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.store import Store
from gridapp.ui.entering.entry import Entry, password_field
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look
from gridapp.ui.widgets.basic import button, words
from gridapp.ui.widgets.field import Field, Line

SHORTEST = 8
_PASTED = 2000  # characters: the whole line of a slip fits into any of its fields

# server, code, password, fingerprint
Enrolling = Callable[[str, str, str, str], "Future[Store]"]


class Enrol(Entry):
    """The first start of a user on this computer. ``opened`` hands over the new store."""

    opened = Signal(object)
    back = Signal()

    def __init__(
        self, look: Look, tasks: Tasks, enrol: Enrolling, *, others: bool, server: str = ""
    ) -> None:
        hint = tr("照登记单上的写，或把登记单上的内容整段贴进来。登记一次，以后没有网络也能用。")
        super().__init__(look, tr("登记这台电脑"), hint, tr("登记"))
        self._tasks, self._enrol = tasks, enrol
        self._slip: EnrolmentSlip | None = None
        self._lengths: dict[Line, int] = {}
        self.server = _field(tr("服务器地址"), tr("登记单上的地址"), server)
        self.fingerprint = _field(tr("证书指纹"), tr("登记单上有才填"))
        self.code = _field(tr("登记码"), tr("登记单上的一次性登记码"))
        self.password = password_field(tr("设一个密码"))
        self.again = password_field(tr("再输一遍密码"))
        self._checked = self._fingerprint_part()
        for part in (self.server, self._checked, self.code, self.password, self.again):
            self.fields.addWidget(part)
        for field in (self.server, self.fingerprint, self.code):
            self._watch(_line(field))
        if others:
            self.extra.addWidget(button(tr("返回登录"), self.back.emit, "link"))
        self.complete()
        self._show_fingerprint()
        self.server.inner.setFocus()

    def submit(self) -> None:
        """Ask the server, on another thread."""
        self._take_slip()
        if not self._complete():
            return
        self.working(True)
        texts = (_text(self.server), _text(self.code), _line(self.password).text())
        self._tasks.run(self, self._enrol(*texts, self._digits() or ""), self._done, self.refuse)

    def refuse(self, problem: Problem) -> None:
        """What is wrong is said beside the field that it is about."""
        text, field = problem.said(), self._field_of(problem)
        if problem.code == "bad_certificate" and not self._digits():
            text = tr(
                "这台电脑还认不出这台服务器。请填登记单上的“证书指纹”；单上没有，请问区管理员。"
            )
        elif problem.code == "bad_certificate":
            text = tr(
                "连上的可能不是区里的服务器。请对照登记单再看一遍“证书指纹”；还不对，请问区管理员。"
            )
        if field is None:
            super().refuse(problem)
            return
        self.working(False)
        field.set_error(text)
        field.inner.setFocus()

    def _field_of(self, problem: Problem) -> Field | None:
        if problem.code == "bad_certificate" and not self._checked.isHidden():
            return self.fingerprint
        if problem.code in _OF_SERVER:
            return self.server
        if problem.code in _OF_CODE:
            return self.code
        return self.password if problem.code == "weak_password" else None

    def _complete(self) -> bool:
        wrong: list[tuple[Field, str]] = []
        for field, missing in (
            (self.server, tr("请填服务器地址。")),
            (self.code, tr("请填登记码。")),
        ):
            if enrolment_slip.is_slip(_text(field)):
                half = tr("登记单上的内容没有贴全，请从头到尾再复制一次。")
                wrong.append((field, half))
            elif not _text(field):
                wrong.append((field, missing))
        if self._digits() is None:
            wrong.append((self.fingerprint, tr("证书指纹应是 64 个数字和字母，请对照登记单。")))
        password = _line(self.password).text()
        if len(password) < SHORTEST:
            text = tr("密码至少 {count} 位。").format(count=SHORTEST)
            wrong.append((self.password, text))
        elif password != _line(self.again).text():
            wrong.append((self.again, tr("两遍密码不一样。")))
        for field in (self.server, self.fingerprint, self.code, self.password, self.again):
            field.set_error(next((text for f, text in wrong if f is field), ""))
        if wrong:
            wrong[0][0].inner.setFocus()
        return not wrong

    def _digits(self) -> str | None:
        """The fingerprint that the server is held to, "" for none, None where it is not one."""
        if self._checked.isHidden():
            return self._slip.fingerprint if self._slip and self._from_slip() else ""
        return enrolment_slip.fingerprint(_text(self.fingerprint))

    def _from_slip(self) -> bool:
        """Whether the address is still the one that the slip's fingerprint belongs to."""
        return bool(self._slip and self._slip.server == _text(self.server))

    def _fingerprint_part(self) -> QWidget:
        part = QWidget()
        box = QVBoxLayout(part)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.fingerprint)
        said = tr("单位自己架的服务器才有，用来确认没有连错。空格不要紧，没有就空着。")
        box.addWidget(words(said, "hint", wrap=True))
        return part

    def _watch(self, line: Line) -> None:
        self._lengths[line] = len(line.text())
        line.textEdited.connect(lambda text: self._edited(line, text))
        line.editingFinished.connect(self._take_slip)

    def _edited(self, line: Line, text: str) -> None:
        # A scanner types the line key by key: only when it is done, or at once where it was pasted.
        pasted = len(text) - self._lengths[line] > 1
        self._lengths[line] = len(text)
        if pasted:
            self._take_slip()
        self._show_fingerprint()

    def _take_slip(self) -> None:
        """Fill in what a slip says that stands in one of the fields."""
        for field in (self.server, self.fingerprint, self.code):
            slip = enrolment_slip.parse(_text(field))
            if slip is not None:
                self._fill(slip)
                return

    def _fill(self, slip: EnrolmentSlip) -> None:
        self._slip = slip
        for field, text in (
            (self.server, slip.server),
            (self.fingerprint, ""),
            (self.code, slip.code),
        ):
            line = _line(field)
            line.setText(text)
            line.setCursorPosition(0)
            self._lengths[line] = len(text)
            field.set_error("")
        self._show_fingerprint()
        self.password.inner.setFocus()

    def _show_fingerprint(self) -> None:
        held = bool(self._slip and self._slip.fingerprint and self._from_slip())
        secure = _text(self.server).lower().startswith("https:")
        self._checked.setVisible(secure and not held)
        name = self._slip.user if self._slip and self._from_slip() else ""
        read = tr("登记单已读入（{user}）。").format(user=name) if name else ""
        checked = tr("会按登记单核对服务器。") if held else ""
        self.server.set_notice(read + checked)

    def _done(self, store: Store) -> None:
        self.working(False)
        self.opened.emit(store)


_OF_SERVER = frozenset(
    ("no_server", "bad_server_url", "no_tls", "not_a_server", "newer_server", "bad_certificate")
)
_OF_CODE = frozenset(("bad_code", "used_code", "expired_code"))


def _field(label: str, hint: str, text: str = "") -> Field:
    return Field(label, Line(text, hint, max_length=_PASTED))


def _line(field: Field) -> Line:
    assert isinstance(field.inner, Line)
    return field.inner


def _text(field: Field) -> str:
    return _line(field).text().strip()
