"""Attachment bytes: received in resumable parts, checked whole, given only to who may read the record."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import Connection, Delete, delete, func, insert, select

from gridapp.domain.exchange import Change, Verdict
from gridapp.server import photo_arrivals, reviewed_photos
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.errors import Rejection
from gridapp.server.makers import created
from gridapp.server.schema import (
    blob,
    blob_part,
    blob_sender,
    channel,
    device,
    feed,
    operation,
    tables,
)
from gridapp.sync.protocol import BLOB_PART, LARGEST_BLOB, BlobState


def let_go(device_id: bytes) -> bytes:
    """Under what is kept that a revoked device handed a photo over which was dropped since: no id, so no sender.

    It is told that the photo is here, and the same once more brings nothing back.
    """
    return device_id + b"-"


def state(connection: Connection, digest: str, staff_id: bytes) -> BlobState:
    """How much of it this sender has sent. Nothing is said of what others sent."""
    sender = blob_sender.c
    own = sender.staff_id.in_([staff_id, let_go(staff_id)])
    proven = connection.execute(select(sender.sha256).where(sender.sha256 == digest, own)).first()
    if proven:
        size = connection.scalar(select(blob.c.size).where(blob.c.sha256 == digest))
        return BlobState(int(size or 0), complete=True)
    return BlobState(_received(connection, digest, staff_id), complete=False)


def claim(connection: Connection, digest: str, staff_id: bytes, granted: list[str]) -> BlobState:
    """How much of it this sender has sent; what the sender may download anyhow need not come once more."""
    here = state(connection, digest, staff_id)
    if here.complete or not readable(connection, digest, granted):
        return here
    size = connection.scalar(select(blob.c.size).where(blob.c.sha256 == digest))
    if size is None:
        return here
    connection.execute(_parts(digest, staff_id))
    connection.execute(insert(blob_sender).values(sha256=digest, staff_id=staff_id))
    return BlobState(int(size), complete=True)


def put_part(
    server: Server, digest: str, staff_id: bytes, start: int, total: int, data: bytes
) -> BlobState:
    """Keep one part; the last one is checked against the name.

    Raises ``Rejection``: ``bad_part`` (with what has arrived untouched), ``bad_blob`` (begin again).
    """
    sizes = 0 < total <= LARGEST_BLOB and 0 < len(data) <= BLOB_PART and 0 <= start < total
    if not sizes or len(digest) != 64:
        raise Rejection(413, "bad_part")
    with server.database.write() as connection:
        here = state(connection, digest, staff_id)
        if here.complete:
            return here
        if start != here.received or start + len(data) > total:
            raise Rejection(409, "bad_part")
        connection.execute(
            insert(blob_part).values(sha256=digest, staff_id=staff_id, start=start, data=data)
        )
        if start + len(data) < total:
            return BlobState(start + len(data), complete=False)
        whole = _digest(connection, digest, staff_id) == digest
        if whole:
            _keep(server, connection, digest, staff_id, total)
        else:
            connection.execute(_parts(digest, staff_id))
    if not whole:
        raise Rejection(422, "bad_blob")
    photo_arrivals.arrived(server, digest)
    return BlobState(total, complete=True)


def _keep(server: Server, connection: Connection, digest: str, staff_id: bytes, size: int) -> None:
    """The sender has the photo; its bytes are kept once, whoever sent them first."""
    connection.execute(insert(blob_sender).values(sha256=digest, staff_id=staff_id))
    if connection.execute(select(blob.c.size).where(blob.c.sha256 == digest)).first():
        connection.execute(_parts(digest, staff_id))
        return
    connection.execute(
        insert(blob).values(sha256=digest, size=size, holder=staff_id, received_at=server.clock())
    )


def check_sender(connection: Connection, digest: str, staff_id: bytes, granted: list[str]) -> None:
    """Only who made a record that names the blob, or may read one, is told anything of it or may add to it.

    The author may still upload after losing the scope. Raises ``Rejection`` ``no_blob``.
    """
    a = tables["attachment"]
    sent = connection.execute(
        select(a.c.id)
        .join(operation, operation.c.record_id == a.c.id)
        .where(a.c.sha256 == digest, operation.c.staff_id == staff_id, created())
    ).first()
    if sent is not None or readable(connection, digest, granted):
        return
    if not _parked(connection, digest, staff_id):
        raise Rejection(404, "no_blob")


def _parked(connection: Connection, digest: str, staff_id: bytes) -> bool:
    """Whether work of this sender that waits for the head names the blob: it may come before the decision."""
    found = connection.scalars(
        select(operation.c.fields).where(
            operation.c.device_id.in_(select(device.c.id).where(device.c.staff_id == staff_id)),
            operation.c.entity == "attachment",
            operation.c.verdict == Verdict.PARKED.value,
        )
    )
    changes = (msgspec.msgpack.decode(f, type=dict[str, Change]) for f in found if f)
    return any(c["sha256"].after == digest for c in changes if "sha256" in c)


def shown(connection: Connection, digest: str, granted: list[str]) -> bool:
    """Whether its bytes are given out: a record names it (``readable``), or work that the reader decides about."""
    return readable(connection, digest, granted) or reviewed_photos.sent(
        connection, digest, granted
    )


def readable(connection: Connection, digest: str, granted: list[str]) -> bool:
    """Whether a record in a granted channel names the blob, made by somebody who had sent its bytes."""
    a, sender = tables["attachment"], blob_sender.c
    ids = list(connection.scalars(select(channel.c.id).where(channel.c.name.in_(granted))))
    for part in chunks(ids):
        found = connection.execute(
            select(a.c.id)
            .join(feed, feed.c.record_id == a.c.id)
            .join(operation, operation.c.record_id == a.c.id)
            .join(
                blob_sender,
                (sender.sha256 == a.c.sha256) & (sender.staff_id == operation.c.staff_id),
            )
            .where(
                a.c.sha256 == digest,
                feed.c.removed == 0,
                feed.c.channel_id.in_(part),
                created(),
            )
        ).first()
        if found:
            return True
    return False


def read_part(connection: Connection, digest: str, start: int) -> bytes:
    """The part that begins at ``start``; b"" at the end. Raises ``Rejection`` ``no_blob``."""
    row = connection.execute(select(blob.c.holder).where(blob.c.sha256 == digest)).first()
    if row is None or not 0 <= start <= LARGEST_BLOB:
        raise Rejection(404, "no_blob")
    part = blob_part.c
    data = connection.scalar(
        select(part.data).where(
            part.sha256 == digest, part.staff_id == row.holder, part.start == start
        )
    )
    return bytes(data) if data is not None else b""


def _parts(digest: str, staff_id: bytes) -> Delete:
    return delete(blob_part).where(blob_part.c.sha256 == digest, blob_part.c.staff_id == staff_id)


def _received(connection: Connection, digest: str, staff_id: bytes) -> int:
    part = blob_part.c
    size = func.coalesce(func.sum(func.length(part.data)), 0)
    where = (part.sha256 == digest) & (part.staff_id == staff_id)
    return int(connection.scalar(select(size).where(where)) or 0)


def _digest(connection: Connection, digest: str, staff_id: bytes) -> str:
    whole = hashlib.sha256()
    part = blob_part.c
    statement = (
        select(part.data)
        .where(part.sha256 == digest, part.staff_id == staff_id)
        .order_by(part.start)
    )
    for data in connection.scalars(statement):
        whole.update(data)
    return whole.hexdigest()
