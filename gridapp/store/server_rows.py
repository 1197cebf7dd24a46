"""Rows and echoes as the server has them, written beneath what was changed here and is not taken yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec

from gridapp.domain.digest import row_hash
from gridapp.domain.exchange import Echo, Rows
from gridapp.domain.kinds import KINDS
from gridapp.domain.values import stored
from gridapp.store import acknowledged, comparison, derived, digest, overlay
from gridapp.store.statements import columns
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.tables import wire_columns


def take_rows(
    uow: UnitOfWork, channel_id: int, table: Rows, live: set[bytes], *, over: bool = False
) -> None:
    """Rows that stand in a channel. ``over``: also in the place of others of the same version."""
    _apply_rows(uow, table, live, over)
    digest.join(uow.connection, channel_id, table.entity, _hashes(table))
    comparison.met(uow.connection, channel_id, [row[0] for row in table.rows])


def apply_bodies(uow: UnitOfWork, tables: Iterable[Rows]) -> None:
    """Whole rows that were asked for after an echo that did not fit."""
    live = overlay.live_ids(uow.connection)
    for table in tables:
        if table.entity in KINDS:
            _apply_rows(uow, table, live)


def take_echoes(uow: UnitOfWork, channel_id: int, echoes: Sequence[Echo]) -> None:
    """What the server says of this computer's own operations, instead of sending their rows back."""
    own: dict[str, list[Echo]] = {}
    for echo in echoes:
        if echo.entity in KINDS:
            own.setdefault(echo.entity, []).append(echo)
    for entity, known in own.items():
        for echo in acknowledged.advance(uow, entity, known):
            _apply_echo(uow, echo)
        hashes = [(echo.record_id, row_hash(echo.mac)) for echo in known]
        digest.join(uow.connection, channel_id, entity, hashes)
    comparison.met(uow.connection, channel_id, [echo.record_id for echo in echoes])


def _apply_rows(uow: UnitOfWork, table: Rows, live: set[bytes], over: bool = False) -> None:
    rows = _in_our_order(table)
    plain = [row for row in rows if row[0] not in live] if live else rows
    uow.connection.executemany(_upsert_sql(table.entity, over), plain)
    for row in rows if live else ():
        if row[0] in live:
            _apply_under_edits(uow, table.entity, row, over)
    uow.touch(table.entity, [row[0] for row in rows])


def _in_our_order(table: Rows) -> list[list[Any]]:
    """Rows with exactly our columns.

    Columns that we do not know go into ``extra``; what the server keeps there and we know comes out of it.
    """
    kind = KINDS[table.entity]
    ours = wire_columns(kind)
    theirs = tuple(table.columns)
    if theirs == ours:
        return table.rows
    unknown = [n for n in theirs if n not in ours]
    missing = [n for n in ours if n not in theirs]
    result = []
    for values in table.rows:
        row = dict(zip(theirs, values, strict=True))
        extra = json.loads(row.get("extra") or "{}")
        extra |= {n: row[n] for n in unknown if row[n] is not None}
        row |= {n: stored(kind.by_name[n], extra.pop(n)) for n in missing if n in extra}
        row["extra"] = json.dumps(extra, ensure_ascii=False, default=bytes.hex) if extra else None
        result.append([row.get(n) for n in ours])
    return result


def _apply_under_edits(uow: UnitOfWork, entity: str, values: list[Any], over: bool) -> None:
    row = dict(zip(wire_columns(KINDS[entity]), values, strict=True))
    base = overlay.base_row(uow.connection, row["id"])
    held = (base["epoch"], base["version"]) if base else (0, 0)
    if held < (row["epoch"], row["version"]) or (over and held == (row["epoch"], row["version"])):
        overlay.save_base(uow.connection, entity, row["id"], row)
    overlay.show(uow.connection, entity, row["id"])


def _apply_echo(uow: UnitOfWork, echo: Echo) -> None:
    """Advance the server's row by our own operations, or ask for the body where something lies between."""
    connection, key = uow.connection, echo.record_id
    held = connection.execute(
        f"SELECT epoch, version FROM {echo.entity} WHERE id=?",
        (key,),
    ).fetchone()
    base = overlay.base_row(connection, key)
    epoch, version = (base["epoch"], base["version"]) if base else (held or (0, 0))
    if held and (epoch, version) >= (echo.epoch, echo.version):
        return
    row: dict[str, Any] | None = base
    if row is None and version == 0:
        row = dict.fromkeys(columns(KINDS[echo.entity]))
        row |= {"id": key, "version": 0, "deleted": 0}
    if row is not None and row["version"] < echo.previous:
        # What lies below is not only what was sent: a creation that was given a number, for one.
        row = None
    if version and epoch != echo.epoch:
        # A server that was restored may have counted the same versions of something else.
        row = None
    for fields, verdicts, previous, after, recorded_at in _answered(connection, key):
        if row is None or previous != row["version"]:
            continue
        row = overlay.advance(
            row,
            echo.entity,
            msgspec.msgpack.decode(fields),
            msgspec.msgpack.decode(verdicts),
            after,
        )
        row["recorded_at"] = row["recorded_at"] or recorded_at
    if row is None or row["version"] != echo.version:
        connection.execute(
            "INSERT OR IGNORE INTO wanted (record_id,entity) VALUES (?,?)", (key, echo.entity)
        )
        return
    row |= {"epoch": echo.epoch, "mac": echo.mac, "received_at": echo.received_at}
    overlay.save_base(connection, echo.entity, key, row)
    overlay.show(connection, echo.entity, key)
    uow.touch(echo.entity, (key,))


def _answered(connection: Any, key: bytes) -> list[tuple[Any, ...]]:
    return list(
        connection.execute(
            "SELECT fields, verdicts, previous, version, recorded_at FROM outbox "
            "WHERE record_id=? AND state IN ('applied','merged','conflict') AND live=1 "
            "ORDER BY version, counter",
            (key,),
        )
    )


def _hashes(table: Rows) -> list[tuple[bytes, int]]:
    mac = table.columns.index("mac")
    return [(row[0], row_hash(row[mac])) for row in table.rows]


@cache
def _upsert_sql(entity: str, over: bool) -> str:
    names = wire_columns(KINDS[entity])
    sets = ",".join(f"{n}=excluded.{n}" for n in names[1:])
    # What is derived and most often this: a new row needs not be written once more.
    first = derived.INITIAL.get(entity, {})
    values = ["?"] * len(names) + [f"'{value}'" for value in first.values()]
    return (
        f"INSERT INTO {entity} ({','.join((*names, *first))}) VALUES ({','.join(values)}) "
        f"ON CONFLICT(id) DO UPDATE SET {sets} "
        f"WHERE (excluded.epoch, excluded.version) {'>=' if over else '>'} (epoch, version)"
    )
