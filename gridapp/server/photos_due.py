"""Photos without which an event cannot be verified: a record never waits for its photo, a verification does.

The catalogue says of which side of the work a photo belongs to an item. What counts is what records name: a
photo that nobody took cannot be waited for.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from gridapp.server.makers import created
from gridapp.server.schema import blob_sender, operation, tables

WAITS_FOR_PHOTO = "waits_for_photo"


def missing(
    connection: Connection, event: bytes, steps: Sequence[bytes], item: str
) -> bytes | None:
    """The first attachment of an event, or of its steps, whose required photo has not come; or None."""
    purposes = _required(connection, item)
    if not purposes:
        return None
    a = tables["attachment"].c
    found: bytes | None = connection.scalar(
        select(a.id)
        .where(
            or_(a.target_id == event, a.target_id.in_(list(steps))),
            a.purpose.in_(purposes),
            a.deleted == 0,
            ~_arrived(),
        )
        .order_by(a.id)
        .limit(1)
    )
    return found


def _required(connection: Connection, item: str) -> list[str]:
    c = tables["catalogue_item"].c
    row = connection.execute(
        select(c.photo_before, c.photo_after).where(c.item_code == item, c.deleted == 0)
    ).first()
    if row is None:
        return []
    return [name for name, wanted in zip(("before", "after"), row, strict=True) if wanted]


def _arrived() -> ColumnElement[bool]:
    """Whether the one who made the attachment's record has sent its bytes: only then others may see them."""
    a, sender = tables["attachment"].c, blob_sender.c
    return exists(
        select(sender.sha256)
        .join(operation, operation.c.staff_id == sender.staff_id)
        .where(sender.sha256 == a.sha256, operation.c.record_id == a.id, created())
    )
