"""What became of operations, as the log holds it: for who sends them again, and for who was told something else before.

An outcome that changes later (parked work was decided) gets a higher revision and the next number of one counter,
given under its lock: a device that names the highest number it has seen misses none.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gridapp.domain.exchange import FieldVerdict, Outcome, Verdict
from gridapp.domain.review import review_id
from gridapp.server.database import chunks
from gridapp.server.schema import operation as log
from gridapp.server.schema import tables

MOST = 1000  # revisions told in one head; the others follow with the next pull


def outcome_of(row: Any) -> Outcome:
    """The outcome that a row of the operation log holds."""
    verdicts = msgspec.msgpack.decode(row.verdicts) if row.verdicts else {}
    return Outcome(
        row.op_id,
        Verdict(row.verdict),
        row.revision,
        row.code,
        row.previous,
        row.version,
        {name: FieldVerdict(value) for name, value in verdicts.items()},
    )


def revised_since(
    connection: Connection, device_id: bytes, cursor: int, most: int = MOST
) -> tuple[list[Outcome], int]:
    """Outcomes of this device's operations that were revised after ``cursor``, and the number to ask from next."""
    statement = (
        select(log)
        .where(log.c.device_id == device_id, log.c.revised > cursor)
        .order_by(log.c.revised)
        .limit(most)
    )
    rows = connection.execute(statement).all()
    if not rows:
        return [], cursor
    said = _decisions(connection, [row.op_id for row in rows])
    found = []
    for row in rows:
        note, decided_by = said.get(row.op_id, ("", b""))
        found.append(
            msgspec.structs.replace(outcome_of(row), note=note or "", decided_by=decided_by or b"")
        )
    return found, rows[-1].revised


def _decisions(connection: Connection, operations: list[bytes]) -> dict[bytes, tuple[str, bytes]]:
    """op_id -> what was written beside its decision, and by whom."""
    review = tables["review"]
    found: dict[bytes, tuple[str, bytes]] = {}
    columns = (review.c.op_id, review.c.note, review.c.decided_by)
    for part in chunks([review_id(op_id).bytes for op_id in operations]):
        for op_id, note, by in connection.execute(select(*columns).where(review.c.id.in_(part))):
            found[op_id] = note, by
    return found
