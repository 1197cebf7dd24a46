"""The feed: one row per record and channel, moved to the channel's next number by every change.

Counters of the touched channels are locked once, in channel order, last in the transaction, so that a
cursor never skips a row that commits late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gridapp.domain.digest import added
from gridapp.server.database import Database, chunks
from gridapp.server.schema import channel, feed
from gridapp.server.workspace import Key


def publish(
    database: Database,
    connection: Connection,
    filed: Mapping[Key, frozenset[str]],
    changed: Collection[Key],
    hashes: Mapping[Key, int],
    nowhere: str,
    cause: str = "moved",
) -> list[str]:
    """Give every record its next number in each of its channels, and say in those it left that it did.

    ``hashes``: of the rows as they are now (``domain.digest``), from which channels keep their totals.
    Records that did not change themselves are numbered only where they come or go. A record with no channel
    stays where it is, a new one goes to ``nowhere``. Returns the names of the touched channels.
    """
    if not filed:
        return []
    held = _held(connection, [record_id for _, record_id in filed])
    names_held = _names(connection, {cid for rows in held.values() for cid in rows})
    plan: list[tuple[Key, str, bool]] = []  # record, channel, removed
    for key, wanted in filed.items():
        rows = {names_held[cid]: gone for cid, (gone, _) in held.get(key[1], {}).items()}
        names = wanted or {n for n, removed in rows.items() if not removed} or {nowhere}
        plan += [(key, n, True) for n, removed in rows.items() if not removed and n not in names]
        plan += [(key, n, False) for n in names if key in changed or rows.get(n, True)]
    plan.sort(key=lambda step: (step[0][1], step[1]))
    touched = {name for _, name, _ in plan}
    _create(database, connection, touched)
    counters = _lock(database, connection, touched)
    new, moved = [], []
    for (entity, record_id), name, removed in plan:
        counter = counters[name]
        counter[1] += 1
        before = held.get(record_id, {}).get(counter[0])
        now = 0 if removed else hashes[entity, record_id]
        counter[2] = added(counter[2], now, -before[1] if before else 0)
        values = {
            "seq": counter[1],
            "removed": int(removed),
            "cause": cause if removed else "",
            "hash": now,
        }
        if before:
            moved.append(values | {"b_channel": counter[0], "b_record": record_id})
        else:
            ids = {"channel_id": counter[0], "record_id": record_id, "entity": entity}
            new.append(values | ids)
    _write(connection, new, moved)
    if counters:
        connection.execute(
            update(channel)
            .where(channel.c.id == bindparam("b_id"))
            .values(seq=bindparam("b_seq"), total=bindparam("b_total")),
            [{"b_id": c[0], "b_seq": c[1], "b_total": c[2]} for c in counters.values()],
        )
    return sorted(touched)


def _held(connection: Connection, ids: list[bytes]) -> dict[bytes, dict[int, tuple[bool, int]]]:
    """Record -> channel -> (removed, hash)."""
    held: dict[bytes, dict[int, tuple[bool, int]]] = defaultdict(dict)
    for part in chunks(ids):
        rows = connection.execute(
            select(feed.c.record_id, feed.c.channel_id, feed.c.removed, feed.c.hash).where(
                feed.c.record_id.in_(part)
            )
        )
        for record_id, channel_id, removed, hashed in rows:
            held[record_id][channel_id] = bool(removed), hashed
    return held


def _names(connection: Connection, ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in chunks(sorted(ids)):
        rows = connection.execute(
            select(channel.c.id, channel.c.name).where(channel.c.id.in_(part))
        )
        found.update((row.id, row.name) for row in rows)
    return found


def _create(database: Database, connection: Connection, names: set[str]) -> None:
    known = set()
    for part in chunks(sorted(names)):
        known |= set(connection.scalars(select(channel.c.name).where(channel.c.name.in_(part))))
    missing = sorted(names - known)
    if missing:
        dialect = postgresql if database.is_postgres else sqlite
        statement = dialect.insert(channel).on_conflict_do_nothing(index_elements=["name"])
        connection.execute(statement, [{"name": name, "seq": 0} for name in missing])


def _lock(database: Database, connection: Connection, names: set[str]) -> dict[str, list[int]]:
    """Channel name -> [id, last number, total], rows locked in channel order."""
    found: dict[str, list[int]] = {}
    c = channel.c
    statement = select(c.name, c.id, c.seq, c.total).order_by(c.id)
    if database.is_postgres:
        statement = statement.with_for_update()
    for row in connection.execute(statement.where(channel.c.name.in_(sorted(names)))):
        found[row.name] = [row.id, row.seq, row.total]
    return found


def _write(
    connection: Connection, new: list[dict[str, object]], moved: list[dict[str, object]]
) -> None:
    if new:
        connection.execute(insert(feed), new)
    if moved:
        # (channel_id, seq) is unique, and numbers only grow, so no order of rows can collide.
        connection.execute(
            update(feed)
            .where(
                feed.c.channel_id == bindparam("b_channel"),
                feed.c.record_id == bindparam("b_record"),
            )
            .values({n: bindparam(n) for n in ("seq", "removed", "cause", "hash")}),
            moved,
        )
