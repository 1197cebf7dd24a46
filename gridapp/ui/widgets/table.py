"""A small table of fixed rows, for what is never long: the members of a household."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from gridapp.ui.widgets.basic import Elided, empty, rows, words
from gridapp.ui.words.wording import joined

_TABLE = 24  # heights of a line that the columns need across
_EDGE, _GAP = 10, 8  # px beside and between the columns


class Table(QWidget):
    """Column heads on a band and lines beneath; where that is too narrow, two lines for each row."""

    def __init__(self, heads: Sequence[str], weights: Sequence[int]) -> None:
        super().__init__()
        self._heads, self._weights = tuple(heads), tuple(weights)
        self._lines: tuple[tuple[str, ...], ...] = ()
        self._narrow = False
        self._grids: list[QGridLayout] = []  # of the head and the lines while they have columns
        # the columns follow the room, they do not make it
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._build()

    def set_columns(self, heads: Sequence[str], weights: Sequence[int]) -> None:
        """Other columns; rows for them follow with ``show_rows``."""
        self._heads, self._weights = tuple(heads), tuple(weights)
        self._lines = ()

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
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Qt: cells of another size, after another text size, make other columns."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Each column as wide as what stands in it; where that is too much the widest give way."""
        if not self._grids:
            return
        columns = zip(*map(_cells, self._grids), strict=True)
        wanted = [max(cell.sizeHint().width() for cell in column) for column in columns]
        room = self.width() - 2 * _EDGE - _GAP * (len(wanted) - 1)
        for grid in self._grids:
            for number, width in enumerate(levelled(wanted, room)):
                if grid.columnMinimumWidth(number) != width:
                    grid.setColumnMinimumWidth(number, width)

    def _build(self) -> None:
        empty(self._box)
        self._grids = []
        if not self._narrow:
            self._box.addWidget(self._line(self._heads, "band", "secondary"))
        for line in self._lines:
            made = self._two(line) if self._narrow else self._line(line, "line", "")
            self._box.addWidget(made)
        self._fit()

    def _line(self, cells: Sequence[str], look: str, text_look: str) -> QFrame:
        frame = QFrame()
        frame.setProperty("look", look)
        grid = QGridLayout(frame)
        grid.setContentsMargins(_EDGE, 0, _EDGE, 0)
        grid.setHorizontalSpacing(_GAP)
        for number, cell in enumerate(cells):
            grid.addWidget(Elided(cell, text_look), 0, number)
            grid.setColumnStretch(number, self._weights[number])
        self._grids.append(grid)
        return frame

    def _two(self, cells: Sequence[str]) -> QFrame:
        frame = QFrame()
        frame.setProperty("look", "line")
        below = words(joined(*cells[1:]), "secondary", wrap=True)
        box = rows(Elided(cells[0], "strong"), below, gap=0)
        box.setContentsMargins(16, 4, 16, 4)
        frame.setLayout(box)
        return frame


def _cells(grid: QGridLayout) -> list[Elided]:
    found = [grid.itemAt(number) for number in range(grid.count())]
    cells = [cell for item in found if item and isinstance(cell := item.widget(), Elided)]
    for cell in cells:
        cell.ensurePolished()
    return cells


def levelled(wanted: Sequence[int], room: int) -> list[int]:
    """What each gets of ``room`` (all px): what it wants, or as much as the others that want more."""
    given = [0] * len(wanted)
    left = max(0, room)
    for place, number in enumerate(sorted(range(len(wanted)), key=lambda n: wanted[n])):
        given[number] = min(wanted[number], left // (len(wanted) - place))
        left -= given[number]
    return given
