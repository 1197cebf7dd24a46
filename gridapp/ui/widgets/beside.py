"""Two parts beside each other where there is room, beneath each other where there is not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

_ROOM = 30  # heights of a line that both need across to stand beside each other


class Beside(QWidget):
    """``shares``: of the width, or of the height.

    ``lines``: of text that each shows at least, however small the window; put it in ``scrolling`` then.
    """

    arranged = Signal()  # beside or beneath each other

    def __init__(
        self, first: QWidget, second: QWidget, *, shares: tuple[int, int] = (3, 2), lines: int = 0
    ) -> None:
        super().__init__()
        self._parts, self._lines = (first, second), lines
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(12)
        for part, share in zip(self._parts, shares, strict=True):
            self._box.addWidget(part, share)

    @property
    def is_wide(self) -> bool:
        """Whether they stand beside each other."""
        return self._box.direction() == QBoxLayout.Direction.LeftToRight

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: another width."""
        super().resizeEvent(event)
        line = self.fontMetrics().height()
        way = QBoxLayout.Direction
        wide = self.width() >= line * _ROOM
        self._box.setDirection(way.LeftToRight if wide else way.TopToBottom)
        self._level()
        self.arranged.emit()

    def event(self, event: QEvent) -> bool:
        """Qt: a part wants another height."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._level()
        return super().event(event)

    def _level(self) -> None:
        least = self.fontMetrics().height() * self._lines
        for part in self._parts if self._lines else ():
            part.setMinimumHeight(max(least, part.minimumSizeHint().height()))
