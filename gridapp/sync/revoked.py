"""This device was revoked: what waits is handed over to quarantine, then everything of it goes.

The order: nothing can be read any more from the first moment on; what waits goes up, as often cut as it may be;
the server hears that nothing is left; the computer forgets. A server that cannot keep what waits is asked again
at the next contact.
"""

from __future__ import annotations

from functools import partial

from gridapp.domain.exchange import Operation
from gridapp.store import erasing
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import batches
from gridapp.sync.protocol import BLOB_PART, PhotoPart, QuarantineReply, QuarantineRequest, encode
from gridapp.sync.session import device_key
from gridapp.sync.transport import Offline, Transport

REVOKED = "revoked"  # the server's code


def leave(store: Store, transport: Transport) -> None:
    """Hand over and erase. Raises ``Offline`` or ``Refused`` where it was cut; it goes on from there next time."""
    if store.read(lambda reader: reader.meta("device_key")).result() is None:
        return  # all of it is done
    hide(store)
    while operations := store.read(batches.waiting).result():
        kept = _say(store, transport, operations).kept
        if not kept:
            raise Offline("nothing kept")  # and never the same batch again without a pause
        store.write(partial(handed_over, kept=kept)).result()
    for digest in store.read(erasing.pending_photos).result():
        _send(store, transport, digest)
        store.write(partial(photo_gone, digest=digest)).result()
    _say(store, transport, leaves=True)
    erasing.erase(store)


def hide(store: Store) -> None:
    """From now on nothing can be read but by the one who hands over what waits."""
    if not store.read(erasing.is_revoked).result():
        store.write(erasing.strip).result()
        store.empty_log().result()


def _send(store: Store, transport: Transport, digest: str) -> None:
    """One photo in parts; what is broken here is nobody's loss any more."""
    data = store.blobs.get(digest)
    if data is None:
        return
    start, complete = _asked(_say(store, transport, photo=PhotoPart(digest, 0, len(data), b"")))
    while not complete:
        part = PhotoPart(digest, start, len(data), data[start : start + BLOB_PART])
        before = start
        start, complete = _asked(_say(store, transport, photo=part))
        if start <= before and not complete:
            raise Offline("no progress")


def _asked(reply: QuarantineReply) -> tuple[int, bool]:
    return (reply.photo.received, reply.photo.complete) if reply.photo else (0, False)


def _say(
    store: Store,
    transport: Transport,
    operations: list[Operation] | None = None,
    photo: PhotoPart | None = None,
    *,
    leaves: bool = False,
) -> QuarantineReply:
    request = QuarantineRequest(store.who.device_id.bytes, operations or [], photo, leaves)
    body = encode(request)
    return transport.quarantine(body, device_key(store).sign(body))


def handed_over(uow: UnitOfWork, kept: list[bytes]) -> None:
    """The server has these operations: they wait no more."""
    uow.connection.executemany("DELETE FROM outbox WHERE op_id=?", [(key,) for key in kept])
    uow.touch_sync()


def photo_gone(uow: UnitOfWork, digest: str) -> None:
    """The server has this photo, or nobody has."""
    uow.connection.execute("DELETE FROM blob WHERE sha256=?", (digest,))
    uow.forget_blob(digest)
    uow.touch_sync()
