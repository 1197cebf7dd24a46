"""Fields in two columns; long texts go across."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from gridapp.ui.widgets.field import Field, Paragraph

_TWO = 17  # heights of a line that two columns need across


class Pairs(QWidget):
    """Takes fields one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._next = 0
        self._fields: list[tuple[Field, bool]] = []
        self._single = False

    def add(self, field: Field, *, across: bool = False) -> None:
        """One more field, in the next free place."""
        self._fields.append((field, across))
        self._place(field, across)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: one column where two are too narrow for the text size."""
        super().resizeEvent(event)
        single = self.width() < self.fontMetrics().height() * _TWO
        if single != self._single:
            self._single, self._next = single, 0
            for field, across in self._fields:
                self._grid.removeWidget(field)
                self._place(field, across)

    def _place(self, field: Field, across: bool) -> None:
        wide = across or self._single or isinstance(field.inner, Paragraph)
        if wide and self._next % 2:
            self._next += 1
        row, column = divmod(self._next, 2)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(field, row, column, 1, 2 if wide else 1, top)
        self._next += 2 if wide else 1
