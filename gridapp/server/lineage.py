"""Which versions of an earlier epoch a record still holds, and what was done to its fields since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection, func, select

from gridapp.server.author import SYSTEM
from gridapp.server.database import chunks
from gridapp.server.schema import operation as log

# Incarnation of the server's own operations by which rows were taken back: their counter is the row's version.
HANDED_BACK = 0
MADE_BY_SERVER = ("conflict", "review")  # what the server made of them since is newer

_NAMESPACE = UUID("3d5c1c62-0f0e-5b0a-9a6e-5f8f3f0a7c21")


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


def op_id_of(entity: str, row: Mapping[str, Any], part: str = "") -> bytes:
    """The id of the operation by which a row comes back, however often and by whom; ``part``: of one of several."""
    said = f"{entity}:{row['id'].hex()}:{row['epoch']}:{row['version']}"
    whole = uuid5(_NAMESPACE, said).bytes
    return uuid5(_NAMESPACE, f"{whole.hex()}:{part}").bytes if part else whole


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


def beside(connection: Connection, key: bytes, version: int) -> Lineage:
    """What was done to the present row of a record that a row of a later epoch, with this version, may not know of.

    After a second restore the branches of two epochs meet: what was taken back since, and every version that the
    other branch counted as well.
    """
    c = log.c
    came_back = (c.device_id == SYSTEM.bytes) & (c.incarnation == HANDED_BACK)
    statement = (
        select(c.previous, c.fields, c.verdicts)
        .where(c.record_id == key, c.version > c.previous, came_back | (c.version >= version))
        .order_by(c.version, c.epoch)
    )
    lineage = Lineage(version - 1)
    for row in connection.execute(statement):
        lineage.left_at = min(lineage.left_at, row.previous)
        _note_fields(lineage, row)
    return lineage


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
