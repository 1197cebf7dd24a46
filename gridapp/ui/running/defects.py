"""What happens when something unexpected goes wrong: a log without anything personal, one calm line on screen.

A defect is told by its kind and its place in the program, never by its text: that may hold what is stored
about people. The log stays in the data folder, on this computer, and is small.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

LOG_FOLDER, LOG_FILE = "log", "gridapp.log"
_BYTES, _FILES = 256 * 1024, 3
_ROOT = "gridapp"  # other libraries may log what they were given

log = logging.getLogger(__name__)


def kind_and_places(error: BaseException) -> str:
    """The type of a defect and the way to it, the innermost place first."""
    frames = traceback.extract_tb(error.__traceback__)
    way = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} at {way}" if way else type(error).__name__


def keep_log(data_dir: Path) -> logging.Handler | None:
    """Write warnings of gridapp to a small rotating file; None where the folder takes none."""
    folder = data_dir / LOG_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = _PrivateFile(
            folder / LOG_FILE, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8"
        )
    except OSError:
        return None
    handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger(_ROOT).addHandler(handler)
    return handler


class Defects(QObject):
    """Catches what nobody caught, on any thread. ``met`` follows on the GUI thread, for the one calm line."""

    met = Signal()
    _somewhere = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._somewhere.connect(self.met, Qt.ConnectionType.QueuedConnection)
        self._before = sys.excepthook, threading.excepthook

    def catch(self) -> None:
        """From now on, until ``release``."""
        sys.excepthook = self._escaped
        threading.excepthook = self._thread_ended

    def release(self) -> None:
        """As it was."""
        sys.excepthook, threading.excepthook = self._before

    def _escaped(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            self._before[0](kind, error, trace)
            return
        log.error("%s", kind_and_places(error.with_traceback(trace)))
        self._somewhere.emit()

    def _thread_ended(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._escaped(args.exc_type, args.exc_value, args.exc_traceback)


class _PrivateFile(RotatingFileHandler):
    """A log that nobody else may read, whatever the umask. A full disk is no reason to say anything."""

    def _open(self) -> object:  # type: ignore[override]
        stream = super()._open()
        os.chmod(self.baseFilename, 0o600)  # noqa: PTH101 - the handler knows its file by name
        return stream

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: it would print the record and a traceback."""


class _Plain(logging.Formatter):
    """Tells of an exception its kind and places only."""

    def format(self, record: logging.LogRecord) -> str:
        """Like the original, but never with a text that another handler made of the exception."""
        record.exc_text = None
        try:
            return super().format(record)
        finally:
            record.exc_text = None

    def formatException(self, ei: object) -> str:
        """The exception without its own words."""
        error = ei[1] if isinstance(ei, tuple) else None
        return kind_and_places(error) if isinstance(error, BaseException) else ""
