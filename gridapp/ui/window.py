"""The top window: enrolment, unlocking or the shell, one at a time, and a note beneath where there is one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import Elided, columns

_WIDTH, _HEIGHT = 1366, 768


class Window(QWidget):
    """Holds what is shown now; ``closing`` comes before it goes."""

    closing = Signal()

    def __init__(self, note: str = "") -> None:
        """``note``: a line that stays at the bottom, for example what a demonstration is."""
        super().__init__()
        self.setObjectName("window")
        self.resize(_WIDTH, _HEIGHT)
        self.setMinimumSize(800, 540)
        self._stack = QStackedWidget()
        self._note = QFrame()
        self._note.setObjectName("note")
        line = columns(Elided(note, "secondary"))
        line.setContentsMargins(18, 4, 18, 4)
        self._note.setLayout(line)
        self._note.hide()
        self._has_note = bool(note)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._stack, 1)
        whole.addWidget(self._note)

    def currentWidget(self) -> QWidget:
        """What is shown now."""
        return self._stack.currentWidget()

    def show_only(self, content: QWidget, *, note: bool = True) -> None:
        """Show ``content`` instead of what was there; ``note`` False where it tells the note itself."""
        old = self._stack.widget(0)  # type: QWidget | None
        self._stack.addWidget(content)
        self._stack.setCurrentWidget(content)
        self._note.setVisible(note and self._has_note)
        self.setWindowTitle(tr("网格工作台"))
        if old is not None and old is not content:
            self._stack.removeWidget(old)
            old.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: the last chance to keep drafts."""
        self.closing.emit()
        super().closeEvent(event)
