"""Many photos as a grid with headings: thousands open at once, small pictures come for what is in sight.

The chooser and the attachments of a household both show it.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from gridapp.i18n import tr
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look
from gridapp.ui.widgets.photo.cells import Cell, Fetch, GridModel, Sections
from gridapp.ui.widgets.photo.painter import CellPainter

_ALONG = (
    QAbstractItemView.CursorAction.MoveLeft,
    QAbstractItemView.CursorAction.MoveRight,
    QAbstractItemView.CursorAction.MovePrevious,
    QAbstractItemView.CursorAction.MoveNext,
)


class PhotoGrid(QListView):
    """The grid. ``several``: clicks and Space choose and choose not; otherwise click and Enter activate."""

    def __init__(
        self,
        name: str,
        tasks: Tasks,
        look: Look,
        fetch: Fetch,
        *,
        several: bool = False,
        lines: int = 1,
        lacking: str = "",
    ) -> None:
        """``lines`` of words beneath each; ``lacking``: what stands where there is no small picture."""
        super().__init__()
        self.setAccessibleName(name)
        self.ticks, self.lacking = several, lacking or tr("看不到小图")
        self.cells = GridModel(tasks, fetch, self)
        self.setModel(self.cells)
        self.painter = CellPainter(look, self, lines)
        self.setItemDelegate(self.painter)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSpacing(0)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.MultiSelection if several else modes.SingleSelection)
        look.changed.connect(self._other_size)
        self.cells.arrived.connect(self._paint)

    def show_sections(self, sections: Sections) -> None:
        """Other photos; the keyboard begins at the first of them."""
        self.cells.show_sections(sections)
        first = next((c for c in self.cells.cells()), None)
        if first:
            model = self.selectionModel()
            model.setCurrentIndex(self.cells.index_of(first.key), model.SelectionFlag.NoUpdate)

    def chosen(self) -> tuple[Any, ...]:
        """The keys of the chosen cells, in order."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        items = (self.cells.item(self.cells.index(row)) for row in rows)
        return tuple(item.key for item in items if isinstance(item, Cell))

    def px(self) -> int:
        """The longest side of a small picture, in the screen's own px."""
        return round(self.painter.picture().width() * self.devicePixelRatioF())

    def viewportSizeHint(self) -> QSize:
        """Qt: room for a few."""
        return self.painter.cell() * 2

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the headings go across, so their widths change."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt: the frame of the current cell is shown."""
        super().focusInEvent(event)
        self.viewport().update()

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Qt: headings are stepped over; left and right go on at the ends of lines."""
        moves = QAbstractItemView.CursorAction
        here = self.currentIndex()
        if action in _ALONG and here.isValid():
            step = -1 if action in (moves.MoveLeft, moves.MovePrevious) else 1
            return self._beyond(here.row() + step, step) or here
        found = super().moveCursor(action, modifiers)
        if not found.isValid() or isinstance(self.cells.item(found), Cell):
            return found
        back = action in (moves.MoveUp, moves.MovePageUp, moves.MoveEnd)
        beyond = self._beyond(found.row(), -1 if back else 1)
        if beyond is None or action not in (moves.MoveUp, moves.MoveDown):
            return beyond or here
        return self._beneath(beyond, self.visualRect(here).left(), -1 if back else 1)

    def _beyond(self, row: int, step: int) -> QModelIndex | None:
        """The first cell from ``row`` on."""
        while 0 <= row < self.cells.rowCount():
            index = self.cells.index(row)
            if isinstance(self.cells.item(index), Cell):
                return index
            row += step
        return None

    def _beneath(self, index: QModelIndex, left: int, step: int) -> QModelIndex:
        """Of the line that ``index`` stands in, the cell nearest to ``left`` px."""
        top, best, row = self.visualRect(index).top(), index, index.row()
        while 0 <= row < self.cells.rowCount():
            other = self.cells.index(row)
            if self.visualRect(other).top() != top:
                break
            if abs(self.visualRect(other).left() - left) < abs(self.visualRect(best).left() - left):
                best = other
            row += step
        return best

    def _paint(self, keys: tuple[Any, ...]) -> None:
        for key in keys:
            self.update(self.cells.index_of(key))
        if not keys:
            self.viewport().update()

    def _other_size(self) -> None:
        self.painter.measure()
        self.cells.forget()
        self.scheduleDelayedItemsLayout()
