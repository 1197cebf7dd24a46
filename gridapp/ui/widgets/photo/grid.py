"""Many photos as a grid with headings: thousands open at once, small pictures come for what is in sight.

One model of cells, one painter; the chooser and the attachments of a household both show it. Small pictures
are asked for a few at a time, the ones looked at last first, off the GUI thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from gridapp.i18n import tr
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look
from gridapp.ui.widgets.photo.painter import CellPainter

BATCH = 8
KEPT = 400
_MOST_WANTED = 120  # beyond that they were only scrolled past
_NOTHING: QModelIndex = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


_ALONG = (
    QAbstractItemView.CursorAction.MoveLeft,
    QAbstractItemView.CursorAction.MoveRight,
    QAbstractItemView.CursorAction.MovePrevious,
    QAbstractItemView.CursorAction.MoveNext,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One photo of a grid: what it is asked for by, what stands beneath it, what is said of it aloud."""

    key: Hashable
    lines: tuple[str, ...] = ()
    spoken: str = ""


Fetch = Callable[[tuple[Any, ...]], "Future[dict[Any, QImage]]"]
Sections = Sequence[tuple[str, Sequence[Cell]]]


class GridModel(QAbstractListModel):
    """Headings (str) and cells, in order; small pictures come when they are looked at.

    ``arrived`` gives the keys whose pictures came, to be painted. It is not ``dataChanged``: a list would lay
    out all of its cells anew at each.
    """

    arrived = Signal(tuple)

    def __init__(self, tasks: Tasks, fetch: Fetch, parent: QWidget) -> None:
        super().__init__(parent)
        self._tasks, self._fetch = tasks, fetch
        self._items: list[str | Cell] = []
        self._rows: dict[Hashable, int] = {}
        self._pixmaps: OrderedDict[Hashable, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[Hashable, None] = OrderedDict()
        self._asked: tuple[Any, ...] = ()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._ask)

    def show_sections(self, sections: Sections) -> None:
        """Other cells; small pictures that are known stay known."""
        self.beginResetModel()
        self._items = []
        for heading, cells in sections:
            self._items += [heading, *cells] if heading else [*cells]
        self._rows = {c.key: n for n, c in enumerate(self._items) if isinstance(c, Cell)}
        self._wanted.clear()
        self.endResetModel()

    def forget(self) -> None:
        """Ask for the small pictures again: they may have come meanwhile, or another size is wanted."""
        self._pixmaps.clear()
        self.arrived.emit(())

    def forget_missing(self) -> None:
        """Ask again for those that had no small picture."""
        for key in [key for key, pixmap in self._pixmaps.items() if pixmap.isNull()]:
            del self._pixmaps[key]
        self.arrived.emit(())

    def item(self, index: Index) -> str | Cell:
        """A heading or a cell."""
        return self._items[index.row()]

    def cells(self) -> list[Cell]:
        """All cells in order."""
        return [item for item in self._items if isinstance(item, Cell)]

    def index_of(self, key: Hashable) -> QModelIndex:
        """Where a cell stands."""
        return self.index(self._rows[key]) if key in self._rows else QModelIndex()

    def pixmap(self, cell: Cell) -> QPixmap | None:
        """The small picture; None where it is still to come, a null one where there is none."""
        known = self._pixmaps.get(cell.key)
        if known is not None:
            self._pixmaps.move_to_end(cell.key)
            return known
        self._wanted[cell.key] = None
        self._wanted.move_to_end(cell.key)
        if not self._asked:
            self._soon.start()
        return None

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Qt: headings and cells."""
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: headings are not chosen."""
        flag = Qt.ItemFlag
        if not index.isValid() or isinstance(self._items[index.row()], str):
            return flag.ItemNeverHasChildren
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: words for headings, screen readers and tooltips."""
        if not index.isValid() or index.row() >= len(self._items):
            return None
        item = self._items[index.row()]
        roles = Qt.ItemDataRole
        if isinstance(item, str):
            return item if role in (roles.DisplayRole, roles.AccessibleTextRole) else None
        if role in (roles.AccessibleTextRole, roles.ToolTipRole):
            return item.spoken or " ".join(item.lines)
        return " ".join(item.lines) if role == roles.DisplayRole else None

    def _ask(self) -> None:
        if self._asked or not self._wanted:
            return
        keys = [key for key in reversed(self._wanted) if key in self._rows][:BATCH]
        for key in keys:
            del self._wanted[key]
        while len(self._wanted) > _MOST_WANTED:
            self._wanted.popitem(last=False)
        if keys:
            # from the top down
            self._asked = tuple(sorted(keys, key=self._rows.__getitem__))
            self._tasks.run(self, self._fetch(self._asked), self._take)

    def _take(self, found: Mapping[Any, QImage]) -> None:
        asked, self._asked = self._asked, ()
        for key in asked:
            image = found.get(key)
            self._pixmaps[key] = QPixmap.fromImage(image) if image else QPixmap()
        while len(self._pixmaps) > KEPT:
            self._pixmaps.popitem(last=False)
        self.arrived.emit(asked)
        self._ask()


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
