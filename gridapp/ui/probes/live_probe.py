"""What somebody else reports, until it stands on this screen: the list of events, open in the real window.

For ``gridapp bench live``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.event import Event
from gridapp.store.changes import Changes
from gridapp.store.store import Store
from gridapp.sync.schedule import SyncService
from gridapp.ui.desk import Where
from gridapp.ui.probes.list_probe import complete, list_of
from gridapp.ui.probes.probe_window import ProbeWindow, probe_window, wait_for
from gridapp.ui.widgets.row_list import RowList

_EVENTS = Where("events", tab="all")
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Came:
    """Milliseconds from the moment when somebody else began to send it."""

    stored: float  # until the round that brought it was committed here
    shown: float  # until its row was painted


def watch(store: Store, report: Callable[[], None], tries: int) -> list[Came]:
    """The service of a client runs, its window shows the events; each ``report`` makes one more elsewhere."""
    with probe_window(store, _EVENTS) as probe, ThreadPoolExecutor(1) as elsewhere:
        moments: list[float] = []

        def committed(changes: Changes) -> None:
            if changes.touches(Event.KIND):
                moments.append(time.perf_counter())

        store.listen(committed)
        ready = threading.Event()
        service = SyncService(store, lambda _state: ready.set())
        service.start()
        wait_for(ready.is_set, _PATIENCE)
        probe.settle()
        try:
            return [_once(probe, elsewhere, report, moments) for _ in range(tries)]
        finally:
            service.stop()


def _once(
    probe: ProbeWindow,
    elsewhere: ThreadPoolExecutor,
    report: Callable[[], None],
    moments: list[float],
) -> Came:
    view = list_of(probe)
    before = _ids(view)
    moments.clear()
    began = time.perf_counter()
    done = elsewhere.submit(report)
    wait_for(lambda: _stands(view, before), _PATIENCE)
    view.viewport().repaint()
    shown = time.perf_counter()
    done.result()
    probe.settle()
    return Came((moments[0] - began) * 1000, (shown - began) * 1000)


def _ids(view: RowList) -> set[UUID | None]:
    rows = view.rows
    return {rows.id_at(rows.index(place)) for place in range(view.model().rowCount())}


def _stands(view: RowList, before: set[UUID | None]) -> bool:
    """Whether one more row is known and in sight, with all rows about it."""
    rows = view.rows
    for place in range(view.model().rowCount()):
        at = rows.index(place)
        if rows.id_at(at) not in before:
            seen = view.viewport().rect().intersects(view.visualRect(at))
            return seen and rows.row(at) is not None and complete(view)
    return False
