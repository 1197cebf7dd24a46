"""The sentence of a visit: Enter moves on, Shift+Enter makes another line."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from gridapp.ui.widgets.field import Paragraph


class Sentence(Paragraph):
    """A paragraph that mostly is one line."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: plain Enter belongs to the form."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()
            return
        super().keyPressEvent(event)
