"""The feed: one row per record and channel, moved to the channel's next number by every change.

Counters of the touched channels are locked once, in channel order, last in the transaction, so that a
cursor never skips a row that commits late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from gridapp.domain.digest import added
from gridapp.server.database import Database
from gridapp.server.schema import channel, feed
from gridapp.server.statements import fetch_in, insert_rows, update_rows
from gridapp.server.workspace import Key

_VALUES = ("seq", "removed", "cause", "hash")
_KEY = ("channel_id", "record_id")


def publish(
    database: Database,
    connection: Connection,
    filed: Mapping[Key, frozenset[str]],
    changed: Collection[Key],
    hashes: Mapping[Key, int],
    nowhere: Mapping[Key, str],
    cause: str = "moved",
) -> list[str]:
    """Give every record its next number in each of its channels, and say in those it left that it did.

    ``hashes``: of the rows as they are now (``domain.digest``), from which channels keep their totals.
    Records that did not change themselves are numbered only where they come or go. A record with no channel
    stays where it is, a new one goes to its ``nowhere``. Returns the names of the touched channels.
    """
    if not filed:
        return []
    held = _held(connection, [record_id for _, record_id in filed])
    names_held = _names(connection, {cid for rows in held.values() for cid in rows})
    plan: list[tuple[Key, str, bool]] = []  # record, channel, removed
    for key, wanted in filed.items():
        rows = {names_held[cid]: gone for cid, (gone, _) in held.get(key[1], {}).items()}
        names = wanted or {n for n, removed in rows.items() if not removed} or {nowhere[key]}
        plan += [(key, n, True) for n, removed in rows.items() if not removed and n not in names]
        plan += [(key, n, False) for n in names if key in changed or rows.get(n, True)]
    plan.sort(key=lambda step: (step[0][1], step[1]))
    touched = {name for _, name, _ in plan}
    _create(database, connection, touched)
    counters = _lock(database, connection, touched)
    new: list[tuple[Any, ...]] = []
    moved: list[tuple[Any, ...]] = []
    for (entity, record_id), name, removed in plan:
        counter = counters[name]
        counter[1] += 1
        before = held.get(record_id, {}).get(counter[0])
        now = 0 if removed else hashes[entity, record_id]
        counter[2] = added(counter[2], now, -before[1] if before else 0)
        values = (counter[1], int(removed), cause if removed else "", now)
        if before:
            moved.append((*values, counter[0], record_id))
        else:
            new.append((*values, counter[0], record_id, entity))
    # (channel_id, seq) is unique, and numbers only grow, so no order of rows can collide.
    insert_rows(connection, feed, (*_VALUES, *_KEY, "entity"), new)
    update_rows(connection, feed, _VALUES, _KEY, moved)
    totals = [(seq, total, key) for key, seq, total in counters.values()]
    update_rows(connection, channel, ("seq", "total"), ("id",), totals)
    return sorted(touched)


def bury(
    database: Database, connection: Connection, told: Mapping[Key, Collection[str]], cause: str
) -> list[str]:
    """A tombstone for each record in every channel where it ever stood, and in those it is ``told`` to.

    Returns the names of the touched channels.
    """
    held = _held(connection, [record_id for _, record_id in told])
    names_held = _names(connection, {cid for rows in held.values() for cid in rows})
    plan = sorted(
        (record_id, name, entity)
        for (entity, record_id), names in told.items()
        for name in {*names, *(names_held[cid] for cid in held.get(record_id, ()))}
    )
    touched = {name for _, name, _ in plan}
    _create(database, connection, touched)
    counters = _lock(database, connection, touched)
    new: list[tuple[Any, ...]] = []
    moved: list[tuple[Any, ...]] = []
    for record_id, name, entity in plan:
        counter = counters[name]
        counter[1] += 1
        before = held.get(record_id, {}).get(counter[0])
        counter[2] = added(counter[2], -before[1] if before else 0)
        values = (counter[1], 1, cause, 0, counter[0], record_id)
        if before:
            moved.append(values)
        else:
            new.append((*values, entity))
    insert_rows(connection, feed, (*_VALUES, *_KEY, "entity"), new)
    update_rows(connection, feed, _VALUES, _KEY, moved)
    totals = [(seq, total, key) for key, seq, total in counters.values()]
    update_rows(connection, channel, ("seq", "total"), ("id",), totals)
    return sorted(touched)


def _held(connection: Connection, ids: list[bytes]) -> dict[bytes, dict[int, tuple[bool, int]]]:
    """Record -> channel -> (removed, hash)."""
    held: dict[bytes, dict[int, tuple[bool, int]]] = defaultdict(dict)
    sql = "SELECT record_id, channel_id, removed, hash FROM feed WHERE record_id IN (:ids)"
    for record_id, channel_id, removed, hashed in fetch_in(connection, sql, ids):
        held[record_id][channel_id] = bool(removed), hashed
    return held


def _names(connection: Connection, ids: set[int]) -> dict[int, str]:
    return dict(fetch_in(connection, "SELECT id, name FROM channel WHERE id IN (:ids)", ids))


def _create(database: Database, connection: Connection, names: set[str]) -> None:
    """Make channels that are not there yet, before any is locked."""
    sql = "SELECT name FROM channel WHERE name IN (:ids)"
    missing = sorted(names.difference(name for (name,) in fetch_in(connection, sql, names)))
    if missing:
        dialect = postgresql if database.is_postgres else sqlite
        statement = dialect.insert(channel).on_conflict_do_nothing(index_elements=["name"])
        connection.execute(statement, [{"name": name, "seq": 0} for name in missing])


def _lock(database: Database, connection: Connection, names: set[str]) -> dict[str, list[int]]:
    """Channel name -> [id, last number, total], rows locked in channel order."""
    sql = "SELECT name, id, seq, total FROM channel WHERE name IN (:ids) ORDER BY id"
    sql += " FOR UPDATE" if database.is_postgres else ""
    return {name: list(values) for name, *values in fetch_in(connection, sql, names)}
