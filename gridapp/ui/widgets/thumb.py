"""A small photo that opens large when it is clicked or Enter is pressed on it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QPushButton, QSizePolicy

from gridapp.i18n import tr
from gridapp.ui.theme import Look

_RADIUS = 6


class Thumb(QPushButton):
    """One photo, cut to the room it has, with its caption upon it. ``data``: JPEG bytes, None until they come."""

    opened = Signal(str)

    def __init__(
        self,
        look: Look,
        sha256: str,
        data: bytes | None,
        name: str,
        *,
        size: tuple[int, int],
        caption: str = "",
        tone: str = "grey",
    ) -> None:
        """``size``: px at 100%, the width at least; ``name`` is what a screen reader says."""
        super().__init__()
        self._look, self._sha, self._caption, self._tone = look, sha256, caption, tone
        self._pixmap = QPixmap()
        if data:
            self._pixmap.loadFromData(data)
        self._size = QSize(*(round(px * look.theme.scale) for px in size))
        self.setAutoDefault(False)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda _checked=False: self.opened.emit(self._sha))

    def fixed(self) -> Thumb:
        """As wide as it says, never wider."""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        return self

    def sizeHint(self) -> QSize:
        """Qt: as large as it was made."""
        return self._size

    def minimumSizeHint(self) -> QSize:
        """Qt: may become as narrow as it is high."""
        return QSize(min(self._size.width(), self._size.height()), self._size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: the photo filling its room, the caption at the foot, a ring while it has the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect()
        theme = self._look.theme
        if self._pixmap.isNull():
            self._missing(painter, area)
        else:
            painter.drawPixmap(area, self._pixmap, _middle(self._pixmap.size(), area.size()))
        if self._caption:
            self._write(painter, area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("primary"), 3))
            painter.drawRoundedRect(area.adjusted(1, 1, -2, -2), _RADIUS, _RADIUS)
        else:
            painter.setPen(QPen(theme.colour("line")))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.end()

    def _missing(self, painter: QPainter, area: QRect) -> None:
        theme = self._look.theme
        painter.fillRect(area, theme.colour("grey_soft"))
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("secondary"))
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        inner = area.adjusted(4, 4, -4, -4)
        painter.drawText(inner, flags, tr("照片还没到"))

    def _write(self, painter: QPainter, area: QRect) -> None:
        theme = self._look.theme
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        room = area.width() - 16
        text = metrics.elidedText(self._caption, Qt.TextElideMode.ElideRight, room - 14)
        width = metrics.horizontalAdvance(text) + 14
        box = QRect(area.left() + 8, 0, width, metrics.height() + 4)
        box.moveBottom(area.bottom() - 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(f"{self._tone}_soft"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.colour({"grey": "secondary"}.get(self._tone, self._tone)))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _middle(whole: QSize, room: QSize) -> QRect:
    """The largest part of ``whole`` with the shape of ``room``, from its middle."""
    part = room.scaled(whole, Qt.AspectRatioMode.KeepAspectRatio)
    return QRect(
        (whole.width() - part.width()) // 2,
        (whole.height() - part.height()) // 2,
        part.width(),
        part.height(),
    )
