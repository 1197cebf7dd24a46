"""``gridapp bench first-sync``: a full grid into an empty client over loopback.

Measured on the client from the first request to the end of the round: encryption, channels, memberships, and the
search index of people and households included, against a server process with cold and with warm snapshots; and
until the words of events can be found too, and until the log is back in the file, which both follow when the round
is over. Floor, in the same run:
the same rows, in memory, with ``executemany`` into the same tables in plain SQLite without the search
index, commit included; after each sync once, so that a machine whose speed changes changes both. Bytes are counted by a relay in a round of their own, both ways, headers included, beside
the same rows as JSON: an object for each, with what it holds by name.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gridapp.bench.district import District, build, serving
from gridapp.bench.relay import relay
from gridapp.bench.rows import Figure, median
from gridapp.domain.exchange import Rows
from gridapp.domain.kinds import KINDS
from gridapp.store import keys, search
from gridapp.store.reader import Reader
from gridapp.store.schema import tables
from gridapp.store.store import Store
from gridapp.sync.engine import Engine
from gridapp.sync.enrolment import enrol
from gridapp.sync.transport import Transport
from gridapp.tables import wire_columns

_ROUNDS = 5
_WEAK = keys.Strength(1, 8, 1)  # the key derivation of enrolment is not what is measured


@dataclass(frozen=True, slots=True)
class _Taken:
    """A client after its first sync: ms until the round ended, all of it can be found, nothing is left to do."""

    took: float
    found: float
    settled: float


def measure(rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """Cold and warm first sync in ms, with rows and megabytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        district = build(folder / "server", codes=2 * rounds + 1)
        codes = list(district.codes)
        counted, held = _counted(folder, district, codes.pop())
        cold: list[_Taken] = []
        warm: list[_Taken] = []
        floors: list[float] = []
        for number in range(rounds):
            with serving(district.folder) as url:
                for taken, state in ((cold, "cold"), (warm, "warm")):
                    client = folder / f"{state}{number}"
                    taken.append(_sync(client, url, codes.pop()))
                    floors.append(_floor(folder / f"{state}{number}.db", held))
        wire = Figure("both ways, and as JSON", counted, "MB", _json(held))
        figures = [*_figures(district, held, cold, warm, floors), wire]
        return [figure.row() for figure in figures]


def _counted(folder: Path, district: District, code: str) -> tuple[float, list[Rows]]:
    """Megabytes of a first sync, and the rows that it brought."""
    with serving(district.folder) as url, relay(url) as (near, counted):
        _, store = _sync_open(folder / "counted", near, code)
        try:
            return counted() / 1e6, _rows(store)
        finally:
            store.close()


def _json(held: list[Rows]) -> float:
    size = 0
    for table in held:
        for row in table.rows:
            known = {n: v for n, v in zip(table.columns, row, strict=True) if v is not None}
            said = {n: _readable(v) for n, v in known.items()}
            size += len(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
    return size / 1e6


def _readable(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    return str(UUID(bytes=value)) if len(value) == 16 else value.hex()


def _figures(
    district: District,
    held: list[Rows],
    cold: list[_Taken],
    warm: list[_Taken],
    floors: list[float],
) -> list[Figure]:
    floor = median(floors)
    grid = {"household", "person", "visit", "event"}
    size = sum(
        len(value) if isinstance(value, bytes) else len(str(value).encode())
        for table in held
        if table.entity in grid
        for row in table.rows
        for value in row
        if value is not None
    )
    return [
        Figure("first sync, server cold", median([each.took for each in cold]), "ms", floor),
        Figure("first sync, server warm", median([each.took for each in warm]), "ms", floor),
        Figure("until events are found", median([each.found for each in warm]), "ms", floor),
        Figure("until nothing is left to do", median([each.settled for each in warm]), "ms", floor),
        Figure("rows", sum(len(t.rows) for t in held), "rows"),
        Figure("records of the grid", district.records, "rows"),
        Figure("data of households, people, visits, events", size / 1e6, "MB"),
    ]


def _sync(folder: Path, url: str, code: str) -> _Taken:
    taken, store = _sync_open(folder, url, code)
    store.close()
    return taken


def _sync_open(folder: Path, url: str, code: str) -> tuple[_Taken, Store]:
    store = enrol(folder, url, code, "bench-password", strength=_WEAK)
    transport = Transport(url)
    began = time.perf_counter()
    Engine(store, transport).run()
    took = (time.perf_counter() - began) * 1000
    while store.write(search.refresh_stale).result():
        pass
    found = (time.perf_counter() - began) * 1000
    store.write(lambda _uow: None).result()  # after the log was written back
    settled = (time.perf_counter() - began) * 1000
    transport.close()
    return _Taken(took, found, settled), store


def _rows(store: Store) -> list[Rows]:
    found = []
    for entity, kind in KINDS.items():
        names = wire_columns(kind)
        sql = f"SELECT {','.join(names)} FROM {entity}"
        rows = store.read(partial(_select, sql=sql)).result()
        if rows:
            found.append(Rows(entity, list(names), rows))
    return found


def _select(reader: Reader, sql: str) -> list[list[Any]]:
    return [list(row) for row in reader.rows(sql)]


def _floor(path: Path, held: list[Rows]) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    dialect = sqlite.dialect()
    for table in tables.values():
        connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
    began = time.perf_counter()
    connection.execute("BEGIN")
    for rows in held:
        marks = ",".join("?" * len(rows.columns))
        connection.executemany(
            f"INSERT INTO {rows.entity} ({','.join(rows.columns)}) VALUES ({marks})", rows.rows
        )
    connection.execute("COMMIT")
    took = (time.perf_counter() - began) * 1000
    connection.close()
    return took
