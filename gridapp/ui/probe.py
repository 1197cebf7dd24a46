"""Whether a window can be opened here. Run in a process of its own: Qt ends it where a library is missing."""

from __future__ import annotations

import sys


def probe() -> int:
    """Start Qt, say its version and platform on standard output, and end."""
    from PySide6.QtCore import qVersion
    from PySide6.QtWidgets import QApplication, QWidget

    app = QApplication(sys.argv[:1])
    window = QWidget()
    window.resize(10, 10)
    if window.grab().isNull():
        return 1
    print(f"Qt {qVersion()} {app.platformName()}")
    return 0
