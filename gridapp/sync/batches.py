"""What waits in the outbox as operations, batch by batch: for a push, and for a bundle."""

from __future__ import annotations

from typing import Any

import msgspec

from gridapp.domain.exchange import Change, Decision, Operation
from gridapp.store.reader import Reader
from gridapp.sync.protocol import MOST_OPERATIONS

_MOST_BYTES = 8 * 1024 * 1024  # of fields in one push: the server refuses bodies above 32 MiB


def waiting(reader: Reader, after: int = 0) -> list[Operation]:
    """The next batch beyond counter ``after``: by count and bytes, never empty by its size."""
    found = reader.connection.execute(
        "SELECT op_id, counter, entity, record_id, base_version, fields, recorded_at, clock_offset, "
        "beneath, conflict_id, other FROM outbox WHERE state='waiting' AND counter>? "
        "ORDER BY counter LIMIT ?",
        (after, MOST_OPERATIONS),
    )
    operations: list[Operation] = []
    size = 0
    for row in found:
        size += len(row[5]) + len(row[8] or b"")
        if operations and size > _MOST_BYTES:
            break
        operations.append(_operation(row))
    found.close()  # the rest is not read
    return operations


def _operation(row: tuple[Any, ...]) -> Operation:
    op_id, counter, entity, record_id, base_version, fields, recorded_at, offset, beneath = row[:9]
    conflict_id, other = row[9:]
    return Operation(
        op_id,
        counter,
        entity,
        record_id,
        base_version,
        msgspec.msgpack.decode(fields, type=dict[str, Change]),
        recorded_at,
        offset,
        msgspec.msgpack.decode(beneath) if beneath else [],
        Decision(conflict_id, msgspec.msgpack.decode(other)) if conflict_id else None,
    )
