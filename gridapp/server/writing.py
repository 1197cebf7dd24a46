"""Rows and outcomes of a group of batches, written set by set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import KINDS
from gridapp.server.bounds import PURGED
from gridapp.server.context import Server
from gridapp.server.joining import Sender
from gridapp.server.judge import Judge, Judged
from gridapp.server.schema import operation as log
from gridapp.server.schema import tables
from gridapp.server.statements import insert_rows, update_rows
from gridapp.server.workspace import Row, Workspace, column_names

_pack = msgspec.msgpack.Encoder().encode


def write_rows(
    server: Server, connection: Connection, workspace: Workspace, judges: Sequence[Judge]
) -> None:
    """What the judges created and changed, with the server's word for each row."""
    made = {key for judge in judges for key in judge.created}
    replaced = {key for judge in judges for key in judge.replaced}
    created: dict[str, list[Row]] = defaultdict(list)
    changed: dict[str, list[Row]] = defaultdict(list)
    # In one order everywhere, so that the same batch sent twice at once waits and never blocks itself.
    for key in sorted({key for judge in judges for key in judge.changed}):
        row = workspace.rows[key]
        assert row is not None
        if key in replaced:
            row["last_device"] = None
        row["epoch"] = server.epoch
        row["mac"] = server.mac(key[0], row)
        (created if key in made else changed)[key[0]].append(row)
    for entity in KINDS:
        table, names = tables[entity], column_names(entity)
        if entity in created:
            insert_rows(connection, table, names, [_values(r, names) for r in created[entity]])
        if entity in changed:
            values = [_values(r, (*names[1:], "id")) for r in changed[entity]]
            update_rows(connection, table, names[1:], ("id",), values)


def _values(row: Row, names: Iterable[str]) -> list[Any]:
    return list(map(row.get, names))


def write_log(
    connection: Connection,
    parts: Iterable[tuple[Sender, Operation, Judged]],
    now: int,
    epoch: int,
) -> None:
    """Every operation with what became of it."""
    rows = [log_row(sender, operation, judged, now, epoch) for sender, operation, judged in parts]
    if rows:
        names = tuple(rows[0])
        insert_rows(connection, log, names, [list(row.values()) for row in rows])


def log_row(
    sender: Sender, operation: Operation, judged: Judged, now: int, epoch: int
) -> dict[str, Any]:
    """One row of the operation log, every row with the same names in the same order."""
    outcome = judged.outcome
    if outcome.code == PURGED:
        operation = replace(operation, fields={}, beneath=[], decides=None)
        judged = Judged(outcome)
    return {
        "op_id": operation.op_id,
        "device_id": sender.device_id,
        "incarnation": sender.incarnation,
        "counter": operation.counter,
        "staff_id": sender.staff_id,
        "entity": operation.entity,
        "record_id": operation.record_id,
        "base_version": operation.base_version,
        "fields": _pack(operation.fields),
        "recorded_at": operation.recorded_at,
        "clock_offset": operation.clock_offset,
        "received_at": now,
        "verdict": outcome.verdict.value,
        "code": outcome.code,
        "revision": outcome.revision,
        "previous": outcome.previous,
        "version": outcome.version,
        "verdicts": _pack(outcome.fields),
        "starts": _pack(judged.starts) if judged.starts else None,
        "decides": _pack(operation.decides) if operation.decides else None,
        "waits_for": judged.waits_for,
        "beneath": _pack(operation.beneath) if operation.beneath else None,
        "epoch": epoch,
    }
