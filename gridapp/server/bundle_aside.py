"""The bundle of a revoked device: put aside for the district whole, judged by nobody; and what it is told, a farewell.

The farewell holds no data: only which operations and photos need not come again. It goes into an answer like
every other, so only this server can have written it, and only the enrolment whose bundle it answers can read it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, BinaryIO

from sqlalchemy import Connection, select

from gridapp.server import blobs, bundle_opening, quarantine
from gridapp.server.bundle_opening import Opened
from gridapp.server.bundle_photos import PhotoParts
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.errors import Rejection
from gridapp.server.schema import blob_sender
from gridapp.server.schema import operation as log
from gridapp.server.schema import quarantine as kept
from gridapp.server.wellformed import well_formed
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import Farewell, Photo
from gridapp.sync.protocol import VERSION


class Aside:
    """What was found in a bundle: ids of its operations, those that are none, photos that it names.

    ``last``: the highest counter in it.
    """

    def __init__(self, server: Server, opened: Opened) -> None:
        self._server, self._opened = server, opened
        self._parts = _SealedParts(server, opened.device.id)
        self.operations: list[bytes] = []
        self.unfit: list[bytes] = []
        self.last = 0

    @property
    def photos(self) -> list[str]:
        """Digests of its photos."""
        return self._parts.named

    def keep(self, file: BinaryIO) -> int:
        """Put all of it aside; the same again changes nothing. Returns how many photos are whole."""
        for kind, body in bundle_opening.items(file, self._opened):
            if kind == form.PUSH:
                self._push(body)
            elif kind in (form.PHOTO, form.PART):
                self._parts.take(kind, body)
        return self._parts.whole

    def _push(self, body: bytes) -> None:
        device = self._opened.device
        sent = bundle_opening.read_push(body, device).operations
        fit = [o for o in sent if well_formed(o)]
        self.operations += [o.op_id for o in sent]
        self.last = max([self.last, *(o.counter for o in sent)])
        # What no program sends is worth nothing to anybody, and must not hold up the rest.
        self.unfit += [o.op_id for o in sent if not well_formed(o)]
        # More than the district keeps of one device is no forgotten laptop: it keeps the rest itself.
        with suppress(Rejection), self._server.database.write() as connection:
            quarantine.keep(connection, device, fit, self._server.clock())


class _SealedParts(PhotoParts):
    """Photos held in the device's own name: no member of staff has sent them, so nobody may read them."""

    def __init__(self, server: Server, device_id: bytes) -> None:
        super().__init__(server, device_id, [])

    def _begin(self, photo: Photo) -> Photo | None:
        with self._server.database.snapshot() as connection:
            here = blobs.state(connection, photo.digest, self._staff_id)
            if not here.complete:
                try:
                    quarantine.check_room(connection, self._staff_id, photo.size)
                except Rejection:
                    return None
        self._at, self._received = 0, here.received
        self.whole += here.complete
        return None if here.complete else photo


def farewell(
    connection: Connection,
    row: Any,
    contact: int,
    operations: list[bytes],
    unfit: list[bytes],
    photos: list[str],
) -> Farewell:
    """What a revoked device (its row) is told of what it sent: all that is here, put aside or judged before."""
    here = set(unfit)
    for part in chunks(operations):
        for table in (kept, log):
            mine = (table.c.device_id == row.id) & table.c.op_id.in_(part)
            here |= set(connection.scalars(select(table.c.op_id).where(mine)))
    whole: set[str] = set()
    for digests in chunks(photos):
        sent = blob_sender.c.staff_id.in_([row.id, blobs.let_go(row.id), row.staff_id])
        own = sent & blob_sender.c.sha256.in_(digests)
        whole |= set(connection.scalars(select(blob_sender.c.sha256).where(own)))
    return Farewell(VERSION, contact, sorted(here), sorted(whole))
