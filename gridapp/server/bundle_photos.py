"""Photos of a bundle, part by part: what has come already is left out, what is not theirs is skipped."""

from __future__ import annotations

from gridapp.server import blobs, photo_arrivals
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import Photo, unpack


class PhotoParts:
    """Takes the items of photos in their order. ``whole``: how many are whole now; ``named``: all."""

    def __init__(self, server: Server, staff_id: bytes, granted: list[str]) -> None:
        self._server, self._staff_id, self._granted = server, staff_id, granted
        self._photo: Photo | None = None
        self._at = 0  # bytes of it that went by
        self._received = 0  # bytes of it that are here
        self.whole = 0
        self.named: list[str] = []

    def take(self, kind: bytes, body: bytes) -> None:
        """The beginning of a photo, or a part of it."""
        if kind == form.PHOTO:
            photo = unpack(body, Photo)
            self.named.append(photo.digest)
            self._photo = self._begin(photo)
        elif self._photo is not None:
            self._part(self._photo, body)

    def _begin(self, photo: Photo) -> Photo | None:
        """The photo, or None where it is here or its record was not taken."""
        with self._server.database.write() as connection:
            try:
                blobs.check_sender(connection, photo.digest, self._staff_id, self._granted)
            except Rejection:
                return None
            here = blobs.claim(connection, photo.digest, self._staff_id, self._granted)
        if here.complete:
            photo_arrivals.arrived(self._server, photo.digest)
        self._at, self._received = 0, here.received
        self.whole += here.complete
        return None if here.complete else photo

    def _part(self, photo: Photo, data: bytes) -> None:
        start, self._at = self._at, self._at + len(data)
        new = data[max(0, self._received - start) :]
        if not new:
            return
        try:
            here = blobs.put_part(
                self._server, photo.digest, self._staff_id, self._received, photo.size, new
            )
        except Rejection:
            self._photo = None  # it is not what its name says, or goes up another way just now
            return
        self._received = here.received
        if here.complete:
            self.whole += 1
            self._photo = None
