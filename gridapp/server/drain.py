"""Which computers were away since a change of grids was announced: each may hold work that nobody has seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, exists, func, select, update

from gridapp.clock import Instant, day_of
from gridapp.server.author import load_author
from gridapp.server.context import Server
from gridapp.server.regrouping import FROZEN, HANDOVER, Regrouping
from gridapp.server.schema import device, regrouping, tables


@dataclass(frozen=True, slots=True)
class Away:
    """A computer that may hold work on one of the grids. ``last_seen``: None where it never came back."""

    device_id: UUID
    device_name: str
    person: str
    last_seen: Instant | None
    back: bool  # it was in contact since the change was announced


def note_contact(server: Server, device_id: bytes) -> None:
    """A device that has sent what it held asks for what is new. Written down only while a change waits for it."""
    waits = (
        exists()
        .where(regrouping.c.state == FROZEN)
        .where(regrouping.c.begun_at > func.coalesce(device.c.last_seen, 0))
    )
    with server.database.snapshot() as connection:
        due = select(device.c.id).where(device.c.id == device_id, waits)
        if connection.scalar(due) is None:
            return
    with server.database.write() as connection:
        connection.execute(
            update(device).where(device.c.id == device_id).values(last_seen=server.clock())
        )


def computers(server: Server, held: Regrouping) -> list[Away]:
    """The computers of everybody who works in the grids, those that are still awaited first."""
    with server.database.snapshot() as connection:
        people = _people(connection, server, held)
        staff = tables["staff"]
        rows = connection.execute(
            select(device.c.id, device.c.name, device.c.last_seen, staff.c.name.label("person"))
            .join(staff, staff.c.id == device.c.staff_id)
            .where(
                device.c.staff_id.in_(people),
                device.c.revoked_at.is_(None),
                device.c.erased_at.is_(None),
            )
            .order_by(device.c.last_seen, device.c.id)
        ).all()
    frozen_at = held.begun_at if held.state == FROZEN else None
    found = [
        Away(
            UUID(bytes=row.id),
            row.name,
            row.person,
            row.last_seen,
            back=frozen_at is not None and (row.last_seen or 0) >= frozen_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: one.back)


def _people(connection: Connection, server: Server, held: Regrouping) -> list[bytes]:
    if held.what == HANDOVER:
        return [bytes.fromhex(held.plan["from"])]
    today = day_of(server.clock())
    a = tables["assignment"]
    everybody: Iterable[bytes] = connection.scalars(
        select(a.c.staff_id).where(a.c.deleted == 0).distinct()
    ).all()
    grids = {key.bytes for key in held.grids}
    found = []
    for person in everybody:
        author = load_author(connection, person, b"", server.district_id, today)
        if any(not h.ended and (h.grids & grids or h.unit in grids) for h in author.holdings):
            found.append(person)
    return found
