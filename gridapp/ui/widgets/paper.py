"""A sheet of paper on the screen: white whatever the theme, as large as wanted, scrolled where it is larger."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from gridapp.ui.theme import Look

_EDGE = 12  # px around the sheet


class PaperView(QScrollArea):
    """One page. ``resized`` tells that a page that fills the view has to be drawn anew."""

    resized = Signal()

    def __init__(self, name: str, look: Look) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 120)
        self._sheet = _Sheet(look)
        self.setWidget(self._sheet)

    def fitting(self, width: float, height: float) -> float:
        """Pixels a point at which a page of that many points is seen whole."""
        room = self.viewport().size()
        across, down = (max(60, side - 2 * _EDGE) for side in (room.width(), room.height()))
        return min(across / width, down / height)

    @property
    def picture(self) -> QImage | None:
        """What is shown."""
        return self._sheet.picture

    def show_page(self, picture: QImage | None, size: QSize) -> None:
        """``picture`` on a sheet of ``size`` px; None is a sheet still empty."""
        self._sheet.picture = picture
        self._sheet.setFixedSize(size.width() + 2 * _EDGE, size.height() + 2 * _EDGE)
        self._sheet.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: a page that fits does so at another size."""
        super().resizeEvent(event)
        self.resized.emit()


class _Sheet(QWidget):
    def __init__(self, look: Look) -> None:
        super().__init__()
        self.picture: QImage | None = None
        self._look = look

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: the page, or white paper until it is drawn."""
        painter = QPainter(self)
        area = self.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        painter.fillRect(area, Qt.GlobalColor.white)
        if self.picture is not None:
            painter.drawImage(area, self.picture)
        painter.setPen(QPen(self._look.theme.colour("border")))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))
        painter.end()
