"""Which versions of an earlier epoch a record still holds, and what was done to its fields since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from gridapp.server.author import SYSTEM
from gridapp.server.database import chunks
from gridapp.server.schema import operation as log

# Incarnation of the server's own operations by which rows were taken back: their counter is the row's version.
HANDED_BACK = 0


@dataclass(slots=True)
class Since:
    """One field in later epochs: what it was changed from at first, and everything that it was changed to."""

    before: Any
    afters: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Lineage:
    """``left_at``: the last version of the earlier epoch beneath the present row."""

    left_at: int
    fields: dict[str, Since] = field(default_factory=dict)


def lineages(connection: Connection, records: Mapping[bytes, int]) -> dict[bytes, Lineage]:
    """Lineages of records (id -> epoch) that were changed in a later epoch, as the operation log tells."""
    found: dict[bytes, Lineage] = {}
    c = log.c
    columns = (c.record_id, c.epoch, c.previous, c.version, c.fields, c.verdicts)
    for part in chunks(list(records)):
        statement = (
            select(*columns)
            .where(c.record_id.in_(part), c.version > c.previous)
            .order_by(c.version, c.epoch)
        )
        for row in connection.execute(statement):
            if row.epoch <= records[row.record_id]:
                continue
            lineage = found.setdefault(row.record_id, Lineage(row.previous))
            lineage.left_at = min(lineage.left_at, row.previous)
            _note_fields(lineage, row)
    return found


def handed_back(connection: Connection, records: Iterable[bytes]) -> dict[bytes, int]:
    """Record -> the highest version of a row that was taken back."""
    c = log.c
    found: dict[bytes, int] = {}
    for part in chunks(list(records)):
        where = c.record_id.in_(part), c.device_id == SYSTEM.bytes, c.incarnation == HANDED_BACK
        statement = select(c.record_id, func.max(c.counter)).where(*where).group_by(c.record_id)
        found |= {key: int(version) for key, version in connection.execute(statement)}
    return found


def _note_fields(lineage: Lineage, row: Any) -> None:
    verdicts = msgspec.msgpack.decode(row.verdicts) if row.verdicts else {}
    for name, change in msgspec.msgpack.decode(row.fields or b"\x80").items():
        if verdicts.get(name) in ("taken", "merged"):
            since = lineage.fields.setdefault(name, Since(change[0]))
            since.afters.append(change[1])
