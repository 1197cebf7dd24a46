"""A list of rows with one thing to do in each, painted as a button: hundreds of rows open at once.

Enter does it for the current row; a click beside the button, or the space bar, opens the row.
"""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, Signal, SignalInstance
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyleOptionViewItem

from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look
from gridapp.ui.widgets.row_list import Fetch, Index, Row, RowList, RowPainter

_EDGE = 16  # px between the button and the end of the row
_GAP = 12
_ROOM = 3  # times its width that a row needs to have a button


class ActionPainter(RowPainter):
    """A row, and its button at the right where there is room for both."""

    def __init__(self, look: Look, view: QListView, action: str) -> None:
        super().__init__(look, view)
        self._action, self.offered = action, True
        self.hot: int | None = None  # the row whose button the mouse is over

    def button(self, area: QRect) -> QRect | None:
        """Where the button of a row stands that takes ``area``; None where it has no room."""
        theme = self._look.theme
        width = QFontMetrics(theme.font()).horizontalAdvance(self._action) + 2 * _EDGE
        if not self.offered or area.width() < width * _ROOM:
            return None
        box = QRect(0, 0, width, theme.size("target"))
        box.moveCenter(area.center())
        box.moveRight(area.right() - _EDGE)
        return box

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: one row."""
        super().paint(painter, option, index)
        box = self.button(option.rect)  # type: ignore[attr-defined]
        if box is None:
            return
        theme, hot = self._look.theme, self.hot == index.row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.setBrush(theme.colour("hover" if hot else "card"))
        painter.drawRoundedRect(box, 6, 6)
        painter.setFont(theme.font())
        painter.setPen(theme.colour("ink"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._action)
        painter.restore()

    def _tags(self, painter: QPainter, row: Row, area: QRect) -> int:
        whole = area.adjusted(-_EDGE, 0, _EDGE, 0)
        box = self.button(whole)
        if box is None:
            return super()._tags(painter, row, area)
        return super()._tags(painter, row, area.adjusted(0, 0, box.left() - _GAP - area.right(), 0))


class ActionRows(RowList):
    """``acted`` tells the id of a row whose button was used, ``opened`` that of one to be looked at."""

    acted = Signal(object)
    opened = Signal(object)

    def __init__(self, name: str, action: str, tasks: Tasks, look: Look, fetch: Fetch) -> None:
        super().__init__(name, tasks, look, fetch)
        self._actions = ActionPainter(look, self, action)
        self.painter_ = self._actions
        self.setItemDelegate(self._actions)
        self._pressed: UUID | None = None
        self.clicked.connect(lambda index: self._tell(self.opened, index))

    def offer(self, *, offered: bool) -> None:
        """Whether there is something to be done in the rows; else they are only opened."""
        self._actions.offered = offered
        self.viewport().update()

    def current_id(self) -> UUID | None:
        """The id of the current row, None where none is."""
        return self.rows.id_at(self.currentIndex())

    def button_of(self, index: QModelIndex) -> QRect | None:
        """Where the button of a row stands in the list, None where it has none."""
        return self._actions.button(self.visualRect(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter and the space bar."""
        keys = {
            Qt.Key.Key_Return: self.acted,
            Qt.Key.Key_Enter: self.acted,
            Qt.Key.Key_Space: self.opened,
        }
        signal = keys.get(Qt.Key(event.key()))
        if signal is self.acted and not self._actions.offered:
            signal = self.opened
        if signal is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        else:
            self._tell(signal, self.currentIndex())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: a press on the button is not one on the row."""
        index = self._over(event.position().toPoint())
        if index is None or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._pressed = self.rows.id_at(index)
        self.painter_.ring = False
        self.setCurrentIndex(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt: the button is used where it was pressed and let go."""
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            super().mouseReleaseEvent(event)
            return
        index = self._over(event.position().toPoint())
        if index and self.rows.id_at(index) == pressed:
            self._tell(self.acted, index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt: the button under the mouse shows that it can be pressed."""
        super().mouseMoveEvent(event)
        self._heat(self._over(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Qt: the mouse is elsewhere."""
        super().leaveEvent(event)
        self._heat(None)

    def _heat(self, index: QModelIndex | None) -> None:
        hot = index.row() if index else None
        if hot != self._actions.hot:
            self._actions.hot = hot
            self.viewport().update()

    def _over(self, point: QPoint) -> QModelIndex | None:
        index = self.indexAt(point)
        box = self.button_of(index) if index.isValid() else None
        return index if box and box.contains(point) else None

    def _tell(self, signal: SignalInstance, index: QModelIndex) -> None:
        id_ = self.rows.id_at(index)
        if id_ is not None:
            signal.emit(id_)
