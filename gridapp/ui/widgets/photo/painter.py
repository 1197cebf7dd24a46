"""Paints a grid of photos: the picture, a line or two beneath it, a tick where it is chosen, headings across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gridapp.i18n import tr
from gridapp.ui.theme import Look

if TYPE_CHECKING:
    from gridapp.ui.widgets.photo.grid import PhotoGrid

_WIDTH, _HEIGHT = 136, 102  # px of a picture at 100%
_GAP = 6
_TICK = 24
_HEADING = 38


class CellPainter(QStyledItemDelegate):
    """Draws what a ``GridModel`` holds, in the sizes and colours of the theme."""

    def __init__(self, look: Look, view: PhotoGrid, lines: int) -> None:
        super().__init__(view)
        self._look, self._view, self._lines = look, view, lines
        self.measure()

    def measure(self) -> None:
        """Take the sizes from the theme; thousands of cells ask for them at each layout."""
        theme = self._look.theme
        line = QFontMetrics(theme.font("small")).height()
        words = self._lines * line + (_GAP if self._lines else 0)
        self._cell = self.picture() + QSize(2 * _GAP, 2 * _GAP + words)
        self._heading_height = round(_HEADING * theme.scale)

    def picture(self) -> QSize:
        """The room of one picture."""
        scale = 1 + (self._look.theme.scale - 1) * 0.6
        return QSize(round(_WIDTH * scale), round(_HEIGHT * scale))

    def cell(self) -> QSize:
        """The room of one cell, with the words beneath."""
        return self._cell

    def sizeHint(
        self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Qt: a heading takes a line of its own."""
        if isinstance(self._view.cells.item(index), str):
            return QSize(max(1, self._view.viewport().width() - 1), self._heading_height)
        return self._cell

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: one heading or one photo."""
        item = self._view.cells.item(index)
        rect: QRect = option.rect  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(item, str):
            self._heading(painter, rect, item)
        else:
            frame = QRect(rect.topLeft(), self.picture()).translated(_GAP, _GAP)
            self._picture(painter, frame, self._view.cells.pixmap(item))
            self._words(painter, frame, item.lines)
            state = option.state  # type: ignore[attr-defined]
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            current = self._view.hasFocus() and index == self._view.currentIndex()
            self._marks(painter, frame, chosen=chosen, current=current)
        painter.restore()

    def _heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(self._look.theme.font("head", bold=True))
        painter.setPen(self._look.theme.colour("ink"))
        where = rect.adjusted(_GAP, 0, -_GAP, -_GAP)
        painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)

    def _picture(self, painter: QPainter, frame: QRect, pixmap: QPixmap | None) -> None:
        theme = self._look.theme
        painter.fillRect(frame, theme.colour("grey_soft"))
        if pixmap is None or pixmap.isNull():
            text = tr("正在打开…") if pixmap is None else self._view.lacking
            painter.setFont(theme.font("small"))
            painter.setPen(theme.colour("secondary"))
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
            return
        size = pixmap.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
        where = QRect(frame.topLeft(), size)
        where.moveCenter(frame.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(where, pixmap)

    def _words(self, painter: QPainter, frame: QRect, lines: tuple[str, ...]) -> None:
        theme = self._look.theme
        font = theme.font("small")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        top = frame.bottom() + _GAP
        for number, line in enumerate(lines[: self._lines]):
            painter.setPen(theme.colour("secondary" if number else "ink"))
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, frame.width())
            where = QRect(frame.left(), top, frame.width(), metrics.height())
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, shown)
            top += metrics.height()

    def _marks(self, painter: QPainter, frame: QRect, *, chosen: bool, current: bool) -> None:
        theme = self._look.theme
        if chosen and self._view.ticks:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("primary"), 4))
            painter.drawRect(frame.adjusted(1, 1, -1, -1))
            self._tick(painter, frame)
        if current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("ink"), 2))
            painter.drawRect(frame.adjusted(-3, -3, 3, 3))

    def _tick(self, painter: QPainter, frame: QRect) -> None:
        theme = self._look.theme
        side = round(_TICK * theme.scale)
        circle = QRect(frame.right() - side - 5, frame.top() + 6, side, side)
        painter.setPen(QPen(theme.colour("card"), 2))
        painter.setBrush(theme.colour("primary"))
        painter.drawEllipse(circle)
        painter.setPen(QPen(theme.colour("on_primary"), max(2, side // 9)))
        points = ((0.27, 0.53), (0.44, 0.7), (0.74, 0.34))
        corners = [QPointF(circle.x() + x * side, circle.y() + y * side) for x, y in points]
        painter.drawPolyline(corners)
