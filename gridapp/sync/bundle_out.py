"""Writing a bundle: all that waits here, signed by this device and sealed to the server, in one file.

Nothing is marked as sent: it waits until an answer comes, over the network or in a bundle, and may go both ways.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gridapp.errors import Problem
from gridapp.store import erasing, inbox, photo_rows
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import batches, bundle_files, bundle_state
from gridapp.sync import bundle_format as form
from gridapp.sync.asking import pull_request, push_request
from gridapp.sync.bundle_format import Asking, Photo, Small, Writer
from gridapp.sync.protocol import BLOB_PART, MOST_OPERATIONS, VERSION, encode
from gridapp.sync.sealing import UP, Sealer, new_id
from gridapp.sync.session import device_key

_MOST_PHOTOS = 1024 * 1024 * 1024  # bytes of photos in one bundle
_SPARE = 8 * 1024 * 1024  # bytes that a stick keeps free
_OVERHEAD = 4096  # of one photo in a bundle, generously


@dataclass(frozen=True, slots=True)
class Written:
    """What a bundle holds. ``left``: photos that found no room and wait for the next one."""

    path: Path
    operations: int
    photos: int
    left: int


def write(store: Store, target: Path) -> Written:
    """Write all that waits to a new file, or into a folder under a name of its own.

    Raises ``Problem``: ``erased``, ``no_bundle_key``, ``stick_full``, ``stick_gone``, and of ``check_replaceable``. What was
    there then stays as it was.
    """
    erasing.check(store.folder)
    key, bundle = store.read(bundle_state.server_key).result(), new_id()
    if not key:
        raise store.read(_no_key).result()
    who = store.who
    path = target
    if target.is_dir():
        path = bundle_files.name_up(target, who.device_id.bytes, bundle)
    bundle_files.check_replaceable(path, UP, who.device_id.bytes)
    with bundle_files.writing(path) as file:
        ids = (who.district_id.bytes, who.device_id.bytes, bundle)
        written = _write(store, Writer(Sealer(file, UP, ids, key)), path, file)
    store.write(bundle_state.note_written).result()
    return written


def _no_key(reader: Reader) -> Problem:
    """What is missing: that this computer hears of the server, or a server that knows of bundles."""
    if bundle_state.contacts(reader):
        return Problem(
            "no_bundle_key",
            "这台服务器的程序旧，还不会收U盘。",
            remedy="请区管理员升级服务器，升级后联网传一次再来，已记录的内容都在本机。",
        )
    return Problem(
        "no_bundle_key",
        "这台电脑要先联网传过一次，才能写到U盘上。",
        remedy="请联网传一次再来，已记录的内容都在本机。",
    )


def _write(store: Store, out: Writer, path: Path, file: BinaryIO) -> Written:
    private = device_key(store)
    out.put(form.ASKING, encode(store.write(partial(_asking, bundle=out.header.bundle)).result()))
    operations = _operations(store, out, private)
    revoked = store.read(erasing.is_revoked).result()  # no record names its photos any more
    photos = erasing.pending_photos if revoked else photo_rows.to_carry
    waiting = store.read(photos).result()
    for digest, small in _small(store, waiting):
        out.put(form.SMALL, encode(Small(digest, small)))
    file.flush()
    done = _photos(store, out, waiting, _room(path))
    out.finish(private.sign)
    return Written(path, operations, done, len(waiting) - done)


def _asking(uow: UnitOfWork, bundle: bytes) -> Asking:
    bundle_state.note_letter(uow, bundle)
    box = bundle_state.box_key(uow).public_key().public_bytes_raw()
    missing = [(one.digest, one.size) for one in photo_rows.missing(uow)]
    bodies = inbox.wanted(uow)[:MOST_OPERATIONS]
    return Asking(VERSION, bundle_state.contacts(uow), box, pull_request(uow), bodies, missing)


def _operations(store: Store, out: Writer, private: Ed25519PrivateKey) -> int:
    count = after = 0
    while operations := store.read(partial(batches.waiting, after=after)).result():
        body = encode(store.read(partial(push_request, sent=operations)).result())
        out.put(form.PUSH, private.sign(body) + body)
        count, after = count + len(operations), operations[-1].counter
    return count


def _small(store: Store, digests: list[str]) -> Iterator[tuple[str, bytes]]:
    for digest in digests:

        def read(reader: Reader, digest: str = digest) -> bytes | None:
            return photo_rows.small_of(reader, digest)

        if small := store.read(read).result():
            yield digest, small


def _photos(store: Store, out: Writer, digests: list[str], room: int) -> int:
    """Photos, the smallest first, as long as there is room. Returns how many."""
    done = 0
    for digest in digests:
        data = store.blobs.get(digest)
        if data is None:
            continue  # the sync page names it
        room -= len(data) + _OVERHEAD
        if room < 0:
            break
        out.put(form.PHOTO, encode(Photo(digest, len(data))))
        for start in range(0, len(data), BLOB_PART):
            out.put(form.PART, data[start : start + BLOB_PART])
        done += 1
    return done


def _room(path: Path) -> int:
    """Bytes of photos that fit: what is free on the stick, within reason."""
    free = _MOST_PHOTOS
    with suppress(OSError):
        free = shutil.disk_usage(path.parent).free
    return min(_MOST_PHOTOS, free - _SPARE)
