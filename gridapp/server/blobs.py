"""Attachment bytes: received in resumable parts, checked whole, given only to who may read the record."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, func, insert, select, update

from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.errors import Rejection
from gridapp.server.schema import blob, blob_part, channel, feed, operation, tables
from gridapp.sync.protocol import BLOB_PART, LARGEST_BLOB, BlobState


def state(connection: Connection, digest: str) -> BlobState:
    """How much has arrived."""
    row = connection.execute(select(blob.c.complete).where(blob.c.sha256 == digest)).first()
    return BlobState(_received(connection, digest), bool(row and row.complete))


def put_part(server: Server, digest: str, start: int, total: int, data: bytes) -> BlobState:
    """Keep one part; the last one is checked against the name.

    Raises ``Rejection``: ``bad_part`` (with what has arrived untouched), ``bad_blob`` (begin again).
    """
    sizes = 0 < total <= LARGEST_BLOB and 0 < len(data) <= BLOB_PART and 0 <= start < total
    if not sizes or len(digest) != 64:
        raise Rejection(413, "bad_part")
    with server.database.write() as connection:
        here = state(connection, digest)
        if here.complete:
            return here
        if start != here.received or start + len(data) > total:
            raise Rejection(409, "bad_part")
        if start == 0:
            connection.execute(delete(blob).where(blob.c.sha256 == digest))
            connection.execute(
                insert(blob).values(
                    sha256=digest, size=total, complete=0, received_at=server.clock()
                )
            )
        connection.execute(insert(blob_part).values(sha256=digest, start=start, data=data))
        if start + len(data) < total:
            return BlobState(start + len(data), complete=False)
        whole = _digest(connection, digest) == digest
        if whole:
            connection.execute(update(blob).where(blob.c.sha256 == digest).values(complete=1))
        else:
            connection.execute(delete(blob_part).where(blob_part.c.sha256 == digest))
    if not whole:
        raise Rejection(422, "bad_blob")
    return BlobState(total, complete=True)


def check_sender(connection: Connection, digest: str, staff_id: bytes, granted: list[str]) -> None:
    """Only who sent a record that names the blob, or may read one, is told anything of it or may add to it.

    The author may still upload after losing the scope. Raises ``Rejection`` ``no_blob``.
    """
    a = tables["attachment"]
    sent = connection.execute(
        select(a.c.id)
        .join(operation, operation.c.record_id == a.c.id)
        .where(a.c.sha256 == digest, operation.c.staff_id == staff_id)
    ).first()
    if sent is None and not readable(connection, digest, granted):
        raise Rejection(404, "no_blob")


def readable(connection: Connection, digest: str, granted: list[str]) -> bool:
    """Whether a record that names the blob stands in a granted channel."""
    a = tables["attachment"]
    ids = list(connection.scalars(select(channel.c.id).where(channel.c.name.in_(granted))))
    for part in chunks(ids):
        found = connection.execute(
            select(a.c.id)
            .join(feed, feed.c.record_id == a.c.id)
            .where(a.c.sha256 == digest, feed.c.removed == 0, feed.c.channel_id.in_(part))
        ).first()
        if found:
            return True
    return False


def read_part(connection: Connection, digest: str, start: int) -> bytes:
    """The part that begins at ``start``; b"" at the end. Raises ``Rejection`` ``no_blob``."""
    row = connection.execute(select(blob.c.complete).where(blob.c.sha256 == digest)).first()
    if row is None or not row.complete or not 0 <= start <= LARGEST_BLOB:
        raise Rejection(404, "no_blob")
    data = connection.scalar(
        select(blob_part.c.data).where(blob_part.c.sha256 == digest, blob_part.c.start == start)
    )
    return bytes(data) if data is not None else b""


def _received(connection: Connection, digest: str) -> int:
    size = func.coalesce(func.sum(func.length(blob_part.c.data)), 0)
    return int(connection.scalar(select(size).where(blob_part.c.sha256 == digest)) or 0)


def _digest(connection: Connection, digest: str) -> str:
    whole = hashlib.sha256()
    statement = (
        select(blob_part.c.data).where(blob_part.c.sha256 == digest).order_by(blob_part.c.start)
    )
    for data in connection.scalars(statement):
        whole.update(data)
    return whole.hexdigest()
