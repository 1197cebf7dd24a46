"""One picture, as large as fits or pixel by pixel, moved with the mouse where it is larger than its frame."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea

_MARGIN = 4


class Canvas(QScrollArea):
    """``toggled`` follows a double click: the other of the two sizes is wanted."""

    toggled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.installEventFilter(self)
        self.setWidget(self._picture)
        self._image = QImage()
        self._whole = True
        self._grip: QPoint | None = None

    @property
    def shown(self) -> QSize:
        """The size of the picture on the screen in px, as drawn now."""
        pixmap = self._picture.pixmap()
        return pixmap.deviceIndependentSize().toSize()

    @property
    def image(self) -> QImage:
        """The picture, null where there is none."""
        return self._image

    def show_image(self, image: QImage, spoken: str = "") -> None:
        """Another picture; a null one clears. ``spoken``: what a screen reader says."""
        self._image = image
        self.setAccessibleName(spoken)
        self._draw()

    def fit(self, whole: bool) -> None:
        """The whole picture in the frame, or each pixel of it as one of the screen."""
        self._whole = whole
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: fits again."""
        super().resizeEvent(event)
        if self._whole:
            self._draw()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: the picture is dragged, or clicked twice."""
        kinds = QEvent.Type
        if event.type() == kinds.MouseButtonDblClick:
            self.toggled.emit()
            return True
        if isinstance(event, QMouseEvent) and event.type() in (
            kinds.MouseButtonPress,
            kinds.MouseMove,
            kinds.MouseButtonRelease,
        ):
            self._drag(event)
            return True
        return super().eventFilter(watched, event)

    def _drag(self, event: QMouseEvent) -> None:
        here = event.globalPosition().toPoint()
        if event.type() == QEvent.Type.MouseMove and self._grip is not None:
            moved = here - self._grip
            for bar, by in (
                (self.horizontalScrollBar(), moved.x()),
                (self.verticalScrollBar(), moved.y()),
            ):
                bar.setValue(bar.value() - by)
        self._grip = None if event.type() == QEvent.Type.MouseButtonRelease else here

    def _draw(self) -> None:
        if self._image.isNull():
            self._picture.setPixmap(QPixmap())
            self._picture.resize(0, 0)
            return
        ratio = self.devicePixelRatioF()
        image = self._image
        if self._whole:
            room = self.maximumViewportSize() - QSize(_MARGIN, _MARGIN)
            image = _within(image, QSize(round(room.width() * ratio), round(room.height() * ratio)))
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        self._picture.setPixmap(pixmap)
        self._picture.resize(pixmap.deviceIndependentSize().toSize())


def _within(image: QImage, room: QSize) -> QImage:
    """The image, made smaller until it fits; small ones are never blown up."""
    if image.width() <= room.width() and image.height() <= room.height():
        return image
    ratio, way = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(room.expandedTo(QSize(1, 1)), ratio, way)
