"""What a grid of photos holds: headings and cells, and the small pictures of those in sight.

Small pictures are asked for a few at a time, the ones looked at last first, off the GUI thread.
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
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QWidget

from gridapp.ui.tasks import Tasks

BATCH = 8
KEPT = 400
_MOST_WANTED = 120  # beyond that they were only scrolled past
_NOTHING: QModelIndex = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


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
