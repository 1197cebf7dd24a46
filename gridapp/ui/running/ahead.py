"""Loads what the window will need while somebody types the password.

The first screen needs a small part of the program, and Argon2 takes a tenth of a second on other
threads: what comes after is loaded meanwhile, a part at each turn of the event loop, so that no key waits.
"""

from __future__ import annotations

import importlib

from PySide6.QtCore import QObject, QTimer

PARTS = (
    "gridapp.ui.desk",
    "gridapp.store.views.household_page",
    "gridapp.ui.forms.form",
    "gridapp.ui.forms.every",
    "gridapp.ui.pages.households",
    "gridapp.ui.pages.every",
    "gridapp.ui.shell",
    "gridapp.ui.running.continuity",
    "gridapp.sync.schedule",
)


class Ahead(QObject):
    """Loads one part after the other, then rests."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left = list(PARTS)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._load)

    def begin(self) -> None:
        """Begin when the event loop has nothing else to do."""
        self._timer.start(0)

    def _load(self) -> None:
        if self._left:
            importlib.import_module(self._left.pop(0))
        else:
            self._timer.stop()
