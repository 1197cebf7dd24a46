"""Late work after a restore: reviews that came back are told to ``apply`` where something follows from them.

And what clients say was parked before goes on waiting: nobody gains by a lie, for a head decides about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, or_, select

from gridapp.domain.exchange import Change, Operation, Outcome, Rows, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import new_id
from gridapp.domain.review import WAITING
from gridapp.server import macs
from gridapp.server.apply import Sender, apply
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.lineage import HANDED_BACK
from gridapp.server.offered import Held
from gridapp.server.redeciding import SAID
from gridapp.server.reviews import REVIEWED
from gridapp.server.schema import operation as log
from gridapp.server.schema import tables
from gridapp.server.vouching import TAKEN
from gridapp.server.workspace import Key, Row
from gridapp.tables import wire_columns


def with_parked(server: Server, sender: Sender, answered: Iterable[Outcome]) -> Sender:
    """The sender, with what it was told before of operations that wait, or waited, for a decision."""
    if server.epoch < 2:
        return sender
    found = {o.op_id: _why(o) for o in answered}
    return replace(sender, parked=frozenset((k, why) for k, why in found.items() if why))


def _why(told: Outcome) -> str:
    if told.verdict is Verdict.PARKED:
        return told.code if told.code in REVIEWED else ""
    return "moved_away" if told.verdict in TAKEN and told.revision > 1 else ""


def wanted(server: Server, held: Iterable[Held]) -> list[Key]:
    """Reviews of an earlier epoch: what was parked anew since may have been decided in them."""
    epochs = {key: epoch for entity, key, epoch, _ in held if entity == "review"}
    found: list[Key] = []
    review = tables["review"].c
    with server.database.snapshot() as connection:
        for part in chunks(sorted(epochs)):
            waits = review.id.in_(part), review.state == WAITING
            for key, epoch in connection.execute(select(review.id, review.epoch).where(*waits)):
                if epoch > epochs[key]:
                    found.append(("review", key))
    return found


def follow(server: Server, handed: Sequence[Rows]) -> None:
    """Give parked operations the outcome that reviews say which were handed back, owners first.

    What still waits goes where the records went that were handed back.
    """
    columns = set(wire_columns(KINDS["review"]))
    rows = [
        dict(zip(table.columns, values, strict=True))
        for table in handed
        if table.entity == "review" and set(table.columns) == columns
        for values in table.rows
        if len(values) == len(table.columns)
    ]
    rows = [row for row in rows if macs.valid(server, "review", row)]
    decided = {r["id"]: r for r in rows if r["state"] != WAITING and r["decided_by"]}
    ids = [values[0] for table in handed for values in table.rows if values]
    with server.database.snapshot() as connection:
        wanted = _forgotten(connection, decided)
        moved = _about(connection, [key for key in ids if isinstance(key, bytes)]) - wanted
    rows = sorted((decided[key] for key in wanted), key=lambda r: (bool(r["hangs_on"]), r["id"]))
    told = [_placed(key, server.clock()) for key in sorted(moved)] + [_told(row) for row in rows]
    if told:
        apply(server, Sender(SYSTEM.bytes, SYSTEM.bytes, HANDED_BACK), told)


def _forgotten(connection: Connection, decided: dict[bytes, Row]) -> set[bytes]:
    """Those that wait here, or whose operation does."""
    review = tables["review"].c
    found: set[bytes] = set()
    for part in chunks(sorted(decided)):
        waits = select(review.id).where(review.id.in_(part), review.state == WAITING)
        found |= set(connection.scalars(waits))
    by_operation = {row["op_id"]: key for key, row in decided.items()}
    for part in chunks(sorted(by_operation)):
        parked = log.c.op_id.in_(part), log.c.verdict == Verdict.PARKED.value
        ids = connection.scalars(select(log.c.op_id).where(*parked))
        found |= {by_operation[op_id] for op_id in ids}
    return found


def _about(connection: Connection, ids: list[bytes]) -> set[bytes]:
    """Waiting reviews that are among these records, or about one of them, or in one of these grids."""
    review = tables["review"].c
    found: set[bytes] = set()
    for part in chunks(ids):
        named = or_(review.id.in_(part), review.about_id.in_(part), review.grid_id.in_(part))
        found |= set(connection.scalars(select(review.id).where(review.state == WAITING, named)))
    return found


def _placed(key: bytes, now: int) -> Operation:
    """That a review waits, but it may be for somebody else."""
    waits = {"decided_by": Change(None, None)}
    return Operation(new_id().bytes, 1, "review", key, 1, waits, now, 0)


def _told(row: Row) -> Operation:
    fields = {name: Change(None, row[name]) for name in SAID}
    at = row["decided_at"] or row["received_at"]
    return Operation(
        new_id().bytes, row["version"], "review", row["id"], row["version"], fields, at, 0
    )
