"""Looks behind the mask, prints and exports, in a hash chain that is anchored at each sync."""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec

from gridapp.store.unit_of_work import UnitOfWork


def note(uow: UnitOfWork, what: str, entity: str, record_id: UUID | None, reason: str = "") -> None:
    """Append one entry: ``reveal``, ``print`` or ``export`` of a record."""
    last = uow.rows("SELECT n, hash FROM access_log ORDER BY n DESC LIMIT 1")
    number, previous = (last[0][0] + 1, last[0][1]) if last else (1, b"")
    key = record_id.bytes if record_id else None
    digest = hashlib.sha256(
        previous + msgspec.msgpack.encode([number, uow.now, what, entity, key, reason])
    ).digest()
    uow.connection.execute(
        "INSERT INTO access_log (n,at,what,entity,record_id,reason,hash) VALUES (?,?,?,?,?,?,?)",
        (number, uow.now, what, entity, key, reason, digest),
    )
