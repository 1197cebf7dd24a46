"""What is there and is not the asker's: households, visits, photos, computers and codes of other grids."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

from gridapp.bench.crowd import Worker, batch, settle
from gridapp.domain.attachment import Attachment
from gridapp.server import auth, blobs, small_pictures
from gridapp.server.apply import Sender, apply
from gridapp.server.context import Server
from gridapp.server.database import open_database
from gridapp.server.setup import creation, send

_WORKERS, _EACH, _PHOTOS, _CODES = 202, 20, 2, 60
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Strangers:
    """``worker`` asks; the rest are ids (bytes), digests and codes of others, none of which she may read."""

    worker: Worker
    households: list[bytes]
    files: list[bytes]
    visits: list[bytes]
    photos: list[str]
    computers: list[bytes]
    codes: list[str]


def settle_strangers(folder: Path) -> Strangers:
    """A new server's data in ``folder``: a hundred grids with what their workers recorded."""
    database = open_database(folder, None)
    try:
        server, (worker, _colleague, *others) = settle(database, _WORKERS)
        visits, photos = [], []
        for other in others:
            visits += _recorded(server, other)
            photos += _photographed(server, other)
        with database.write() as connection:
            now = server.clock()
            codes = [auth.make_code(connection, o.staff.bytes, now) for o in others[:_CODES]]
    finally:
        database.close()
    homes = [home for other in others for home in other.homes]
    return Strangers(
        worker,
        [home.household.bytes for home in homes],
        [home.file.bytes for home in homes],
        visits,
        photos,
        [other.device.bytes for other in others],
        codes,
    )


def _sender(worker: Worker) -> Sender:
    return Sender(worker.staff.bytes, worker.device.bytes, 1)


def _recorded(server: Server, worker: Worker) -> list[bytes]:
    made = batch(worker, _EACH, server.clock())
    apply(server, _sender(worker), made)
    return [operation.record_id for operation in made if operation.entity == "visit"]


def _photographed(server: Server, worker: Worker) -> list[str]:
    """Digests of photos that the server has whole, with their small pictures."""
    found = []
    for number in range(_PHOTOS):
        data = _JPEG + random.Random(f"{worker.staff}:{number}").randbytes(20_000)
        digest = hashlib.sha256(data).hexdigest()
        named = Attachment(
            target_kind="household",
            target_id=worker.homes[0].household,
            sha256=digest,
            media_type="image/jpeg",
            size=len(data),
        )
        send(server, [creation(named)], _sender(worker), first=1000 + number)
        blobs.put_part(server, digest, worker.staff.bytes, 0, len(data), data)
        with server.database.write() as connection:
            small_pictures.keep(connection, {digest: data[:4000]}, worker.staff.bytes, [])
        found.append(digest)
    return found
