"""Photos dropped on a form or pasted into it, wherever the cursor is; words still go into text fields."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from gridapp.ui.widgets.basic import inside
from gridapp.ui.widgets.photo.sources import Source, given, holds_photos

_DRAGGING = (QEvent.Type.DragEnter, QEvent.Type.DragMove)


class Intake(QObject):
    """Watches one form. ``hovering`` tells when photos are held over it and when no more."""

    hovering = Signal(bool)

    def __init__(self, root: QWidget, take: Callable[[list[Source]], object]) -> None:
        super().__init__(root)
        self._take = take
        root.setAcceptDrops(True)
        root.installEventFilter(self)
        # Text fields take drops and pastes for themselves: file names would be written into them.
        for line in inside(root, QLineEdit):
            line.installEventFilter(self)
        for text in inside(root, QPlainTextEdit):
            text.installEventFilter(self)
            text.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: photos among what arrives."""
        kind = event.type()
        if kind in _DRAGGING or kind == QEvent.Type.Drop:
            return isinstance(event, QDropEvent) and self._dropped(event)
        if kind == QEvent.Type.DragLeave:
            self.hovering.emit(False)
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return event.matches(QKeySequence.StandardKey.Paste) and self._paste(watched)
        return False

    def _dropped(self, event: QDropEvent) -> bool:
        mime = event.mimeData()
        if not holds_photos(mime):
            return False
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        arrived = event.type() == QEvent.Type.Drop
        self.hovering.emit(not arrived)
        if arrived:
            self._take(given(mime))
        return True

    def _paste(self, watched: QObject) -> bool:
        mime: QMimeData = QGuiApplication.clipboard().mimeData()
        in_text = isinstance(watched, QLineEdit | QPlainTextEdit)
        if not holds_photos(mime, in_text=in_text):
            return False
        self._take(given(mime))
        return True
