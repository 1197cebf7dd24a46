"""Photos that could not be taken, each by its name with what to do, until the user has read it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.ui.widgets.basic import button, columns, empty, rows, words


class Refused(QFrame):
    """A note beneath the chosen photos; hidden while there is nothing to say."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "bar")
        self.problems: list[Problem] = []
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
    def holds(self) -> bool:
        """Whether there is something to say."""
        return bool(self.problems) or self._doubles > 0

    def texts(self) -> list[str]:
        """What is said, line by line."""
        found = [problem.text() for problem in self.problems]
        if self._doubles:
            found.append(tr("有 {count} 张已经加过，没有再加。").format(count=self._doubles))
        return found

    def add(self, problem: Problem) -> None:
        """One more that could not be taken."""
        self.problems.append(problem)
        self._show()

    def note_double(self) -> None:
        """One more that was here already."""
        self._doubles += 1
        self._show()

    def clear(self) -> None:
        """It was read."""
        self.problems.clear()
        self._doubles = 0
        self._show()

    def _show(self) -> None:
        empty(self._lines)
        for text in self.texts():
            self._lines.addWidget(words(text, wrap=True))
        self.setVisible(self.holds)
        self.changed.emit()
