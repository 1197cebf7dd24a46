"""Looks behind the mask, prints and exports, in a hash chain that is anchored at each sync."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork


def note(uow: UnitOfWork, what: str, entity: str, record_id: UUID | None, reason: str = "") -> None:
    """Append one entry: ``reveal``, ``print`` or ``export`` of a record."""
    last = uow.rows("SELECT n, hash FROM access_log ORDER BY n DESC LIMIT 1")
    number, previous = (last[0][0] + 1, last[0][1]) if last else (1, b"")
    key = record_id.bytes if record_id else None
    digest = _hash(previous, (number, uow.now, what, entity, key, reason))
    uow.connection.execute(
        "INSERT INTO access_log (n,at,what,entity,record_id,reason,hash) VALUES (?,?,?,?,?,?,?)",
        (number, uow.now, what, entity, key, reason, digest),
    )


def broken_at(reader: Reader) -> int | None:
    """The number of the first entry that does not follow from those before it; None where all do."""
    previous, expected = b"", 1
    for *entry, held in reader.rows(
        "SELECT n, at, what, entity, record_id, reason, hash FROM access_log ORDER BY n"
    ):
        previous = _hash(previous, entry)
        if entry[0] != expected or held != previous:
            return expected
        expected += 1
    return None


def _hash(previous: bytes, entry: Sequence[Any]) -> bytes:
    return hashlib.sha256(previous + msgspec.msgpack.encode(list(entry))).digest()
