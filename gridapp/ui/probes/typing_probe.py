"""Typing into the real window, off screen, with a watch: for ``gridapp bench search`` and ``typing``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from gridapp.store.store import Store
from gridapp.store.views.household_page import household_page
from gridapp.sync.schedule import Phase, SyncService
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.probes.probe_window import ProbeWindow, Watch, probe_window
from gridapp.ui.probes.start_probe import type_key
from gridapp.ui.shell import Shell
from gridapp.ui.widgets.basic import inside

_GIVE_UP = 5000  # ms
_BETWEEN = 15  # ms between two keys: nobody types faster
_AFTER = 500  # ms that typing goes on after the sync
_RUN = 12  # keys in one field before the other has its turn


@dataclass(frozen=True, slots=True)
class Typed:
    """Milliseconds from each keystroke to its rows, and the longest pauses of the event loop per text."""

    to_rows: tuple[float, ...]
    pauses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Typing while a sync runs. ``keys``: milliseconds from each key to its being painted."""

    keys: tuple[float, ...]
    pause: float  # ms
    sync: float  # ms


def type_in(store: Store, texts: Sequence[str]) -> Typed:
    """Type every text into the search box, character by character, waiting for the rows of each."""
    to_rows: list[float] = []
    pauses: list[float] = []
    with probe_window(store) as probe:
        for text in texts:
            watch = Watch()
            to_rows += [_key(probe.shell, text[:end]) for end in range(1, len(text) + 1)]
            pauses.append(watch.stop())
            probe.shell.search.close_results()
            probe.settle()
    return Typed(tuple(to_rows), tuple(pauses))


def type_during_sync(store: Store, household_id: UUID | None) -> Meanwhile:
    """Type into a visit form and the search box while the store's first sync runs.

    Without a ``household_id`` no sync runs: what typing takes alone.
    """
    with probe_window(store) as probe:
        return _Typist(probe, household_id).run()


class _Typist:
    """Presses one key after the other, each when the one before was painted."""

    def __init__(self, probe: ProbeWindow, household_id: UUID | None) -> None:
        self._probe, self._loop = probe, QEventLoop()
        desk = probe.shell.desk
        fields: list[QWidget] = [probe.shell.search.line]
        if household_id:
            view = desk.store.read(lambda r: household_page(r, household_id)).result()
            assert view
            form = VisitForm(desk, view)
            desk.opening.emit(form)
            probe.settle()
            fields.insert(0, next(iter(inside(form, QPlainTextEdit))))
        self._fields = fields
        self._keys: list[float] = []
        self._service = SyncService(desk.store, desk.tell_sync) if household_id else None
        self._ended = 0.0

    def run(self) -> Meanwhile:
        """Until the sync is done and a little longer."""
        desk = self._probe.shell.desk
        began = time.perf_counter()
        watch = Watch()
        if self._service:
            desk.sync = self._service
            desk.sync_changed.connect(self._sync_changed)
            self._service.start()
        else:
            self._ended = began
        self._press()
        self._loop.exec()
        pause = watch.stop()
        if self._service:
            self._service.stop()
        return Meanwhile(tuple(self._keys), pause, (self._ended - began) * 1000)

    def _sync_changed(self, state: object) -> None:
        phase = getattr(state, "phase", None)
        if phase is not Phase.RUNNING and not self._ended:
            assert phase is Phase.IDLE, state
            self._ended = time.perf_counter()

    def _press(self) -> None:
        if self._ended and (time.perf_counter() - self._ended) * 1000 > _AFTER:
            self._loop.quit()
            return
        field = self._fields[len(self._keys) // _RUN % len(self._fields)]
        if not field.hasFocus():
            field.setFocus()
        began = time.perf_counter()

        def shown() -> None:
            self._keys.append((time.perf_counter() - began) * 1000)
            QTimer.singleShot(_BETWEEN, self._press)

        type_key(field, shown)


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
