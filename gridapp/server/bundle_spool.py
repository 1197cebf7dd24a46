"""Bundles that a courier uploads, part by part: sealed as they are, kept beside the parts of photos until answered.

One at a time for each courier; the next one takes its place.
"""

from __future__ import annotations

import io

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.schema import blob_part
from gridapp.sync.protocol import BLOB_PART, LARGEST_CARRIED, BlobState

_PREFIX = "bundle:"  # no digest looks like this


def state(connection: Connection, digest: str, courier: bytes) -> BlobState:
    """How much of it this courier has sent. It is never ``complete``: the request for the answer says that."""
    return BlobState(_received(connection, digest, courier), complete=False)


def put_part(
    server: Server, digest: str, courier: bytes, start: int, total: int, data: bytes
) -> BlobState:
    """Keep one part. Raises ``Rejection`` ``bad_part``."""
    sizes = 0 < total <= LARGEST_CARRIED and 0 < len(data) <= BLOB_PART and 0 <= start < total
    if not sizes or len(digest) != 64:
        raise Rejection(413, "bad_part")
    with server.database.write() as connection:
        if start == 0:
            _drop_others(connection, digest, courier)
        here = _received(connection, digest, courier)
        if start != here or start + len(data) > total:
            raise Rejection(409, "bad_part")
        connection.execute(
            insert(blob_part).values(
                sha256=_PREFIX + digest, staff_id=courier, start=start, data=data
            )
        )
    return BlobState(start + len(data), complete=False)


def drop(server: Server, digest: str, courier: bytes) -> None:
    """It was answered, or is not good."""
    with server.database.write() as connection:
        connection.execute(delete(blob_part).where(_own(digest, courier)))


class Spooled(io.RawIOBase):
    """An uploaded bundle as a file to read. Raises ``Rejection`` ``no_blob`` where nothing was uploaded."""

    def __init__(self, server: Server, digest: str, courier: bytes) -> None:
        super().__init__()
        self._server, self._own = server, _own(digest, courier)
        part = blob_part.c
        with server.database.snapshot() as connection:
            rows = connection.execute(
                select(part.start, func.length(part.data)).where(self._own).order_by(part.start)
            )
            self._parts = [(int(start), int(length)) for start, length in rows]
        if not self._parts:
            raise Rejection(404, "no_blob")
        self._size = sum(length for _, length in self._parts)
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte, counted from the beginning, from here or from the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes, fewer only at the end."""
        end = self._size if size < 0 else min(self._at + size, self._size)
        found = bytearray()
        while self._at < end:
            start, data = self._part()
            piece = data[self._at - start : end - start]
            found += piece
            self._at += len(piece)
        return bytes(found)

    def _part(self) -> tuple[int, bytes]:
        start = max(begin for begin, _ in self._parts if begin <= self._at)
        if self._held[0] != start:
            with self._server.database.snapshot() as connection:
                statement = select(blob_part.c.data).where(self._own, blob_part.c.start == start)
                data = connection.scalar(statement)
            if data is None:  # the courier began another one meanwhile
                raise Rejection(404, "no_blob")
            self._held = (start, bytes(data))
        return self._held


def _own(digest: str, courier: bytes) -> ColumnElement[bool]:
    return (blob_part.c.sha256 == _PREFIX + digest) & (blob_part.c.staff_id == courier)


def _drop_others(connection: Connection, digest: str, courier: bytes) -> None:
    connection.execute(
        delete(blob_part).where(
            blob_part.c.staff_id == courier,
            blob_part.c.sha256.startswith(_PREFIX, autoescape=True),
            blob_part.c.sha256 != _PREFIX + digest,
        )
    )


def _received(connection: Connection, digest: str, courier: bytes) -> int:
    size = func.coalesce(func.sum(func.length(blob_part.c.data)), 0)
    return int(connection.scalar(select(size).where(_own(digest, courier))) or 0)
