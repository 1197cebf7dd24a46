"""A bundle on the server: what it holds is judged like what comes over the network, batch by batch.

What the device asked is remembered, so that the answer can be made at once (a courier waits for it) or later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, insert, select

from gridapp.clock import day_of
from gridapp.domain.exchange import Outcome, Verdict
from gridapp.errors import Problem
from gridapp.server import bundle_opening, recalled, small_pictures
from gridapp.server.accounts import devices
from gridapp.server.apply import Sender, apply
from gridapp.server.author import Author, load_author
from gridapp.server.bundle_aside import Aside
from gridapp.server.bundle_opening import Opened, open_bundle
from gridapp.server.bundle_photos import PhotoParts
from gridapp.server.contained import note_answered
from gridapp.server.context import Server
from gridapp.server.schema import bundle, device, tables
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import Asking, Small, unpack
from gridapp.sync.protocol import MOST_SMALL
from gridapp.sync.sealing import Damaged, NotSealed

_ACCEPTED = (Verdict.APPLIED, Verdict.MERGED, Verdict.CONFLICT)


class Asked(msgspec.Struct, frozen=True):
    """What the answer to a bundle needs. ``refused``: operations that were none, of which no log speaks.

    ``last``: the highest counter in it. ``key``: the public key to which the bundle was sealed. ``photos``: of
    which it speaks.
    """

    device: bytes
    bundle: bytes
    key: bytes
    asking: Asking
    operations: list[bytes]
    refused: list[bytes]
    last: int
    photos: list[str] = []


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a bundle: changes, how many of them were accepted, photos that are whole now.

    ``aside``: its device was revoked, and nothing of it was judged.
    """

    person: str
    operations: int
    accepted: int
    photos: int
    asked: Asked
    aside: bool = False
    parked: int = 0  # wait for the head of the grid
    rejected: int = 0


def take(server: Server, file: BinaryIO, name: str) -> Taken:
    """Judge all that a bundle holds. Raises ``Problem`` where it cannot be used; then nothing is changed.

    What a revoked device signed is put aside for the district, and its answer will be a farewell. The same bundle once more, or what came over the network meanwhile, changes nothing.
    """
    try:
        opened = open_bundle(server, file, name)
        if opened.device.revoked_at is not None:
            taken = _put_aside(server, file, opened)
        else:
            taken = _Taking(server, opened).run(bundle_opening.items(file, opened))
    except (NotSealed, Damaged) as error:
        raise form.explain(error, name) from error
    _remember(server, taken.asked)
    return taken


def last_asked(server: Server, device_id: bytes) -> Asked | None:
    """What the newest bundle of a device asked."""
    with server.database.snapshot() as connection:
        statement = select(bundle.c.asked).where(bundle.c.device_id == device_id)
        held = connection.scalar(statement)
    return None if held is None else msgspec.msgpack.decode(held, type=Asked)


def to_answer(server: Server, whose: str = "") -> list[Asked]:
    """What the newest bundle of each device asked, or of the one named by id or user.

    Of revoked ones those that may still hold data.

    Raises ``Problem``: ``no_bundle_came``, ``unknown_user``.
    """
    named = {line.id.bytes for line in devices(server, whose if not _is_id(whose) else "")}
    if _is_id(whose):
        named = {UUID(whose).bytes}
    with server.database.snapshot() as connection:
        rows = connection.execute(
            select(bundle.c.device_id, bundle.c.asked)
            .join(device, device.c.id == bundle.c.device_id)
            .where(device.c.erased_at.is_(None))
            .order_by(bundle.c.received_at, bundle.c.device_id)
        ).all()
    found = [msgspec.msgpack.decode(r.asked, type=Asked) for r in rows if r.device_id in named]
    if not found:
        raise Problem(
            "no_bundle_came",
            "没有要回的信。",
            remedy="请先收下设备写的文件（gridapp server bundle in）。",
        )
    return found


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def author_of(server: Server, row: Any) -> Author:
    """The member of staff behind a device, with today's roles."""
    today = day_of(server.clock())
    with server.database.snapshot() as connection:
        return load_author(connection, row.staff_id, row.id, server.district_id, today)


