"""Collects Python's cyclic garbage on the GUI thread only.

Widgets and their callbacks refer to each other in circles. Left alone, Python breaks such circles on
whatever thread happens to allocate, and a widget destroyed on the store's writer thread takes the
program with it.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY = 1000  # ms


class Collector(QObject):
    """Takes the collection of garbage over from Python, until ``stop``."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self.spare_what_is_there()
        self._limits = gc.get_threshold()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self.check)
        self._timer.start()

    def spare_what_is_there(self) -> None:
        """What the program itself consists of never becomes garbage: looking through it takes 50 ms each time."""
        gc.freeze()

    def check(self) -> None:
        """Collect as deep as Python itself would by now."""
        counts = gc.get_count()
        due = [
            n
            for n, (count, limit) in enumerate(zip(counts, self._limits, strict=True))
            if count > limit
        ]
        if due:
            gc.collect(max(due))

    def stop(self) -> None:
        """Collect once more and give it back to Python."""
        self._timer.stop()
        gc.collect()  # what came since the start; what was there before is no window's
        gc.unfreeze()
        gc.enable()
