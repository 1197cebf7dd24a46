"""A small table of fixed rows, for what is never long: the members of a household."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from gridapp.ui.widgets.basic import Elided, empty


class Table(QWidget):
    """Column heads on a band and lines beneath. ``weights`` share the width."""

    def __init__(self, heads: Sequence[str], weights: Sequence[int]) -> None:
        super().__init__()
        self._heads, self._weights = tuple(heads), tuple(weights)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self.show_rows(())

    def show_rows(self, lines: Sequence[Sequence[str | QWidget]]) -> None:
        """Shows ``lines`` instead of what was there; a text, or a widget of one's own, in each cell."""
        empty(self._box)
        self._box.addWidget(self._line(self._heads, "band", "secondary"))
        for line in lines:
            self._box.addWidget(self._line(line, "line", ""))

    def _line(self, cells: Sequence[str | QWidget], look: str, text_look: str) -> QFrame:
        frame = QFrame()
        frame.setProperty("look", look)
        grid = QGridLayout(frame)
        grid.setContentsMargins(10, 0, 10, 0)
        grid.setHorizontalSpacing(8)
        for number, cell in enumerate(cells):
            widget = Elided(cell, text_look) if isinstance(cell, str) else cell
            grid.addWidget(widget, 0, number)
            grid.setColumnStretch(number, self._weights[number])
            grid.setColumnMinimumWidth(number, 10)
        return frame