def _put_aside(server: Server, file: BinaryIO, opened: Opened) -> Taken:
    aside = Aside(server, opened)
    whole = aside.keep(file)
    asked = Asked(
        opened.header.device,
        opened.header.bundle,
        _public(opened.key),
        opened.asking,
        aside.operations,
        aside.unfit,
        aside.last,
        aside.photos,
    )
    person = _person(server, opened.device.staff_id)
    return Taken(person, len(aside.operations), 0, whole, asked, aside=True)


class _Taking:
    def __init__(self, server: Server, opened: Opened) -> None:
        self._server, self._opened = server, opened
        self._outcomes: list[Outcome] = []
        self._last = 0
        self._small: dict[str, bytes] = {}

    def run(self, items: Iterator[tuple[bytes, bytes]]) -> Taken:
        parts: PhotoParts | None = None
        for kind, body in items:
            if kind == form.PUSH:
                self._push(body)
            elif kind == form.SMALL:
                small = unpack(body, Small)
                self._small[small.digest] = small.data
                if len(self._small) == MOST_SMALL:
                    self._keep_small()
            elif kind != form.ASKING:
                if parts is None:
                    parts = PhotoParts(self._server, self._opened.device.staff_id, self._granted())
                parts.take(kind, body)
        self._keep_small()
        return self._taken(parts)

    def _push(self, body: bytes) -> None:
        row = self._opened.device
        request = bundle_opening.read_push(body, row)
        sender = Sender(row.staff_id, row.id, request.incarnation)
        note_answered(self._server, sender, request.operations, request.answered)
        sender = recalled.with_parked(self._server, sender, request.answered)
        self._outcomes += apply(self._server, sender, request.operations).outcomes
        self._last = max([self._last, *(o.counter for o in request.operations)])

    def _keep_small(self) -> None:
        pictures, self._small = small_pictures.fitting(self._small), {}
        if pictures:
            granted, staff = self._granted(), self._opened.device.staff_id
            with self._server.database.write() as connection:
                small_pictures.keep(connection, pictures, staff, granted)

    def _granted(self) -> list[str]:
        return author_of(self._server, self._opened.device).channels()

    def _taken(self, parts: PhotoParts | None) -> Taken:
        opened = self._opened
        asked = Asked(
            opened.header.device,
            opened.header.bundle,
            _public(opened.key),
            opened.asking,
            [o.op_id for o in self._outcomes],
            [o.op_id for o in self._outcomes if o.code == "bad_operation"],
            self._last,
            parts.named if parts else [],
        )
        came = Counter(o.verdict for o in self._outcomes)
        accepted = sum(came[verdict] for verdict in _ACCEPTED)
        person = _person(self._server, opened.device.staff_id)
        whole = parts.whole if parts else 0
        return Taken(
            person,
            len(self._outcomes),
            accepted,
            whole,
            asked,
            parked=came[Verdict.PARKED],
            rejected=came[Verdict.REJECTED],
        )


def _person(server: Server, staff_id: bytes) -> str:
    staff = tables["staff"].c
    with server.database.snapshot() as connection:
        return str(connection.scalar(select(staff.name).where(staff.id == staff_id)) or "")


def _public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _remember(server: Server, asked: Asked) -> None:
    """Keep what was asked, unless a newer bundle of the device came before this one."""
    held = last_asked(server, asked.device)
    if held is not None and _age(held) > _age(asked):
        return
    with server.database.write() as connection:
        connection.execute(delete(bundle).where(bundle.c.device_id == asked.device))
        connection.execute(
            insert(bundle).values(
                device_id=asked.device,
                bundle_id=asked.bundle,
                box_key=asked.asking.box_key,
                asked=msgspec.msgpack.encode(asked),
                received_at=server.clock(),
            )
        )


def _age(asked: Asked) -> tuple[int, int]:
    """Counts up from one bundle of a device to the next; no clock is asked."""
    return asked.asking.contact, asked.last
