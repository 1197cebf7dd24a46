"""The answer to a bundle: outcomes, what a pull would bring, small pictures and photos, sealed to the device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from msgspec.structs import replace
from sqlalchemy import Connection, select

from gridapp.domain.exchange import Outcome, Verdict
from gridapp.server import blobs, bundle_aside, small_pictures
from gridapp.server.bundle_key import private_keys
from gridapp.server.bundles import Asked, author_of
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.outcomes import outcome_of
from gridapp.server.pages import read_bodies
from gridapp.server.pull import pull
from gridapp.server.schema import blob, blob_sender, device
from gridapp.server.schema import operation as log
from gridapp.server.snapshots import Snapshots
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import Photo, Small, Told, Writer
from gridapp.sync.protocol import END, MOST_OPERATIONS, MOST_SMALL, VERSION, encode
from gridapp.sync.sealing import DOWN, Sealer

MOST_PHOTOS = 256 * 1024 * 1024  # bytes of photos in one answer


def write(server: Server, snapshots: Snapshots, asked: Asked, file: BinaryIO) -> None:
    """Write the answer; that to a revoked device holds nothing but a farewell (``bundle_aside``)."""
    with server.database.snapshot() as connection:
        row = connection.execute(select(device).where(device.c.id == asked.device)).one()
    key = next(k for k in private_keys(server) if k.public_key().public_bytes_raw() == asked.key)
    ids = (server.district_id, asked.device, asked.bundle)
    out = Writer(Sealer(file, DOWN, ids, asked.asking.box_key, key))
    if row.revoked_at is None:
        _write(server, snapshots, asked, row, out)
    else:
        with server.database.snapshot() as connection:
            said = bundle_aside.farewell(
                connection,
                row,
                asked.asking.contact,
                asked.operations,
                asked.refused,
                asked.photos,
            )
        out.put(form.FAREWELL, encode(said))
    out.finish(lambda _digest: b"")  # who can seal with the server's key is the server


def _write(server: Server, snapshots: Snapshots, asked: Asked, row: Any, out: Writer) -> None:
    asking, author = asked.asking, author_of(server, row)
    granted = author.channels()
    with server.database.snapshot() as connection:
        outcomes = _outcomes(connection, asked)
        bodies = read_bodies(connection, granted, asking.bodies[:MOST_OPERATIONS])
        whole = _whole(connection, asked.photos, row.staff_id)
    now, cursors = server.clock(), asking.pull.cursors
    told = Told(VERSION, asking.contact, server.epoch, now, outcomes, bodies, whole, cursors)
    out.put(form.TOLD, encode(told))
    # What is held as a whole is not compared: the device has more to say than it had seen when it asked.
    request = replace(asking.pull, seen=b"", totals={})
    for frame in frames(pull(server, snapshots, author, request)):
        out.put(form.FRAME, frame)
    wanted = [digest for digest, _ in asking.photos]
    for digest, data in _small(server, wanted, granted):
        out.put(form.SMALL, encode(Small(digest, data)))
    _photos(server, wanted, granted, out)


def frames(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The frames of an answer, each with its length, however they were put together; without the end mark."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= len(END) and held[: len(END)] != END:
            size = len(END) + int.from_bytes(held[: len(END)], "big")
            if len(held) < size:
                break
            yield bytes(held[:size])
            del held[:size]


def _outcomes(connection: Connection, asked: Asked) -> list[Outcome]:
    found = [Outcome(op_id, Verdict.REJECTED, code="bad_operation") for op_id in asked.refused]
    for part in chunks(asked.operations):
        own = (log.c.device_id == asked.device) & log.c.op_id.in_(part)
        found += [outcome_of(row) for row in connection.execute(select(log).where(own))]
    return found


def _whole(connection: Connection, digests: Sequence[str], staff_id: bytes) -> list[str]:
    """Those that this person has sent whole, by whatever way."""
    sender, found = blob_sender.c, list[str]()
    for part in chunks(list(digests)):
        own = (sender.staff_id == staff_id) & sender.sha256.in_(part)
        found += connection.scalars(select(sender.sha256).where(own))
    return found


def _small(
    server: Server, wanted: Sequence[str], granted: list[str]
) -> Iterator[tuple[str, bytes]]:
    for start in range(0, len(wanted), MOST_SMALL):
        with server.database.snapshot() as connection:
            found = small_pictures.read(connection, wanted[start : start + MOST_SMALL], granted)
        yield from found.items()


def _photos(server: Server, wanted: Sequence[str], granted: list[str], out: Writer) -> None:
    room = MOST_PHOTOS
    for digest in wanted:
        with server.database.snapshot() as connection:
            size = connection.scalar(select(blob.c.size).where(blob.c.sha256 == digest))
            if size is None or not blobs.shown(connection, digest, granted):
                continue
        room -= size
        if room < 0:
            return
        out.put(form.PHOTO, encode(Photo(digest, size)))
        for data in _parts(server, digest, size):
            out.put(form.PART, data)


def _parts(server: Server, digest: str, size: int) -> Iterator[bytes]:
    start = 0
    while start < size:
        with server.database.snapshot() as connection:
            data = blobs.read_part(connection, digest, start)
        if not data:
            return
        yield data
        start += len(data)
