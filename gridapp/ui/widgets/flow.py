"""A row that breaks into several where it does not fit, so nothing is cut off at 200%."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class FlowLayout(QLayout):
    """Items side by side with ``gap`` px between (−1: borders overlap), lines ``line_gap`` px apart."""

    def __init__(self, parent: QWidget | None = None, gap: int = 8, line_gap: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap, self._line_gap = gap, line_gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Qt: takes an item at the end."""
        self._items.append(item)

    def count(self) -> int:
        """Qt: how many items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Qt: one item, None beyond the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """Qt: removes one item."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Qt: none."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Qt: fewer px across, more lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Qt: the height of all lines at ``width`` px."""
        return self._arrange(QRect(0, 0, width, 0), place=False)

    def setGeometry(self, rect: QRect) -> None:
        """Qt: places the items."""
        super().setGeometry(rect)
        self._arrange(rect, place=True)

    def sizeHint(self) -> QSize:
        """Qt: everything in one line."""
        shown = [item for item in self._items if not item.isEmpty()]
        width = sum(i.sizeHint().width() for i in shown) + self._gap * max(0, len(shown) - 1)
        return QSize(width, max((i.sizeHint().height() for i in shown), default=0))

    def minimumSize(self) -> QSize:
        """Qt: the widest item alone."""
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _arrange(self, rect: QRect, *, place: bool) -> int:
        x, y = rect.x(), rect.y()
        line: list[tuple[QLayoutItem, int, QSize]] = []
        for item in self._items:
            if item.isEmpty():
                continue
            hint = item.sizeHint().boundedTo(QSize(max(1, rect.width()), 1 << 20))
            if line and x + hint.width() > rect.x() + rect.width() + 1:
                y += self._finish(line, y, place) + self._line_gap
                x, line = rect.x(), []
            line.append((item, x, hint))
            x += hint.width() + self._gap
        return y + self._finish(line, y, place) - rect.y()

    def _finish(self, line: list[tuple[QLayoutItem, int, QSize]], y: int, place: bool) -> int:
        height = max((size.height() for _, _, size in line), default=0)
        if place:
            for item, x, size in line:
                lower = (height - size.height()) // 2
                item.setGeometry(QRect(QPoint(x, y + lower), size))
        return height


class Flow(QWidget):
    """A widget around a ``FlowLayout``."""

    def __init__(self, *widgets: QWidget, gap: int = 8, line_gap: int = 8) -> None:
        super().__init__()
        self.flow = FlowLayout(self, gap, line_gap)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        for widget in widgets:
            self.flow.addWidget(widget)
