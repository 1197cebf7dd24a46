"""When the started window shows its first row, and when it shows a typed key: for ``gridapp bench start``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from gridapp.ui.widgets.row_list import Row, RowPainter

Told = Callable[[float, float], None]


class StartProbe(QObject):
    """Waits for the first row that any list paints, types one key, and tells both moments.

    ``line`` gives the field to type into once there is one. ``told(row, key)``: seconds of
    ``time.monotonic``.
    """

    def __init__(self, line: Callable[[], QWidget | None], told: Told) -> None:
        super().__init__()
        self._line, self._told = line, told
        self._row = 0.0
        self._restore = _after_paint(self._row_painted)

    def _row_painted(self) -> None:
        if not self._row:
            self._row = time.monotonic()
            QTimer.singleShot(0, self._type)

    def _type(self) -> None:
        line = self._line()
        assert line is not None
        self._restore()
        line.setFocus()
        type_key(line, lambda: self._told(self._row, time.monotonic()))


def type_key(line: QWidget, shown: Callable[[], None]) -> None:
    """Press one key in a field; ``shown()`` follows once it is painted."""
    painted = line.viewport() if isinstance(line, QAbstractScrollArea) else line
    painted.installEventFilter(_Painted(painted, shown))
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, Qt.Key.Key_Z, Qt.KeyboardModifier.NoModifier, "z")
        QApplication.sendEvent(line, event)


class _Painted(QObject):
    def __init__(self, line: QWidget, shown: Callable[[], None]) -> None:
        super().__init__(line)
        self._shown = shown

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: the first painting after the key."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._shown)
        return False


def _after_paint(done: Callable[[], None]) -> Callable[[], None]:
    """Call ``done`` after each row with something in it is painted; returns what ends that."""
    paint = RowPainter.paint

    def watched(self: RowPainter, painter: Any, option: Any, index: Any) -> None:
        paint(self, painter, option, index)
        if isinstance(index.data(Qt.ItemDataRole.UserRole), Row):
            done()

    def restore() -> None:
        RowPainter.paint = paint  # type: ignore[method-assign]

    RowPainter.paint = watched  # type: ignore[method-assign]
    return restore
