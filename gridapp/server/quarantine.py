"""What revoked devices still sent: kept for the district as it came, judged by nobody, read by nobody else.

A revoked device gets no session. It signs what it still holds, hands it over here, says that it leaves, and erases
itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from gridapp.clock import Instant
from gridapp.domain.exchange import Operation
from gridapp.server import blobs
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.errors import Rejection
from gridapp.server.quarantine_about import Abouts
from gridapp.server.schema import blob, blob_sender, device, quarantine
from gridapp.server.schema import operation as log
from gridapp.server.sessions import NOBODY, signed
from gridapp.server.wellformed import well_formed
from gridapp.sync.protocol import (
    MOST_OPERATIONS,
    BlobState,
    PhotoPart,
    QuarantineReply,
    QuarantineRequest,
)

SET_ASIDE = "set_aside"  # the code, in the log, of what was dealt with by hand (``set_aside``)
# Three years of a busy worker; who sends more is no forgotten laptop.
MOST_KEPT = 50_000
MOST_PHOTO_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One operation as it was sent."""

    operation: Operation
    received_at: Instant


def receive(
    server: Server, request: QuarantineRequest, body: bytes, signature: bytes
) -> QuarantineReply:
    """Keep what came. The same again changes nothing.

    Raises ``Rejection``: ``not_enrolled`` (unknown, not revoked, or not signed by it), ``bad_request``,
    ``quarantine_full``, and those of ``blobs.put_part``.
    """
    if len(request.operations) > MOST_OPERATIONS:
        raise Rejection(400, "bad_request")
    now = server.clock()
    with server.database.write() as connection:
        held = connection.execute(select(device).where(device.c.id == request.device_id)).first()
        right = signed(held.public_key if held else NOBODY, body, signature)
        if held is None or not right or not held.revoked_at:
            raise Rejection(401, "not_enrolled")
        # What no program sends is worth nothing to anybody, and must not hold up the rest.
        keep(connection, held, [o for o in request.operations if well_formed(o)], now)
        marks: dict[str, Any] = {"last_seen": now}
        if request.leaves:
            marks["erased_at"] = now
        connection.execute(update(device).where(device.c.id == held.id).values(marks))
    photo = _take_part(server, held.id, request.photo) if request.photo else None
    return QuarantineReply(now, [sent.op_id for sent in request.operations], photo)


def kept_of(connection: Connection, device_id: bytes) -> list[Kept]:
    """What is kept of a device, in the order in which it was recorded."""
    rows = connection.execute(
        select(quarantine.c.body, quarantine.c.received_at).where(
            quarantine.c.device_id == device_id
        )
    )
    found = [Kept(msgspec.msgpack.decode(r.body, type=Operation), r.received_at) for r in rows]
    return sorted(found, key=lambda one: one.operation.counter)


def in_words(server: Server, device_id: UUID) -> list[dict[str, Any]]:
    """What is kept of a device, for whoever administers the district: kind, record,
    whom it is about (``Abouts.of``), when, and what was written."""
    with server.database.snapshot() as connection:
        found = kept_of(connection, device_id.bytes)
        abouts = Abouts(connection, [one.operation for one in found])
        about = {one.operation.op_id: abouts.of(one.operation) for one in found}
    return [
        {
            "op_id": str(UUID(bytes=one.operation.op_id)),
            "kind": one.operation.entity,
            "id": str(UUID(bytes=one.operation.record_id)),
            "about": about[one.operation.op_id],
            "recorded_at": min(
                one.operation.recorded_at + one.operation.clock_offset, one.received_at
            ),
            "received_at": one.received_at,
            "fields": {
                name: change.after.hex() if isinstance(change.after, bytes) else change.after
                for name, change in one.operation.fields.items()
            },
        }
        for one in found
    ]


def photos(server: Server, device_id: UUID) -> int:
    """How many whole photos a device handed over. No member of staff can read them."""
    sent = select(func.count()).join(blob, blob.c.sha256 == blob_sender.c.sha256)
    with server.database.snapshot() as connection:
        mine = sent.select_from(blob_sender).where(blob_sender.c.staff_id == device_id.bytes)
        return int(connection.scalar(mine) or 0)


def counts(connection: Connection) -> dict[UUID, int]:
    """How many operations are kept of each device."""
    rows = connection.execute(
        select(quarantine.c.device_id, func.count()).group_by(quarantine.c.device_id)
    )
    return {UUID(bytes=key): count for key, count in rows}


def keep(connection: Connection, held: Any, operations: Sequence[Operation], now: Instant) -> None:
    """Keep operations of a revoked device (its row) as they came. Raises ``quarantine_full``."""
    known: set[bytes] = set()
    for part in chunks([sent.op_id for sent in operations]):
        known |= set(
            connection.scalars(select(quarantine.c.op_id).where(quarantine.c.op_id.in_(part)))
        )
        dealt_with = (log.c.op_id.in_(part)) & (log.c.code == SET_ASIDE)
        known |= set(connection.scalars(select(log.c.op_id).where(dealt_with)))
    fresh = {sent.op_id: sent for sent in operations if sent.op_id not in known}
    if not fresh:
        return
    of_device = quarantine.c.device_id == held.id
    there = connection.scalar(select(func.count()).select_from(quarantine).where(of_device)) or 0
    if there + len(fresh) > MOST_KEPT:
        raise Rejection(413, "quarantine_full")
    connection.execute(
        insert(quarantine),
        [
            {
                "op_id": op_id,
                "device_id": held.id,
                "staff_id": held.staff_id,
                "received_at": now,
                "body": msgspec.msgpack.encode(sent),
            }
            for op_id, sent in fresh.items()
        ],
    )


def check_room(connection: Connection, device_id: bytes, total: int) -> None:
    """Whether one more photo of so many bytes is kept of a device. Raises ``quarantine_full``."""
    size = select(func.coalesce(func.sum(blob.c.size), 0)).where(blob.c.holder == device_id)
    if (connection.scalar(size) or 0) + total > MOST_PHOTO_BYTES:
        raise Rejection(413, "quarantine_full")


def _take_part(server: Server, device_id: bytes, part: PhotoPart) -> BlobState:
    """Photos are held in the device's own name: no member of staff has sent them, so nobody may read them."""
    with server.database.snapshot() as connection:
        here = blobs.state(connection, part.sha256, device_id)
        if here.complete or not part.data:
            return here
        check_room(connection, device_id, part.total)
    return blobs.put_part(server, part.sha256, device_id, part.start, part.total, part.data)
