"""Photos that could not be taken, each by its name with what to do, until the user says that it is read."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, columns, empty, rows, words


class Refused(QFrame):
    """A note above the chosen photos; hidden while there is nothing to say."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "bar")
        self._problems: dict[str, Problem] = {}  # by what was given: the same once
        self._doubles = 0
        self._lines = rows(gap=6)
        done = button(tr("知道了"), self.clear, "link")
        inner = QWidget()
        inner.setLayout(self._lines)
        line = columns(inner, margin=8)
        line.setStretch(0, 1)
        line.addWidget(done, 0, Qt.AlignmentFlag.AlignTop)
        self.setLayout(line)
        self.hide()

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with each that could not be taken."""
        return list(self._problems.values())

    @property
    def holds(self) -> bool:
        """Whether there is something to say."""
        return bool(self._problems) or self._doubles > 0

    def texts(self) -> list[str]:
        """What is said, line by line."""
        found = [problem.said() for problem in self._problems.values()]
        return [*found, self._said_double()] if self._doubles else found

    def headline(self) -> str:
        """All of it in one line, "" where there is nothing to say."""
        if self._problems:
            return tr("{count} 张没加上").format(count=len(self._problems))
        return self._said_double()

    def add(self, problem: Problem, key: str = "") -> None:
        """One more that could not be taken; with a ``key`` it is named once, however often it is given."""
        self._problems[key or f"{len(self._problems)}"] = problem
        self._show()

    def note_double(self) -> None:
        """One more that was here already."""
        self._doubles += 1
        self._show()

    def clear(self) -> None:
        """It was read."""
        self._problems.clear()
        self._doubles = 0
        self._show()

    def _said_double(self) -> str:
        if not self._doubles:
            return ""
        return tr("有 {count} 张已经加过，没有再加。").format(count=self._doubles)

    def _show(self) -> None:
        empty(self._lines)
        for text in self.texts():
            self._lines.addWidget(words(text, wrap=True))
        self.setVisible(self.holds)
        self.changed.emit()
