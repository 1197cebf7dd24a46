"""Whether a window can be opened here, and how: for ``gridapp doctor`` and the program's test of itself.

``probe`` runs in a process of its own: Qt ends it where a library is missing.
"""

from __future__ import annotations

import sys
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Seen:
    """A window that was opened: Qt's platform, size in pixels, font families and picture formats it reads."""

    platform: str
    width: int
    height: int
    families: tuple[str, ...]
    formats: frozenset[str]


def first_window() -> Seen:
    """Open the window that a new user sees first, and close it. Width 0 where nothing was drawn."""
    from PySide6.QtGui import QImageReader
    from PySide6.QtWidgets import QApplication

    from gridapp.ui.entering.enrol import Enrol
    from gridapp.ui.tasks import Tasks
    from gridapp.ui.theme import Look, Theme, load_fonts
    from gridapp.ui.window import Window

    def never(*_: object) -> Future[Any]:
        return Future()

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    tasks, look, window = Tasks(), Look(Theme()), Window()
    look.use(look.theme)
    window.show_only(Enrol(look, tasks, never, others=False))
    window.show()
    app.processEvents()
    picture = window.grab()
    window.close()
    tasks.close()
    formats = {bytes(each.data()).decode() for each in QImageReader.supportedImageFormats()}
    size = (picture.width(), picture.height())
    return Seen(app.platformName(), *size, load_fonts(), frozenset(formats))
