"""Opening a bundle on the server: all of it is read and checked before anything of it is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from gridapp.server import auth, epochs, forks
from gridapp.server.author import SYSTEM
from gridapp.server.bundle_key import private_keys
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.schema import device
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import SIGNATURE, Asking, Photo, Small, read_items, unpack
from gridapp.sync.protocol import MOST_OPERATIONS, VERSION, PushRequest
from gridapp.sync.sealing import UP, Damaged, Header, Opener, read_header

_MOST_INCARNATIONS = (1 << 31) - 1
_MOST_NUMBER = 1 << 62
_ANY_COUNTER = _MOST_NUMBER  # a late bundle knows less than what came by the network since


@dataclass(slots=True)
class Opened:
    """A bundle that is whole, signed by an enrolled device, and for this district."""

    device: Any
    header: Header
    key: X25519PrivateKey
    asking: Asking
    marks: list[bytes] = field(default_factory=list)  # digest of each item, in order


def open_bundle(server: Server, file: BinaryIO, name: str) -> Opened:
    """Read all of a bundle. Raises ``Problem``, ``NotSealed`` or ``Damaged``."""
    form.check_size(file, name)
    header = read_header(file)
    if header.way != UP:
        raise form.refuse("wrong_way", name)
    if header.district != server.district_id:
        raise form.refuse("other_district", name)
    row = _device(server, header.device)
    if row is None:
        raise form.refuse("unknown_device", name)
    return _read(server, file, header, row, name)


def items(file: BinaryIO, opened: Opened) -> Iterator[tuple[bytes, bytes]]:
    """The same items once more. Raises ``Damaged`` where the file is another one now."""
    file.seek(0)
    found = _items(Opener(file, opened.key), opened.device)
    for mark in opened.marks:
        item = next(found, None)
        if item is None or _mark(*item) != mark:
            raise Damaged
        yield item


def read_push(body: bytes, row: Any) -> PushRequest:
    """A push as it goes over the network, its signature before it. Raises ``Damaged``."""
    signature, body = body[:SIGNATURE], body[SIGNATURE:]
    if not auth.signed(row.public_key, body, signature):
        raise Damaged
    request = unpack(body, PushRequest)
    if request.device_id != row.id or len(request.operations) > MOST_OPERATIONS:
        raise Damaged
    if not 0 < request.incarnation <= _MOST_INCARNATIONS:
        raise Damaged
    return request


def _device(server: Server, device_id: bytes) -> Any:
    with server.database.snapshot() as connection:
        statement = select(device).where(device.c.id == device_id, device.c.id != SYSTEM.bytes)
        return connection.execute(statement).first()


def _read(server: Server, file: BinaryIO, header: Header, row: Any, name: str) -> Opened:
    key, source = _opener(server, file)
    opened: Opened | None = None
    for kind, body in _items(source, row):
        if opened is None:
            if kind != form.ASKING:
                raise Damaged
            opened = Opened(row, header, key, _asking(server, row, body, name))
        else:
            _check(server, row, kind, body, name)
        opened.marks.append(_mark(kind, body))
    if opened is None:
        raise Damaged
    return opened


def _opener(server: Server, file: BinaryIO) -> tuple[X25519PrivateKey, Opener]:
    """The key that opens the first chunk, and the file at its beginning."""
    for key in private_keys(server):
        file.seek(0)
        try:
            Opener(file, key).read(1)
        except Damaged:
            continue
        file.seek(0)
        return key, Opener(file, key)
    raise Damaged


def _items(source: Opener, row: Any) -> Iterator[tuple[bytes, bytes]]:
    return read_items(source, partial(auth.signed, row.public_key))


def _asking(server: Server, row: Any, body: bytes, name: str) -> Asking:
    asking = unpack(body, Asking)
    if asking.protocol > VERSION:
        raise form.refuse("newer_bundle", name)
    numbers = (asking.contact, asking.pull.outcome_cursor, *asking.pull.cursors.values())
    if len(asking.box_key) != 32 or not all(0 <= n < _MOST_NUMBER for n in numbers):
        raise Damaged
    if row.revoked_at is None:
        _check_epoch(server, asking.pull.epoch, name)
    return asking


def _check_epoch(server: Server, epoch: int, name: str) -> None:
    """Before a device has given back what a restored server lacks, nothing of it is judged."""
    try:
        epochs.check(server, VERSION, epoch)
    except Rejection as rejection:
        raise form.refuse("server_restored", name) from rejection


def _check(server: Server, row: Any, kind: bytes, body: bytes, name: str) -> None:
    if kind == form.PUSH:
        push = read_push(body, row)
        if row.revoked_at is not None:
            return  # nothing of it is judged
        _check_epoch(server, push.epoch, name)
        known = (row.id, push.incarnation, push.epoch, _ANY_COUNTER)
        try:
            forks.check(server, *known, push.operations)
        except Rejection as rejection:
            raise form.refuse(rejection.code, name) from rejection
    elif kind == form.SMALL:
        unpack(body, Small)
    elif kind == form.PHOTO:
        unpack(body, Photo)
    elif kind != form.PART:
        raise Damaged


def _mark(kind: bytes, body: bytes) -> bytes:
    return hashlib.sha256(kind + body).digest()
