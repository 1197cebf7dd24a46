"""A small table of fixed rows, for what is never long: the members of a household."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from gridapp.ui.widgets.basic import Elided, empty, rows, words
from gridapp.ui.wording import joined

_TABLE = 24  # heights of a line that the columns need across


class Table(QWidget):
    """Column heads on a band and lines beneath; where that is too narrow, two lines for each row."""

    def __init__(self, heads: Sequence[str], weights: Sequence[int]) -> None:
        super().__init__()
        self._heads, self._weights = tuple(heads), tuple(weights)
        self._lines: tuple[tuple[str, ...], ...] = ()
        self._narrow = False
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._build()

    def show_rows(self, lines: Sequence[Sequence[str]]) -> None:
        """Shows ``lines`` instead of what was there."""
        self._lines = tuple(tuple(line) for line in lines)
        self._build()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: columns only where they can be read."""
        super().resizeEvent(event)
        narrow = self.width() < self.fontMetrics().height() * _TABLE
        if narrow != self._narrow:
            self._narrow = narrow
            self._build()

    def _build(self) -> None:
        empty(self._box)
        if not self._narrow:
            self._box.addWidget(self._line(self._heads, "band", "secondary"))
        for line in self._lines:
            made = self._two(line) if self._narrow else self._line(line, "line", "")
            self._box.addWidget(made)

    def _line(self, cells: Sequence[str], look: str, text_look: str) -> QFrame:
        frame = QFrame()
        frame.setProperty("look", look)
        grid = QGridLayout(frame)
        grid.setContentsMargins(10, 0, 10, 0)
        grid.setHorizontalSpacing(8)
        for number, cell in enumerate(cells):
            grid.addWidget(Elided(cell, text_look), 0, number)
            grid.setColumnStretch(number, self._weights[number])
        return frame

    def _two(self, cells: Sequence[str]) -> QFrame:
        frame = QFrame()
        frame.setProperty("look", "line")
        below = words(joined(*cells[1:]), "secondary", wrap=True)
        box = rows(Elided(cells[0], "strong"), below, gap=0)
        box.setContentsMargins(16, 4, 16, 4)
        frame.setLayout(box)
        return frame
