"""Labels with values beneath, in as many columns as fit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import words

_COLUMN = 15  # characters that a column needs
_MOST = 4  # columns
_EDGE = 16  # px at both sides, and between columns


class Facts(QWidget):
    """Pairs of label and value; what is not known says so."""

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._pairs: tuple[tuple[str, str], ...] = ()
        self._placed: tuple[int, list[int]] = (0, [])
        self._cells: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(_EDGE, 12, _EDGE, 12)
        self._grid.setHorizontalSpacing(_EDGE)
        self._grid.setVerticalSpacing(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.show_pairs(pairs)

    def show_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Shows ``pairs`` instead of what was there."""
        self._pairs = tuple(pairs)
        for cell in self._cells:
            cell.hide()  # it goes only when the event loop comes to it
            cell.deleteLater()
        self._cells = [_cell(label, value or tr("未登记")) for label, value in self._pairs]
        self._placed = (0, [])
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: more columns where there is more room."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        needed = self.fontMetrics().averageCharWidth() * _COLUMN
        columns = max(1, min(_MOST, self.width() // max(1, needed)))
        room = self.width() // columns - 2 * _EDGE
        places = [columns if self._is_long(value, room) else 1 for _, value in self._pairs]
        if (columns, places) == self._placed:
            return
        self._placed = columns, places
        row = column = 0
        for cell, across in zip(self._cells, places, strict=True):
            if column + across > columns:
                row, column = row + 1, 0
            self._grid.addWidget(cell, row, column, 1, across, Qt.AlignmentFlag.AlignTop)
            column += across
        for number in range(self._grid.rowCount()):
            self._grid.setRowStretch(number, 0)
        self._grid.setRowStretch(row + 1, 1)
        for number in range(_MOST):
            self._grid.setColumnStretch(number, 1 if number < columns else 0)

    def _is_long(self, value: str, room: int) -> bool:
        """Whether a value does not fit into one line of a column: it gets the whole width then."""
        return "\n" in value or self.fontMetrics().horizontalAdvance(value) > room


def _cell(label: str, value: str) -> QWidget:
    cell = QWidget()
    box = QVBoxLayout(cell)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(2)
    head, shown = words(label, "label", wrap=True), words(value, wrap=True)
    for text in (head, shown):
        # or its least height would be that of one character to a line
        text.setMinimumHeight(1)
    box.addWidget(head)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    shown.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    box.addWidget(shown)
    return cell
