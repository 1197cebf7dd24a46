"""``gridapp bench typing``: keys typed into a visit and the search while a first sync of a full grid runs.

Measured in the real window, off screen: the program's own sync service takes 10,300 records from a
server process over loopback into the encrypted database, search index and open pages included; from
each key to its being painted, and the longest pause of the event loop. Floor, in the same run: the
same typing with nothing else under way.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from gridapp.bench.district import District, build, serving
from gridapp.bench.filled import PASSWORD, WEAK
from gridapp.bench.rows import Figure, median, p95
from gridapp.domain.household import Household
from gridapp.store.store import Store
from gridapp.sync.enrolment import enrol

_ROUNDS = 5


def measure(rounds: int = _ROUNDS, **sizes: int) -> list[dict[str, Any]]:
    """Key to paint (p95), the longest pause and the time of the sync in ms; ``sizes`` as ``district.build``."""
    from gridapp.ui.probes.typing_probe import type_during_sync

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        district = build(folder / "server", codes=rounds, **sizes)
        typed, alone = [], []
        for number in range(rounds):
            with serving(district.folder) as url:
                store = _enrolled(folder / f"client{number}", url, district.codes[number])
                typed.append(type_during_sync(store, _household(store, district)))
                alone.append(type_during_sync(store, None))
                store.close()
    figures = (
        Figure(
            "key to its being shown, p95",
            median([p95(t.keys) for t in typed]),
            "ms",
            median([p95(t.keys) for t in alone]),
        ),
        Figure(
            "longest pause, median of the rounds",
            median([t.pause for t in typed]),
            "ms",
            median([t.pause for t in alone]),
        ),
        Figure("longest pause of all rounds", max(t.pause for t in typed), "ms"),
        Figure("first sync meanwhile", median([t.sync for t in typed]), "ms"),
        Figure("keys typed", sum(len(t.keys) for t in typed), "keys"),
        Figure("records of the grid", district.records, "rows"),
    )
    return [figure.row() for figure in figures]


def _enrolled(folder: Path, url: str, code: str) -> Store:
    return enrol(folder, url, code, PASSWORD, strength=WEAK)


def _household(store: Store, district: District) -> UUID:
    """One that was recorded here before the first sync."""
    household = Household(grid_id=district.grid_id, name="赵桂兰")
    store.write(lambda uow: uow.create(household)).result()
    return household.id
