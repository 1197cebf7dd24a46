"""The top window: enrolment, unlocking or the shell, one at a time, and a note beneath where there is one.

It comes back where it stood, on a screen that is there, and tells ``placed`` when it stands elsewhere.
"""

from __future__ import annotations

import os

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QMoveEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.ui.running.window_place import LEAST, Room, WindowPlace, fitting
from gridapp.ui.widgets.basic import Elided, columns

_SETTLED = 1000  # ms after the last move


class Window(QWidget):
    """Holds what is shown now; ``closing`` comes before it goes."""

    closing = Signal()
    placed = Signal(object)  # WindowPlace

    def __init__(self, note: str = "", place: WindowPlace | None = None) -> None:
        """``note``: a line that stays at the bottom, for example what a demonstration is."""
        super().__init__()
        self.setObjectName("window")
        self.setMinimumSize(LEAST)
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
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED)
        self._settled.timeout.connect(lambda: self.placed.emit(self.place()))
        self.put(place)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.screenRemoved.connect(self._screen_gone)

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

    def place(self) -> WindowPlace:
        """Where the window stands."""
        rect = self.normalGeometry() if self.isMaximized() else self.geometry()
        return WindowPlace(
            rect.x(),
            rect.y(),
            rect.width(),
            rect.height(),
            self.isMaximized(),
            self.screen().name(),
        )

    def put(self, place: WindowPlace | None) -> None:
        """Stand there, or as near to it as the screens of now allow."""
        self.setGeometry(fitting(place, _rooms()))
        if place and place.maximised:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def come_forward(self, token: str = "") -> None:
        """In front of other programs' windows. ``token``: the permission that Wayland asks for."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: the last chance to keep drafts."""
        self._settled.stop()
        self.placed.emit(self.place())
        self.closing.emit()
        super().closeEvent(event)

    def moveEvent(self, event: QMoveEvent) -> None:
        """Qt: it stands elsewhere."""
        super().moveEvent(event)
        self._settled.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: it has another size."""
        super().resizeEvent(event)
        self._settled.start()

    def changeEvent(self, event: QEvent) -> None:
        """Qt: maximised, or not any more."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._settled.start()

    def _screen_gone(self, _screen: QScreen) -> None:
        self.put(self.place())


def _rooms() -> list[Room]:
    main = QGuiApplication.primaryScreen()
    others = [s for s in QGuiApplication.screens() if s is not main]
    return [Room(s.name(), s.availableGeometry()) for s in (main, *others)]
