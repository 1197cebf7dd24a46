"""One round of sync: waiting operations up, pages down, photos both ways. Killed anywhere, it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gridapp.domain.exchange import Page
from gridapp.store import inbox, recheck, recovery, search
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import asking, batches, collecting, intake, photos, repair, revoked, taking
from gridapp.sync.protocol import (
    MOST_OPERATIONS,
    PullHead,
    PushReply,
    decode,
    encode,
    read_page,
)
from gridapp.sync.recovery import NEW_EPOCH, recover
from gridapp.sync.renewal import FORKED, renew
from gridapp.sync.session import device_key, open_session
from gridapp.sync.transport import Offline, Refused, Transport


@dataclass(frozen=True, slots=True)
class Round:
    """What one round moved."""

    pushed: int
    pulled: int
    photos: int


class Engine:
    """Syncs one store with one server. Runs on one thread; the store's writer does the writing."""

    def __init__(self, store: Store, transport: Transport, *, with_photos: bool = True) -> None:
        """``with_photos``: at the end of each round, where no ``PhotoQueue`` moves them."""
        self._store = store
        self._transport = transport
        self._with_photos = with_photos
        self._open = False

    def run(self) -> Round:
        """One whole round. Raises ``Offline``, ``Refused`` or ``Problem``; what was done stays done."""
        helped: set[str] = set()
        while True:
            try:
                return self._round()
            except Refused as refused:
                if refused.code == revoked.REVOKED:
                    revoked.leave(self._store, self._transport)
                if refused.code not in ("no_session", FORKED, NEW_EPOCH) or refused.code in helped:
                    raise
                # The token ran out or the server was restarted, or this database is a copy: once more.
                helped.add(refused.code)
                if refused.code == FORKED:
                    renew(self._store, self._transport)
                elif refused.code == NEW_EPOCH:
                    recover(self._store, self._transport)
                else:
                    self._open = False

    def _round(self) -> Round:
        if self._store.read(inbox.knows_more).result():
            self._store.write(inbox.fetch_what_is_known_now).result()
        if not self._open:
            open_session(self._store, self._transport)
            self._open = True
        pushed = self._push()
        pulled = self._pull()
        moved = photos.move(self._store, self._transport) if self._with_photos else 0
        if self._store.read(inbox.some_may_go).result():
            taking.finish(self._store)  # a photo was all that still held it here
        if pulled is None:  # the contact is noted already
            return Round(pushed, 0, moved)
        self._store.write(taking.note_contact).result()
        search.resume(self._store)
        return Round(pushed, pulled, moved)

    def _push(self) -> int:
        pushed = 0
        while operations := self._store.read(batches.waiting).result():
            body = encode(self._store.read(partial(asking.push_request, sent=operations)).result())
            reply = self._transport.push(body, self._key().sign(body))
            offset = reply.server_time - self._store.clock()
            self._store.write(partial(_take_outcomes, reply=reply, offset=offset)).result()
            if not {o.op_id for o in operations} & {o.op_id for o in reply.outcomes}:
                raise Offline("no outcomes")  # and never the same batch again without a pause
            pushed += len(operations)
        return pushed

    @collecting.rarely()
    def _pull(self) -> int | None:
        """How many rows and removals came; None where everything was the same."""
        pulled = self._take()
        if pulled is None:
            return None
        if repair.mend(self._store, self._transport):
            pulled += self._take() or 0
            repair.mend(self._store, self._transport)
        taking.finish(self._store)
        return pulled

    def _take(self) -> int | None:
        request = self._store.read(asking.pull_request).result()
        frames = self._transport.pull(request)
        head = _read_head(frames)
        self._store.write(partial(taking.take_head, head=head, asked=request)).result()
        pulled = intake.take_pages(self._store, _read_pages(frames))
        if head.same and not self._store.read(recheck.unfinished).result():
            return None
        self._fetch_wanted()
        return pulled

    def _fetch_wanted(self) -> None:
        while wanted := self._store.read(lambda r: inbox.wanted(r)[:MOST_OPERATIONS]).result():
            reply = self._transport.rows(wanted)
            self._store.write(
                partial(taking.take_bodies, tables=reply.tables, asked=wanted)
            ).result()

    def _key(self) -> Ed25519PrivateKey:
        return device_key(self._store)


def _read_head(frames: Iterator[bytes]) -> PullHead:
    try:
        return decode(next(frames, b""), PullHead)
    except msgspec.DecodeError as error:
        raise Offline("unreadable answer") from error


def _read_pages(frames: Iterator[bytes]) -> Iterator[Page]:
    for frame in frames:
        try:
            page = read_page(frame)
        except msgspec.DecodeError as error:
            raise Offline("unreadable answer") from error
        yield page


def _take_outcomes(uow: UnitOfWork, reply: PushReply, offset: int) -> None:
    inbox.apply_outcomes(uow, reply.outcomes)
    if reply.backup is not None:
        recovery.note_backup(uow, reply.backup.counter)
    uow.set_meta("clock_offset", str(offset))
