"""What its author sends once more: the last attempt takes the place of those before, and nothing else does.

An attempt says the same, word for word. What was not in it goes on waiting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from gridapp.domain.exchange import Change, Operation
from gridapp.domain.review import review_id
from gridapp.server import parked
from gridapp.server.parked import Parked
from gridapp.server.statements import fetch_in


def said(fields: Mapping[str, Change]) -> dict[str, tuple[Any, Any]]:
    """Field -> (before, after): what was said, on whatever it was built."""
    return {name: (change.before, change.after) for name, change in fields.items()}


def contains(sent: Operation, earlier: Operation) -> bool:
    """Whether all that an ``earlier`` operation on the record says is in ``sent``."""
    return (sent.decides is None) == (earlier.decides is None) and (
        said(earlier.fields).items() <= said(sent.fields).items()
    )


def earlier_on(connection: Connection, sent: Iterable[Operation]) -> dict[bytes, list[Parked]]:
    """Record -> operations on it that wait, parked before; of the records of these operations."""
    records = {o.record_id for o in sent if o.entity != "review"}
    found: dict[bytes, list[Parked]] = defaultdict(list)
    for one in parked.on_records(connection, records):
        found[one.operation.record_id].append(one)
    return found


def touching(op_id: bytes) -> Operation:
    """The review of an operation, as if something came for it: so that it is read, and locked."""
    return Operation(op_id, 0, "review", review_id(op_id).bytes, 1, {}, 0, 0)


def first_sent(connection: Connection, device_id: bytes, sent: Operation) -> int | None:
    """The counter with which a device sent the very same before, and it was not taken; None where it did not.

    What it says of the record with a higher counter is not in it.
    """
    sql = (
        "SELECT counter, fields FROM operation WHERE verdict IN ('parked','rejected') "
        "AND record_id IN (:ids) AND device_id=? AND counter<?"
    )
    rows = fetch_in(connection, sql, [sent.record_id], device_id, sent.counter)
    same = [
        counter
        for counter, fields in rows
        if fields
        and said(msgspec.msgpack.decode(fields, type=dict[str, Change])) == said(sent.fields)
    ]
    return max(same, default=None)
