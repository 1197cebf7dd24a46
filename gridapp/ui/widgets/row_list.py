"""Long lists: a model that holds ids and a small cache of rows, and one painter for all of them.

A list of 100,000 rows opens at once: only the rows in sight are asked for, forty at a time, off the
GUI thread. The view asks the model once per row where it is; so that is answered by Qt itself, not by Python.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, QStringListModel, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look

BLOCK = 40
KEPT = 600
SHORT = (
    12  # rows that a list shows all of inside what scrolls: two scroll bars in each other mislead
)
_APART = 16  # px between the title and what stands beside it
_LEAST = 12  # px in which any word can be read
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """What one row shows: bold title, aside beside it, detail and a strong end beneath, tags at the right."""

    title: str
    aside: str = ""
    detail: str = ""
    strong: str = ""
    tags: tuple[tuple[str, str], ...] = ()  # (words, tone)
    dot: str = ""

    def spoken(self) -> str:
        """All of it in one line."""
        parts = (self.title, self.aside, self.detail, self.strong, *(t for t, _ in self.tags))
        return "，".join(part for part in parts if part)


Fetch = Callable[[tuple[UUID, ...]], "Future[Mapping[UUID, Row]]"]


class RowModel(QStringListModel):
    """Ids in order; rows come when they are looked at. The strings of the base are empty: they count rows."""

    def __init__(self, tasks: Tasks, fetch: Fetch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._fetch = tasks, fetch
        self._ids: Sequence[UUID] = ()
        self._rows: OrderedDict[UUID, Row] = OrderedDict()
        self._stale: set[UUID] = set()  # still shown while they are asked for anew
        self._asked: set[int] = set()
        self._turn = 0

    def set_ids(self, ids: Sequence[UUID]) -> None:
        """Another list, which nobody changes any more; rows that stay in it stay known until ``forget``."""
        self._ids = ids
        self._asked.clear()
        self._turn += 1
        self.setStringList([])
        if ids:
            self.insertRows(0, len(ids))  # Qt makes them itself: 100,000 in a millisecond

    def forget(self, ids: Collection[UUID] | None = None) -> None:
        """Ask again for ``ids`` (None: for all) when they are next in sight; meanwhile they stand as they were."""
        self._stale.update(id_ for id_ in self._rows if ids is None or id_ in ids)
        self._asked.clear()
        self._turn += 1
        if self._ids:
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))

    def id_at(self, index: Index) -> UUID | None:
        """The id of a row."""
        return self._ids[index.row()] if index.isValid() else None

    def ids_at(self, places: Iterable[int]) -> tuple[UUID, ...]:
        """The ids of several rows."""
        return tuple(self._ids[place] for place in places)

    def place_of(self, id_: UUID) -> int:
        """The row of an id, −1 where it is not in the list."""
        return self._ids.index(id_) if id_ in self._ids else -1

    @property
    def waiting(self) -> bool:
        """Whether rows were asked for that have not come."""
        return bool(self._asked)

    def look_at(self, place: int) -> None:
        """Ask for a row and its neighbours before they are painted."""
        if 0 <= place < len(self._ids) and self._ids[place] not in self._rows:
            self._ask(place // BLOCK)

    def row(self, index: Index) -> Row | None:
        """What is known of a row; asks for it where nothing is, or nothing new enough."""
        id_ = self._ids[index.row()]
        known = self._rows.get(id_)
        if known is None or id_ in self._stale:
            self._ask(index.row() // BLOCK)
        if known is not None:
            self._rows.move_to_end(id_)
        return known

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: chosen, never edited or dragged."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.NoItemFlags
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: the title, and all words for a screen reader."""
        if not index.isValid() or index.row() >= len(self._ids):
            return None
        if role == Qt.ItemDataRole.UserRole:
            return self.row(index)
        spoken = (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
        if role == Qt.ItemDataRole.DisplayRole or role in spoken:
            row = self._rows.get(self._ids[index.row()])
            return "" if row is None else row.spoken() if role in spoken else row.title
        return None

    def _ask(self, block: int) -> None:
        if block in self._asked:
            return
        self._asked.add(block)
        ids = self._block(block)
        wanted = tuple(id_ for id_ in ids if id_ not in self._rows or id_ in self._stale)
        turn = self._turn
        self._tasks.run(self, self._fetch(wanted), lambda rows: self._take(turn, block, rows))

    def _block(self, block: int) -> Sequence[UUID]:
        return tuple(self._ids[block * BLOCK : (block + 1) * BLOCK])

    def _take(self, turn: int, block: int, rows: Mapping[UUID, Row]) -> None:
        if turn != self._turn:
            return
        self._asked.discard(block)
        here = self._ids[block * BLOCK : (block + 1) * BLOCK]
        gone = (id_ for id_ in here if id_ not in rows and id_ in self._stale)
        self._rows.update({id_: Row("") for id_ in gone})
        self._stale.difference_update(here)
        self._rows.update(rows)
        while len(self._rows) > KEPT:
            self._stale.discard(self._rows.popitem(last=False)[0])
        missing = [id_ for id_ in here if id_ not in self._rows]
        self._rows.update({id_: Row("") for id_ in missing})
        last = min((block + 1) * BLOCK, len(self._ids)) - 1
        self.dataChanged.emit(self.index(block * BLOCK), self.index(last))


class RowPainter(QStyledItemDelegate):
    """Paints a ``Row``: two lines at the left, tags at the right, a hairline beneath."""

    def __init__(self, look: Look, view: QListView) -> None:
        super().__init__(view)
        self._look = look
        self.checks = False
        self.ring = False  # around the current row, for who uses the keyboard

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt: the same height for every row."""
        theme = self._look.theme
        first = QFontMetrics(theme.font(bold=True)).height()
        second = QFontMetrics(theme.font("small")).height()
        return QSize(120, max(theme.size("row"), first + second + 14))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: one row."""
        row = index.data(Qt.ItemDataRole.UserRole)
        area: QRect = option.rect  # type: ignore[attr-defined]
        painter.save()
        self._ground(painter, option, area)
        inner = area.adjusted(16, 0, -16, 0)
        if self.checks:
            inner = self._check(painter, option, inner)
        if isinstance(row, Row):
            inner.setRight(self._tags(painter, row, inner))
            self._words(painter, row, inner)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, area: QRect) -> None:
        theme, state = self._look.theme, option.state  # type: ignore[attr-defined]
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.colour("primary_soft"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme.colour("hover"))
        painter.setPen(QPen(theme.colour("line")))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if self.ring and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.colour("primary"), 2))
            painter.drawRoundedRect(area.adjusted(1, 1, -2, -2), 6, 6)

    def _check(self, painter: QPainter, option: QStyleOptionViewItem, area: QRect) -> QRect:
        theme, size = self._look.theme, self._look.theme.size("base") + 4
        box = QRect(area.left(), area.center().y() - size // 2, size, size)
        on = option.state & QStyle.StateFlag.State_Selected  # type: ignore[attr-defined]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("primary" if on else "border"), 1))
        painter.setBrush(theme.colour("primary" if on else "card"))
        painter.drawRoundedRect(box, 4, 4)
        if on:
            painter.setPen(QPen(theme.colour("on_primary"), 2))
            third = size // 4
            painter.drawLine(
                box.left() + third, box.center().y(), box.center().x(), box.bottom() - third
            )
            painter.drawLine(
                box.center().x(), box.bottom() - third, box.right() - third, box.top() + third
            )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        return area.adjusted(size + 12, 0, 0, 0)

    def _tags(self, painter: QPainter, row: Row, area: QRect) -> int:
        theme = self._look.theme
        painter.setFont(theme.font("small"))
        metrics, right = painter.fontMetrics(), area.right()
        for text, tone in reversed(row.tags):
            width = metrics.horizontalAdvance(text) + 14
            if right - width < area.left() + area.width() // 2:
                break
            box = QRect(right - width, 0, width, metrics.height() + 2)
            box.moveTop(area.center().y() - box.height() // 2)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour({"blue": "primary"}.get(tone, tone) + "_soft"))
            painter.drawRoundedRect(box, 4, 4)
            ink = {"grey": "secondary", "blue": "primary"}.get(tone, tone)
            painter.setPen(theme.colour(ink))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            right -= width + 8
        painter.setBrush(Qt.BrushStyle.NoBrush)
        return right - 8 if row.tags else area.right()

    def _words(self, painter: QPainter, row: Row, area: QRect) -> None:
        theme = self._look.theme
        bold, small = theme.font(bold=True), theme.font("small")
        first, second = QFontMetrics(bold).height(), QFontMetrics(small).height()
        two = bool(row.detail or row.strong)
        top = area.center().y() - (first + second if two else first) // 2
        ink, grey = theme.colour("ink"), theme.colour("secondary")
        mode = Qt.TextElideMode
        line = QRect(area.left(), top, area.width(), first)
        # of an address the end says most: the house and the room
        aside = _Words(row.aside, theme.font(), grey, mode.ElideMiddle)
        _pair(painter, line, _Words(row.title, bold, ink), aside, _APART)
        if two:
            below = QRect(area.left(), top + first, area.width(), second)
            strong = _Words(row.strong, theme.font("small", bold=True), grey)
            _pair(painter, below, _Words(row.detail, small, grey), strong, second // 3)


@dataclass(frozen=True, slots=True)
class _Words:
    """Words in one font and colour, and where they are cut when there is no room."""

    text: str
    font: QFont
    colour: QColor
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight

    def width(self) -> int:
        """What all of it takes, in px."""
        return QFontMetrics(self.font).horizontalAdvance(self.text) + 1 if self.text else 0

    def draw(self, painter: QPainter, area: QRect) -> None:
        """As much of it as ``area`` holds."""
        if not self.text or area.width() < _LEAST:
            return
        painter.setFont(self.font)
        painter.setPen(self.colour)
        shown = painter.fontMetrics().elidedText(self.text, self.elide, area.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, int(flags), shown)


def _pair(painter: QPainter, area: QRect, first: _Words, other: _Words, gap: int) -> None:
    """Two texts beside each other, each with its share of the line."""
    gap = gap if first.text and other.text else 0
    width, rest = shares(first.width(), other.width(), area.width() - gap)
    first.draw(painter, QRect(area.left(), area.top(), width, area.height()))
    left = area.left() + width + gap
    other.draw(painter, QRect(left, area.top(), rest, area.height()))


def shares(first: int, other: int, room: int) -> tuple[int, int]:
    """What two texts of these widths get of ``room`` (all px): what one does not need is the other's."""
    if first + other <= room:
        return first, other
    half = room // 2
    mine = max(half, room - other) if first > half else first
    return mine, max(0, room - mine)


class RowList(QListView):
    """A list of ``Row``s. ``activated`` (Enter, click) opens one."""

    def __init__(self, name: str, tasks: Tasks, look: Look, fetch: Fetch) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.rows = RowModel(tasks, fetch, self)
        self.painter_ = RowPainter(look, self)
        self.setModel(self.rows)
        self.setItemDelegate(self.painter_)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._whole = False
        look.changed.connect(self._resized)

    def choose_several(self, several: bool) -> None:
        """Rows are ticked instead of opened."""
        self.painter_.checks = several
        mode = QAbstractItemView.SelectionMode
        self.clearSelection()
        self.setSelectionMode(mode.MultiSelection if several else mode.SingleSelection)
        self.viewport().update()

    def chosen_ids(self) -> tuple[UUID, ...]:
        """The ids selected, in the order of the list."""
        return self.rows.ids_at(n for first, last in self._ranges() for n in range(first, last + 1))

    def chosen_count(self) -> int:
        """How many are selected."""
        return sum(last - first + 1 for first, last in self._ranges())

    def _ranges(self) -> list[tuple[int, int]]:
        # by range: a whole list is one of them, however long it is
        ranges = self.selectionModel().selection()
        found = (ranges.at(n) for n in range(ranges.count()))
        return sorted((r.top(), r.bottom()) for r in found)

    def show_ids(self, ids: Sequence[UUID]) -> None:
        """Another list, keeping the current row where it is still there."""
        current = self.rows.id_at(self.currentIndex())
        self.rows.set_ids(ids)
        place = self.rows.place_of(current) if current else -1
        if place >= 0:
            self.setCurrentIndex(self.rows.index(place))
        if self.window().isVisible():
            # before it is shown and painted, and before whatever else the page asks for then
            self.rows.look_at(max(place, 0))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt: who comes with Tab sees where they are."""
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.painter_.ring = event.reason() in keys
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: who uses keys sees where they are."""
        self.painter_.ring = True
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: who uses the mouse knows."""
        self.painter_.ring = False
        super().mousePressEvent(event)

    def be_whole(self, whole: bool) -> None:
        """Be as high as all rows, for a list in what scrolls itself."""
        self._whole = whole
        self._level()

    def _level(self) -> None:
        high = self.sizeHintForRow(0) * self.rows.rowCount() + 2 * self.frameWidth()
        self.setMinimumHeight(high if self._whole and self.rows.rowCount() else 0)

    def _resized(self) -> None:
        self._level()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()
