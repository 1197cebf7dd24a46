"""What enrolment and unlocking share: one card in the middle of an empty window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.ui.theme import Look
from gridapp.ui.widgets.basic import Card, button, columns, inside, words
from gridapp.ui.widgets.choice import Enter
from gridapp.ui.widgets.field import Field, Line
from gridapp.ui.widgets.states import scrolling


class Entry(Enter):
    """A card with a title, fields, one button, and what is wrong in words."""

    def __init__(self, look: Look, title: str, hint: str, go: str) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(tr("网格工作台"))
        self._look = look
        self.card = Card(padded=True)
        self.card.body.setContentsMargins(28, 24, 28, 24)
        self.card.body.setSpacing(14)
        self.card.body.addWidget(words(tr("网格工作台"), "secondary"))
        self.card.body.addWidget(words(title, "title", wrap=True))
        if hint:
            self.card.body.addWidget(words(hint, "aside", wrap=True))
        self.fields = QVBoxLayout()
        self.fields.setSpacing(12)
        self.card.body.addLayout(self.fields)
        self.trouble = words("", "error", wrap=True)
        self.trouble.hide()
        self.go = button(go, self.submit, "primary")
        self.extra = QHBoxLayout()
        foot = columns(None, self.go)
        foot.insertLayout(0, self.extra)
        self.card.body.addWidget(self.trouble)
        self._foot = QWidget()
        self._foot.setLayout(foot)
        foot.setContentsMargins(0, 0, 0, 0)
        self.card.body.addWidget(self._foot)
        middle = QWidget()
        inner = columns(None, self.card, None)
        whole = QVBoxLayout(middle)
        whole.addStretch(1)
        whole.addLayout(inner)
        whole.addStretch(2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolling(middle))
        look.changed.connect(self._fit)
        self._fit()

    def complete(self) -> None:
        """All fields are there: the button is the last one that Tab reaches."""
        self._foot.setParent(None)
        self.card.body.addWidget(self._foot)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: the cursor is in the first field that is to be filled in."""
        super().showEvent(event)
        first = next((line for line in inside(self, QLineEdit) if not line.text()), None)
        if first is not None:
            first.setFocus()

    def submit(self) -> None:
        """Go on with what was filled in."""
        raise NotImplementedError

    def refuse(self, problem: Problem) -> None:
        """Say what is wrong."""
        self.working(False)
        self.trouble.setText(problem.said())
        self.trouble.show()

    def working(self, busy: bool) -> None:
        """While the answer is awaited."""
        self.go.setEnabled(not busy)
        if busy:
            self.trouble.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter in the last field goes on."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.last_field():
            self.submit()
            return
        super().keyPressEvent(event)

    def last_field(self) -> bool:
        """Whether the last input has the focus."""
        lines = [line for line in inside(self, QLineEdit) if line.isVisibleTo(self)]
        return bool(lines) and self.focusWidget() is lines[-1]

    def _fit(self) -> None:
        self.card.setFixedWidth(self._look.theme.size("search"))


def password_field(label: str) -> Field:
    """A field whose letters are hidden."""
    line = Line(max_length=128)
    line.setEchoMode(QLineEdit.EchoMode.Password)
    return Field(label, line)
