"""Two parts beside each other where there is room, beneath each other where there is not."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget


class Beside(QWidget):
    """``room``: heights of a line that both need across; ``shares``: of the width, or of the height."""

    def __init__(
        self, first: QWidget, second: QWidget, *, room: int = 40, shares: tuple[int, int] = (3, 2)
    ) -> None:
        super().__init__()
        self._room = room
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(12)
        self._box.addWidget(first, shares[0])
        self._box.addWidget(second, shares[1])

    @property
    def is_wide(self) -> bool:
        """Whether they stand beside each other."""
        return self._box.direction() == QBoxLayout.Direction.LeftToRight

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: another width."""
        super().resizeEvent(event)
        wide = self.width() >= self.fontMetrics().height() * self._room
        way = QBoxLayout.Direction
        self._box.setDirection(way.LeftToRight if wide else way.TopToBottom)
