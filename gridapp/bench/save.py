"""``gridapp bench save``: one visit from ``ui/operations`` to the committed row, again and again.

Measured: draft to done future, with outbox and search index, into an encrypted database that holds a
grid. Floor, in the same run and folder: a bare SQLite transaction of the same bytes, WAL with FULL.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from gridapp.bench.district import grid_records
from gridapp.bench.rows import Figure, median, p95
from gridapp.domain.household import Household
from gridapp.store import keys
from gridapp.store.drafting import VisitDraft
from gridapp.store.opening import create_store
from gridapp.store.store import Store
from gridapp.store.who import Who
from gridapp.ui.operations.visits import record_visit

_SAVES = 400
_ROUNDS = 5
_TEXT = "精神好，血压药剩五天，已告知女儿；厨房软管用了六年，约好周三让燃气公司上门看一眼。" * 3


def measure(rounds: int = _ROUNDS, saves: int = _SAVES) -> list[dict[str, Any]]:
    """p95 and median of one save in ms; medians over the rounds."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("GRIDAPP_BENCH_DIR")) as name:
        folder = Path(name)
        store, households = _filled(folder)
        values, floors = [], []
        size = _size(store, households[0])
        for number in range(rounds):
            values.append(_saves(store, households, saves))
            floors.append(_floor(folder / f"floor{number}.db", size, saves))
        store.close()
    floor95 = median([p95(times) for times in floors])
    return [
        Figure("save, p95", median([p95(t) for t in values]), "ms", floor95).row(),
        Figure(
            "save, median",
            median([median(t) for t in values]),
            "ms",
            median([median(t) for t in floors]),
        ).row(),
        Figure("bytes of one save", size, "bytes").row(),
    ]


def _filled(folder: Path) -> tuple[Store, list[UUID]]:
    who = Who(uuid4(), "李秀英", "lixiuying", uuid4(), "bench", uuid4(), "红旗区", "")
    store = create_store(
        folder / "client",
        "bench-password",
        who,
        device_key=bytes(32),
        strength=keys.Strength(1, 8, 1),
    )
    records = grid_records(uuid4(), uuid4(), who.staff_id, 300, 1000, 2, 100)

    def fill(uow: Any) -> None:
        for record in records:
            uow.create(record)

    store.write(fill).result()
    return store, [r.id for r in records if isinstance(r, Household)]


def _draft(household: UUID) -> VisitDraft:
    return VisitDraft(household, "2026-11-20", situation=_TEXT, promise="药续上再看一眼")


def _size(store: Store, household: UUID) -> int:
    """Bytes that one save writes: the row and its operation."""
    visit = record_visit(store, _draft(household)).result()
    return int(
        store.read(
            lambda reader: sum(
                len(v) if isinstance(v, bytes) else len(str(v).encode())
                for table, column in (("visit", "id"), ("outbox", "record_id"))
                for row in reader.rows(f"SELECT * FROM {table} WHERE {column}=?", (visit.id.bytes,))
                for v in row
                if v is not None
            )
        ).result()
    )


def _saves(store: Store, households: list[UUID], saves: int) -> list[float]:
    times = []
    for number in range(saves):
        draft = _draft(households[number % len(households)])
        began = time.perf_counter()
        record_visit(store, draft).result()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _floor(path: Path, size: int, saves: int) -> list[float]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE row (data BLOB)")
    times = []
    for _ in range(saves):
        data = os.urandom(size)
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO row VALUES (?)", (data,))
        connection.execute("COMMIT")
        times.append((time.perf_counter() - began) * 1000)
    connection.close()
    return times
