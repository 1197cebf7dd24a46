"""Operations of the log that were not taken and may be judged again: decided by a head, or their owner has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from gridapp.domain.exchange import Change, Decision, Operation
from gridapp.server.author import Author
from gridapp.server.judge import Judged
from gridapp.server.statements import fetch_in

_COLUMNS = (
    "op_id, counter, entity, record_id, base_version, fields, recorded_at, clock_offset, beneath, "
    "decides, staff_id, device_id, revision, waits_for"
)


@dataclass(frozen=True, slots=True)
class Parked:
    """An operation with who sent it. ``fresh``: its verdict where it came with this very batch."""

    operation: Operation
    staff_id: bytes
    device_id: bytes
    revision: int
    waits_for: bytes | None
    fresh: Judged | None = field(default=None, compare=False)

    @property
    def order(self) -> tuple[bytes, int, bytes]:
        """Operations of one device are judged in the order in which they were made."""
        return self.device_id, self.operation.counter, self.operation.op_id


def just_parked(operation: Operation, author: Author, judged: Judged) -> Parked:
    """An operation of this batch."""
    return Parked(operation, author.staff_id, author.device_id, 1, judged.waits_for, judged)


def of_reviews(connection: Connection, reviews: Iterable[bytes]) -> dict[bytes, Parked]:
    """Review -> what is decided by it. Operations whose content was purged are left out."""
    names = ", ".join(f"o.{name.strip()}" for name in _COLUMNS.split(","))
    sql = (
        f"SELECT {names}, r.id FROM review r JOIN operation o ON o.op_id=r.op_id "
        "WHERE o.verdict='parked' AND r.id IN (:ids)"
    )
    return {row[-1]: _parked(row[:-1]) for row in fetch_in(connection, sql, reviews) if row[5]}


def of_operations(connection: Connection, op_ids: Iterable[bytes]) -> list[tuple[Parked, str]]:
    """Those of these operations that are parked, with the reason, in order. Purged ones are left out."""
    sql = f"SELECT {_COLUMNS}, code FROM operation WHERE verdict='parked' AND op_id IN (:ids)"
    rows = [row for row in fetch_in(connection, sql, op_ids) if row[5]]
    return sorted(((_parked(row[:-1]), row[-1]) for row in rows), key=lambda each: each[0].order)


def waiting_for(connection: Connection, records: Iterable[bytes]) -> list[Parked]:
    """What waits for these records, and what waits for that, round by round."""
    found: dict[bytes, Parked] = {}
    frontier: Sequence[bytes] = list(records)
    sql = f"SELECT {_COLUMNS} FROM operation WHERE verdict='parked' AND waits_for IN (:ids)"
    while frontier:
        rows = [row for row in fetch_in(connection, sql, frontier) if row[5]]
        new = [p for p in map(_parked, rows) if p.operation.op_id not in found]
        found |= {p.operation.op_id: p for p in new}
        frontier = [p.operation.record_id for p in new]
    return list(found.values())


def on_records(connection: Connection, records: Iterable[bytes]) -> list[Parked]:
    """What is parked of these records, in order. Purged ones are left out."""
    sql = f"SELECT {_COLUMNS} FROM operation WHERE verdict='parked' AND record_id IN (:ids)"
    found = [_parked(row) for row in fetch_in(connection, sql, records) if row[5]]
    return sorted(found, key=lambda one: one.order)


def creation_of(
    connection: Connection, record_id: bytes, device_id: bytes
) -> tuple[Parked, str] | None:
    """What would make a record, parked by itself, and why; None where a device sent no such thing."""
    sql = (
        f"SELECT {_COLUMNS}, code FROM operation WHERE verdict='parked' AND waits_for IS NULL "
        "AND base_version=0 AND record_id IN (:ids) AND device_id=?"
    )
    rows = [row for row in fetch_in(connection, sql, [record_id], device_id) if row[5]]
    return (_parked(rows[0][:-1]), rows[0][-1]) if rows else None


def _parked(row: tuple[Any, ...]) -> Parked:
    op_id, counter, entity, record_id, base, fields, recorded_at, offset, beneath, decides = row[
        :10
    ]
    operation = Operation(
        op_id,
        counter,
        entity,
        record_id,
        base,
        msgspec.msgpack.decode(fields, type=dict[str, Change]),
        recorded_at,
        offset,
        msgspec.msgpack.decode(beneath) if beneath else [],
        msgspec.msgpack.decode(decides, type=Decision) if decides else None,
    )
    return Parked(operation, *row[10:])
