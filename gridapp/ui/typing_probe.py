"""Typing into the search box of the real window, off screen, with a watch: for ``gridapp bench search``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gridapp.store.store import Store
from gridapp.store.views.places import my_post
from gridapp.store.views.reference import reference
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.desk import Desk
from gridapp.ui.tour import settle
from gridapp.ui.shell import Shell
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look, Theme
from gridapp.ui.window import Window

_GIVE_UP = 5000  # ms


@dataclass(frozen=True, slots=True)
class Typed:
    """Milliseconds from each keystroke to its rows, and the longest pauses of the event loop per text."""

    to_rows: tuple[float, ...]
    pauses: tuple[float, ...]


class _AtRest:
    state = ServiceState(Phase.IDLE)

    def sync_now(self) -> None:
        """Nothing: typing is measured alone."""

    def fetch_history(self, household_id: UUID, *, older: bool = False) -> Future[bool]:
        """No answer."""
        future: Future[bool] = Future()
        future.set_result(False)
        return future


def type_in(store: Store, texts: Sequence[str]) -> Typed:
    """Type every text, character by character, waiting for the rows of each."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(["gridapp"])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    tasks, look, window = Tasks(), Look(Theme()), Window()
    look.use(look.theme)
    desk = Desk(store, look, tasks, _AtRest())
    desk.reference = store.read(reference).result()
    desk.post = store.read(my_post).result()
    shell = Shell(desk)
    window.show_only(shell)
    shell.go(shell.where)
    window.show()
    settle(tasks)
    to_rows: list[float] = []
    pauses: list[float] = []
    for text in texts:
        watch = _Watch()
        to_rows += [_key(shell, text[:end]) for end in range(1, len(text) + 1)]
        pauses.append(watch.stop())
        shell.search.close_results()
        settle(tasks)
    window.close()
    desk.close()
    tasks.close()
    return Typed(tuple(to_rows), tuple(pauses))


class _Watch:
    """Ticks every millisecond; the longest time between two ticks is the longest pause."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._longest = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(1)

    def stop(self) -> float:
        """The longest pause in ms."""
        self._tick()
        self._timer.stop()
        return self._longest * 1000

    def _tick(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now


def _key(shell: Shell, text: str) -> float:
    """One more character; milliseconds until the rows of the whole text are shown."""
    loop, box = QEventLoop(), shell.search
    wait = box.shown.connect(lambda shown: loop.quit() if shown == text else None)
    QTimer.singleShot(_GIVE_UP, loop.quit)
    began = time.perf_counter()
    if text[-1].isascii():
        QTest.keyClicks(box.line, text[-1])
    else:
        # What an input method commits: it arrives as text, not as a key.
        box.line.insert(text[-1])
        box.line.textEdited.emit(box.line.text())
    loop.exec()
    took = (time.perf_counter() - began) * 1000
    box.shown.disconnect(wait)
    return took
