"""The real window over an open store, off screen, with a watch over its event loop: what the benches look through."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import QDeadlineTimer, QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from gridapp.store.store import Store
from gridapp.store.views.places import my_post
from gridapp.store.views.reference import reference
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.desk import Desk, Where
from gridapp.ui.running.collector import Collector
from gridapp.ui.shell import Shell
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look, Theme
from gridapp.ui.tour import settle
from gridapp.ui.window import Window

TURN = 0.001  # seconds: as the client has it


class AtRest:
    """Stands where the sync service would: nothing is sent, nothing comes."""

    state = ServiceState(Phase.IDLE)

    def sync_now(self) -> None:
        """Nothing: what is measured is measured alone."""

    def fetch_history(
        self, record_id: UUID, *, older: bool = False, kind: str = "household"
    ) -> Future[bool]:
        """No answer."""
        future: Future[bool] = Future()
        future.set_result(False)
        return future


@dataclass(frozen=True, slots=True)
class ProbeWindow:
    """A shell on its window, and what waits for it to be at rest."""

    shell: Shell
    window: Window
    tasks: Tasks

    def settle(self) -> None:
        """Run the event loop until nothing is under way."""
        settle(self.tasks)


@contextmanager
def probe_window(store: Store, first: Where | None = None) -> Iterator[ProbeWindow]:
    """The window of the store's user, as the client builds it, at a page (None: the user's own first)."""
    application()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    collector, tasks, look, window = Collector(), Tasks(), Look(Theme()), Window()
    look.use(look.theme)
    desk = Desk(store, look, tasks, AtRest())
    desk.reference = store.read(reference).result()
    desk.post = store.read(my_post).result()
    shell = Shell(desk)
    window.show_only(shell)
    shell.go(first or shell.where)
    window.show()
    settle(tasks)
    try:
        yield ProbeWindow(shell, window, tasks)
    finally:
        for form in shell.panel.forms():
            form.cancel()
        settle(tasks)
        window.close()
        desk.close()
        tasks.close()
        collector.stop()
        sys.setswitchinterval(interval)


def application() -> QApplication:
    """The one application, off screen unless told otherwise."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication(["gridapp"])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    return app


class Watch:
    """Ticks every millisecond; the longest time between two ticks is the longest pause."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._longest = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
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


def wait_for(done: Callable[[], bool], seconds: float = 30.0) -> float:
    """Run the event loop until ``done()``, asked every millisecond; milliseconds it took.

    The loop sleeps in between: one that spins would keep other threads from their turns. Raises
    ``TimeoutError``.
    """
    began = time.perf_counter()
    loop, timer = QEventLoop(), QTimer()
    deadline = QDeadlineTimer(int(seconds * 1000))
    timer.timeout.connect(lambda: loop.quit() if done() or deadline.hasExpired() else None)
    timer.start(1)
    loop.exec()
    timer.stop()
    if deadline.hasExpired():
        raise TimeoutError
    return (time.perf_counter() - began) * 1000
