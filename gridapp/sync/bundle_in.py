"""Taking in the answer to a bundle: read whole and checked first, and only then kept.

An answer is an old letter where this client heard from the server after it had written the bundle. Outcomes
stay true (their revisions order them) and so do pages of channels that are held, by their cursors; but which
channels are granted an old letter does not say, and it opens no channel.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.domain.exchange import Page
from gridapp.store import erasing, inbox, photo_rows, revisions, search
from gridapp.store.photo_rows import Missing
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import bundle_files, bundle_state, farewell, intake, photos, taking
from gridapp.sync import bundle_format as form
from gridapp.sync.asking import standing
from gridapp.sync.bundle_format import Farewell, Photo, Small, Told, read_items, unpack
from gridapp.sync.protocol import (
    LARGEST_BLOB,
    VERSION,
    PullHead,
    PullRequest,
    read_frames,
    read_page,
)
from gridapp.sync.sealing import DOWN, Damaged, Header, NotSealed, Opener, read_header

Item = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Came:
    """What an answer brought that was not known: answers to changes, rows, photos.

    ``old``: the server was heard since.
    """

    outcomes: int
    rows: int
    photos: int
    old: bool

    @property
    def nothing(self) -> bool:
        """Whether it held nothing new: it was taken in before, or the same came over the network."""
        return not (self.outcomes or self.rows or self.photos)


def take(store: Store, path: Path) -> Came:
    """Take in an answer. Raises ``Problem`` where it cannot be used; then nothing is changed.

    Where it says that this device was revoked that is heeded, and told by a ``Problem`` (``farewell``).
    """
    erasing.check(store.folder)
    with bundle_files.reading(path) as file:
        form.check_size(file, path.name)
        try:
            return _take(store, file, path.name)
        except (NotSealed, Damaged) as error:
            raise form.explain(error, path.name) from error


def _take(store: Store, file: BinaryIO, name: str) -> Came:
    header = read_header(file)
    _check(store, header, name)
    ours = store.read(partial(bundle_state.may_be_ours, bundle=header.bundle)).result()
    private = store.write(bundle_state.box_key).result()
    server = store.read(bundle_state.server_key).result()
    if not ours and not _opens(file, private, server):
        raise form.refuse("other_letter", name)
    letter = _farewell(file, private, server, name)
    if letter is not None:
        raise farewell.heed(store, letter, name)
    if store.read(erasing.is_revoked).result():
        raise form.refuse("revoked_here", name)  # of before: nothing is read here any more
    told, seen = _check_all(file, private, server, name)
    if told.epoch != store.read(standing).result()[1]:
        raise form.refuse("server_restored", name)
    return _Taking(store, told).run(_again(file, private, server, seen))


def _check(store: Store, header: Header, name: str) -> None:
    if header.way != DOWN:
        raise form.refuse("wrong_way", name)
    if header.district != store.who.district_id.bytes:
        raise form.refuse("other_district", name)
    if header.device != store.who.device_id.bytes:
        raise form.refuse("other_device", name)


def _opens(file: BinaryIO, private: X25519PrivateKey, server: bytes) -> bool:
    """Whether it begins as something that the server sealed to this data: a copy of it has another key."""
    file.seek(0)
    try:
        Opener(file, private, server).read(1)
    except Damaged:
        return False
    return True


def _items(file: BinaryIO, private: X25519PrivateKey, server: bytes) -> Iterator[Item]:
    # Nobody but the server can seal what opens with its key and ours: that is its signature.
    file.seek(0)
    return read_items(Opener(file, private, server), lambda _digest, mark: mark == b"")


def _farewell(
    file: BinaryIO, private: X25519PrivateKey, server: bytes, name: str
) -> Farewell | None:
    """The one thing that a revoked device is told, read whole; None of any other answer."""
    items = _items(file, private, server)
    kind, body = next(items, (b"", b""))
    if kind != form.FAREWELL:
        return None
    letter = unpack(body, Farewell)
    if letter.protocol > VERSION:
        raise form.refuse("newer_bundle", name)
    if next(items, None) is not None:
        raise Damaged
    return letter


def _check_all(
    file: BinaryIO, private: X25519PrivateKey, server: bytes, name: str
) -> tuple[Told, int]:
    """What is told at the beginning, and how many items follow, after all of it was read."""
    told: Told | None = None
    count, frames = 0, 0
    for kind, body in _items(file, private, server):
        if told is None:
            if kind != form.TOLD:
                raise Damaged
            told = unpack(body, Told)
            if told.protocol > VERSION:
                raise form.refuse("newer_bundle", name)
        elif kind == form.FRAME:
            unpack(_plain(body), PullHead) if not frames else _page(body)
            frames += 1
        elif kind == form.SMALL:
            unpack(body, Small)
        elif kind == form.PHOTO:
            unpack(body, Photo)
        elif kind != form.PART:
            raise Damaged
        count += 1
    if told is None:
        raise Damaged
    return told, count


def _again(file: BinaryIO, private: X25519PrivateKey, server: bytes, count: int) -> Iterator[Item]:
    """The same items once more, without what is told. A stick that is pulled out ends them as a torn file."""
    items = _items(file, private, server)
    for number in range(count):
        item = next(items, None)
        if item is None:
            raise Damaged
        if number:
            yield item


class _Taking:
    def __init__(self, store: Store, told: Told) -> None:
        self._store, self._told = store, told
        self._old = store.read(bundle_state.contacts).result() != told.contact
        self._photos = 0
        self._missing: list[Missing] = []
        self._head: PullHead | None = None
        self._skipped: set[str] = (
            set()
        )  # channels that come again from 0, and are not begun anew here

    def run(self, items: Iterator[Item]) -> Came:
        outcomes = self._store.write(self._take_told).result()
        rows = intake.take_pages(self._store, self._pages(items))
        self._store.write(self._take_bodies).result()
        taking.finish(self._store)
        if not self._old:
            self._store.write(taking.note_contact).result()
        search.resume(self._store)
        return Came(outcomes, rows, self._photos, self._old)

    def _take_told(self, uow: UnitOfWork) -> int:
        new = inbox.apply_outcomes(uow, self._told.outcomes)
        for digest in self._told.photos:
            photo_rows.arrived(uow, digest)
        return new

    def _take_bodies(self, uow: UnitOfWork) -> None:
        asked = [(t.entity, row[0]) for t in self._told.bodies for row in t.rows]
        taking.take_bodies(uow, self._told.bodies, asked)

    def _take_head(self, head: PullHead) -> None:
        self._head = head
        if self._old:
            later = partial(
                revisions.take,
                outcomes=head.outcomes,
                epoch=head.epoch,
                number=head.outcome_cursor,
            )
            self._store.write(later).result()
        else:
            asked = PullRequest(self._told.cursors, head.epoch)
            self._store.write(partial(taking.take_head, head=head, asked=asked)).result()

    def _pages(self, items: Iterator[Item]) -> Iterator[Page]:
        """Pages that fit what is held; what stands between them is kept on the way."""
        held: dict[str, int] = {}
        coming: Photo | None = None
        data = bytearray()
        for kind, body in items:
            if kind == form.FRAME and self._head is None:
                head = unpack(_plain(body), PullHead)
                self._take_head(head)
                held = self._store.read(inbox.cursors).result()
                self._skipped = {n for n in head.restart if held.get(n, 0)}
            elif kind == form.FRAME:
                page = _page(body)
                if self._fits(page, held):
                    held[page.channel] = max(page.end, held.get(page.channel, 0))
                    yield page
            elif kind == form.SMALL:
                self._take_small(unpack(body, Small))
            elif kind == form.PHOTO:
                coming, data = unpack(body, Photo), bytearray()
            elif coming is not None and len(data) + len(body) <= LARGEST_BLOB:
                data += body
                if len(data) >= coming.size:
                    self._take_photo(coming.digest, bytes(data))
                    coming = None

    def _fits(self, page: Page, held: dict[str, int]) -> bool:
        """Cursors never go back, nothing is left out, and an old letter opens no channel."""
        if page.channel in self._skipped or (self._old and page.channel not in held):
            return False
        cursor = held.get(page.channel, 0)
        return page.start <= cursor and (page.end > cursor or page.start == page.end)

    def _wanted(self, digest: str) -> bool:
        if not self._missing:
            self._missing = self._store.read(photo_rows.missing).result()
        return any(one.digest == digest for one in self._missing)

    def _take_small(self, small: Small) -> None:
        if self._wanted(small.digest):
            photos.take_small(self._store, {small.digest: small.data}, self._missing)

    def _take_photo(self, digest: str, data: bytes) -> None:
        if self._wanted(digest):
            self._photos += photos.take(self._store, digest, data)


def _plain(frame: bytes) -> bytes:
    """The one frame in an item. Raises ``Damaged``."""
    try:
        return next(read_frames(io.BytesIO(frame)))
    except (EOFError, ValueError, StopIteration) as error:
        raise Damaged from error


def _page(frame: bytes) -> Page:
    try:
        return read_page(_plain(frame))
    except msgspec.DecodeError as error:
        raise Damaged from error
