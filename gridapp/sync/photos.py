"""Photos after the records: small pictures first, then up and down in resumable parts, checked by their names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from gridapp.errors import Problem
from gridapp.store import photo_rows
from gridapp.store.drafting import Picture
from gridapp.store.photo_rows import Missing
from gridapp.store.pictures import prepare
from gridapp.store.store import Store
from gridapp.sync.protocol import (
    BLOB_PART,
    LARGEST_BLOB,
    LARGEST_SMALL,
    MOST_SMALL,
    SmallReply,
    SmallRequest,
)
from gridapp.sync.transport import Refused, Transport

# Sent from another computer just now, or a part was not it: another time it goes on from there. And what names
# it may have been given back since this computer heard of it: the next round says so.
_ANOTHER_TIME = frozenset({"bad_part", "bad_blob", "no_blob"})
_MOST_SMALL_SIDE = 512  # pixels

Stopped = Callable[[], bool]


def move(store: Store, transport: Transport, stopped: Stopped = lambda: False) -> int:
    """Small pictures both ways, then photos both ways. Returns how many photos moved.

    ``stopped`` is asked between parts. Raises ``Offline``, ``Refused`` or ``Problem``; what was done stays done.
    """
    if held := store.read(photo_rows.refused).result():
        store.write(partial(photo_rows.hold, digests=held)).result()
    for digest in store.read(photo_rows.wanted_after_all).result():
        store.write(partial(photo_rows.mark, digest=digest, state="waiting")).result()
    _small_up(store, transport, stopped)
    _small_down(store, transport, stopped)
    moved = upload(store, transport, stopped)
    return moved + download(store, transport, stopped)


def upload(store: Store, transport: Transport, stopped: Stopped = lambda: False) -> int:
    """Send what waits. A broken or refused photo is marked and does not hold up the next."""
    sent = 0
    for digest in store.read(photo_rows.to_upload).result():
        if stopped():
            break
        data = store.blobs.get(digest)
        if data is None or len(data) > LARGEST_BLOB:
            code = "lost" if data is None else "too_large"
            store.write(partial(photo_rows.mark, digest=digest, state="broken", code=code)).result()
            continue
        try:
            whole = _send(transport, digest, data, stopped)
        except Refused as refused:
            _explain(store, digest, refused)
            continue
        if whole:
            store.write(partial(photo_rows.mark, digest=digest, state="done")).result()
            sent += 1
    return sent


def download(store: Store, transport: Transport, stopped: Stopped = lambda: False) -> int:
    """Fetch photos that records here name."""
    got = 0
    for wanted in store.read(photo_rows.missing).result():
        if stopped():
            break
        try:
            data = _fetch(store, transport, wanted, stopped)
        except Refused as refused:
            if refused.status in (401, 403):
                raise
            continue  # its author has not sent it yet
        got += data is not None and take(store, wanted.digest, data)
    return got


def take(store: Store, digest: str, data: bytes) -> bool:
    """Keep a photo that came. Whether it is what its name says."""
    store.blobs.drop_parts(digest)
    if hashlib.sha256(data).hexdigest() != digest:
        return False
    store.blobs.put(data)
    thumbnail = _thumbnail(data)
    store.write(
        partial(photo_rows.keep, digest=digest, size=len(data), thumbnail=thumbnail)
    ).result()
    return True


def take_small(store: Store, pictures: dict[str, bytes], wanted: list[Missing]) -> None:
    """Keep small pictures that came for photos that are missing; what is no small picture is left out."""
    sizes = {one.digest: one.size for one in wanted}
    good = {d: data for d, data in pictures.items() if d in sizes and _is_small(data)}
    if good:
        store.write(partial(photo_rows.keep_small, pictures=good, sizes=sizes)).result()


def erase(store: Store) -> None:
    """Forget the bytes of photos whose records left this computer, and parts that nobody waits for."""
    for digest in store.read(photo_rows.gone).result():
        store.write(partial(photo_rows.forget, digest=digest)).result()
    if store.blobs.has_parts():
        wanted = store.read(photo_rows.missing).result()
        store.blobs.keep_only_parts(one.digest for one in wanted)


def _small_up(store: Store, transport: Transport, stopped: Stopped) -> None:
    while not stopped():
        send = store.read(partial(photo_rows.small_to_upload, most=MOST_SMALL)).result()
        if not send:
            return
        if _small(transport, SmallRequest(send=send)) is None:
            return
        store.write(partial(photo_rows.small_sent, digests=list(send))).result()


def _small_down(store: Store, transport: Transport, stopped: Stopped) -> None:
    wanted = store.read(photo_rows.missing).result()
    bare = store.read(
        lambda r: photo_rows.without_small(r, [one.digest for one in wanted])
    ).result()
    for start in range(0, len(bare), MOST_SMALL):
        if stopped():
            return
        reply = _small(transport, SmallRequest(want=bare[start : start + MOST_SMALL]))
        if reply is None:
            return
        take_small(store, reply.pictures, wanted)


def _small(transport: Transport, request: SmallRequest) -> SmallReply | None:
    """None from a server that knows no small pictures, or does not take these."""
    try:
        return transport.small_pictures(request)
    except Refused as refused:
        if refused.status in (401, 403):
            raise
        return None


def _explain(store: Store, digest: str, refused: Refused) -> None:
    """A photo that the server did not take. Raises what concerns this computer and not the photo."""
    if refused.status in (401, 403):
        raise refused
    code = "too_large" if refused.status == 413 else refused.code
    if code in _ANOTHER_TIME:
        store.write(partial(photo_rows.failed, digest=digest, code=code)).result()
    else:
        store.write(partial(photo_rows.mark, digest=digest, state="broken", code=code)).result()


def _send(transport: Transport, digest: str, data: bytes, stopped: Stopped) -> bool:
    """Whether all of it is there."""
    here = transport.blob_state(digest)
    while not here.complete and not stopped():
        part = data[here.received : here.received + BLOB_PART]
        here = transport.put_blob(digest, here.received, len(data), part)
    return here.complete


def _fetch(store: Store, transport: Transport, wanted: Missing, stopped: Stopped) -> bytes | None:
    """The bytes, from where the last try was cut. None where it is stopped."""
    digest, size = wanted.digest, min(wanted.size, LARGEST_BLOB)
    data = bytearray(store.blobs.parts(digest))
    while len(data) < size:
        if stopped():
            return None
        part = transport.get_blob(digest, len(data))
        if not part:
            break
        store.blobs.keep_part(digest, len(data), part)
        data += part
    return bytes(data)


def _is_small(data: bytes) -> bool:
    from gridapp.store import pixels

    return len(data) <= LARGEST_SMALL and pixels.fits(data, _MOST_SMALL_SIDE)


def _thumbnail(data: bytes) -> bytes | None:
    try:
        return prepare(Picture(data)).thumbnail
    except Problem:
        return None  # a document, or a picture that only its author's program reads
