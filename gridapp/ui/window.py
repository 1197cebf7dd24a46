"""The top window: enrolment, unlocking or the shell, one at a time."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from gridapp.i18n import tr

_WIDTH, _HEIGHT = 1366, 768


class Window(QStackedWidget):
    """Holds what is shown now; ``closing`` comes before it goes."""

    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("window")
        self.resize(_WIDTH, _HEIGHT)
        self.setMinimumSize(800, 540)

    def show_only(self, content: QWidget) -> None:
        """Show ``content`` instead of what was there."""
        old = self.widget(0)  # type: QWidget | None
        self.addWidget(content)
        self.setCurrentWidget(content)
        self.setWindowTitle(tr("网格工作台"))
        if old is not None and old is not content:
            self.removeWidget(old)
            old.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: the last chance to keep drafts."""
        self.closing.emit()
        super().closeEvent(event)
