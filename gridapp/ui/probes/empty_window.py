"""The floor of ``gridapp bench start``: an empty window, one field, and the same key derivation.

A program of its own, so that nothing of gridapp is loaded: ``python -m gridapp.ui.probes.empty_window SALT
PASSES KIB LANES``, the password on standard input. Says when a typed key was shown, and its memory.
"""

from __future__ import annotations

import sys
import time

from argon2.low_level import Type, hash_secret_raw
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget


class _Line(QLineEdit):
    def __init__(self) -> None:
        super().__init__()
        self.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: paintings; the first begins the typing, the first with a text ends it."""
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self.said if self.text() else self.type)
        return False

    def type(self) -> None:
        """Press a key."""
        if not self.text():
            modifiers = Qt.KeyboardModifier.NoModifier
            event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Z, modifiers, "z")
            QApplication.sendEvent(self, event)

    def said(self) -> None:
        """Say when."""
        print(time.monotonic(), flush=True)
        QApplication.quit()


def main(arguments: list[str]) -> int:
    """Derive the key, show the window."""
    salt, (passes, memory, lanes) = bytes.fromhex(arguments[0]), map(int, arguments[1:])
    app = QApplication(["gridapp"])
    app.setStyle("Fusion")
    password = sys.stdin.readline().strip().encode()
    hash_secret_raw(password, salt, passes, memory, lanes, 32, Type.ID)
    window = QWidget()
    window.resize(1366, 768)
    line = _Line()
    QVBoxLayout(window).addWidget(line)
    window.show()
    line.setFocus()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
