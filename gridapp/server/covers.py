"""What verified backups hold of each device's operations, so that the device need not keep them any longer.

Of a device it is one number: everything up to it that was ever acknowledged is in the backup. What comes later with
a lower number (a late bundle) lowers it in the same transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, text

from gridapp.domain.exchange import Operation
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.schema import backup, backup_cover, operation
from gridapp.server.statements import execute, fetch, fetch_in
from gridapp.sync.protocol import Backup

_DEVICES = "SELECT device_id, incarnation, max(counter) FROM operation GROUP BY 1, 2"
_OPERATIONS = (
    "SELECT op_id FROM operation WHERE device_id=? AND incarnation=? AND counter<=? ORDER BY op_id"
)

_NAMED = "SELECT name, counter FROM backup_cover WHERE device_id=? AND incarnation=?"
_HELD = "SELECT device_id, incarnation, counter FROM backup_cover WHERE device_id IN (:ids)"
_LOWER = "UPDATE backup_cover SET counter=? WHERE device_id=? AND incarnation=? AND counter>=?"


def record(server: Server, name: str, copy: sqlite3.Connection, made_at: int) -> int:
    """Name a verified backup to clients, in place of the one before. Returns how many devices it covers."""
    found = {(bytes(d), int(i)): int(c) for d, i, c in copy.execute(_DEVICES)}
    with server.database.write() as connection:
        if server.database.is_postgres:
            # What is being written right now is either seen here or lowers the number afterwards.
            connection.execute(text("LOCK TABLE operation IN SHARE MODE"))
        rows = []
        for (device_id, incarnation), highest in found.items():
            if device_id != SYSTEM.bytes:
                number = _covered(connection, copy, device_id, incarnation, highest)
                said = {"device_id": device_id, "incarnation": incarnation, "counter": number}
                rows.append({"name": name} | said)
        connection.execute(delete(backup_cover))
        connection.execute(
            insert(backup).values(
                name=name, made_at=made_at, verified_at=server.clock(), epoch=server.epoch
            )
        )
        if rows:
            connection.execute(insert(backup_cover), rows)
    return len(rows)


def named(connection: Connection, device_id: bytes, incarnation: int) -> Backup | None:
    """The newest verified backup, and up to which operation of this device it holds everything."""
    found = fetch(connection, _NAMED, device_id, incarnation)
    return Backup(*found[0]) if found and found[0][1] > 0 else None


def lower_all(
    connection: Connection, batches: Iterable[tuple[bytes, int, Sequence[Operation]]]
) -> None:
    """``lower`` for batches of several devices (device, incarnation, operations): hardly ever is there anything to do."""
    given = list(batches)
    held = {(d, i): counter for d, i, counter in fetch_in(connection, _HELD, (g[0] for g in given))}
    for device_id, incarnation, operations in given:
        reach = held.get((device_id, incarnation))
        if reach is not None and any(o.counter <= reach for o in operations):
            lower(connection, device_id, incarnation, operations)


def lower(
    connection: Connection,
    device_id: bytes,
    incarnation: int,
    operations: Iterable[Operation],
) -> None:
    """These operations are not in the backup: what is named ends before the first of them."""
    first = min((o.counter for o in operations), default=None)
    if first is not None and device_id != SYSTEM.bytes:
        execute(connection, _LOWER, first - 1, device_id, incarnation, first)


def _covered(
    connection: Connection,
    copy: sqlite3.Connection,
    device_id: bytes,
    incarnation: int,
    highest: int,
) -> int:
    """The highest number such that everything up to it that is here is in the copy too."""
    held = {bytes(k) for (k,) in copy.execute(_OPERATIONS, (device_id, incarnation, highest))}
    c = operation.c
    here: Sequence[tuple[bytes, int]] = [
        (key, counter)
        for key, counter in connection.execute(
            select(c.op_id, c.counter).where(
                c.device_id == device_id, c.incarnation == incarnation, c.counter <= highest
            )
        )
    ]
    missing = [counter for key, counter in here if key not in held]
    return min(missing, default=highest + 1) - 1
