"""Users, their roles and devices, as an administrator keeps them from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update

from gridapp.domain.record import Record, new_id
from gridapp.domain.roles import Role
from gridapp.domain.unit import Assignment, Staff
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.server import quarantine, setup
from gridapp.server.auth import make_code
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.directory import find_unit, find_user, living
from gridapp.server.journal_facts import revoked_fact
from gridapp.server.journalling import note
from gridapp.server.schema import device, session, tables
from gridapp.server.staff_cells import fits
from gridapp.server.staff_cells import user_name as checked_user_name


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """An enrolled device; times in milliseconds, None where it has not happened.

    ``erased_at``: when it said that it erases itself. ``kept``: operations of it in quarantine.
    """

    id: UUID
    name: str
    user_name: str
    person: str
    enrolled_at: int
    last_seen: int | None
    revoked_at: int | None
    erased_at: int | None
    kept: int


def add_user(
    server: Server, name: str, role: Role, unit_code: str, *, user_name: str = ""
) -> tuple[Staff, bool]:
    """Give a role at a unit to a new user, or one more to the user of this name. (Who, whether new.)

    Raises ``Problem``: ``unknown_unit``, ``same_name``, ``other_name``, ``has_role``, ``bad_user_name``.
    """
    user = checked_user_name(user_name or "".join(name.split()))
    table = tables["staff"]
    with server.database.snapshot() as connection:
        unit = find_unit(connection, unit_code)
        held = next(iter(living(connection, Staff, table.c.user_name == user)), None)
        named = living(connection, Staff, table.c.name == name)
        a = tables["assignment"]
        terms = living(connection, Assignment, a.c.staff_id == held.id.bytes) if held else ()
    if held is None and named and not user_name:
        raise _same_name(named[0])
    if held is not None and user_name and held.name != name:
        raise Problem(
            "other_name",
            "用户名 {user} 是“{name}”的。",
            remedy="请换一个用户名。",
            user=user,
            name=held.name,
        )
    if any((t.unit_id, t.role) == (unit.id, role) and not t.to_date for t in terms):
        raise Problem(
            "has_role",
            "用户 {user} 在“{unit}”已有这个角色。",
            remedy="没有改动。",
            user=user,
            unit=unit.name,
        )
    staff = held or Staff(
        id=new_id(), name=fits("staff", "name", name), user_name=user, active=True
    )
    records: list[Record] = [] if held else [staff]
    setup.write(server, [*records, Assignment(staff_id=staff.id, unit_id=unit.id, role=role.value)])
    return staff, held is None


def make_codes(server: Server, people: Iterable[Staff]) -> list[tuple[Staff, str]]:
    """A one-time code for each."""
    now = server.clock()
    with server.database.write() as connection:
        return [(person, make_code(connection, person.id.bytes, now)) for person in people]


def code_for(server: Server, name: str) -> tuple[Staff, str]:
    """A one-time code for the user of this name. Raises ``Problem`` ``unknown_user`` or ``several_users``."""
    with server.database.snapshot() as connection:
        person = find_user(connection, name)
    return make_codes(server, [person])[0]


def without_device(server: Server, people: Iterable[Staff]) -> list[Staff]:
    """Those of them who have enrolled nothing that still works."""
    statement = select(device.c.staff_id).where(device.c.revoked_at.is_(None))
    with server.database.snapshot() as connection:
        enrolled = set(connection.scalars(statement))
    return [person for person in people if person.id.bytes not in enrolled]


def devices(server: Server, name: str = "") -> list[DeviceLine]:
    """All devices of people, or one user's, oldest first. Raises ``Problem`` as ``code_for``."""
    staff = tables["staff"]
    statement = (
        select(device, staff.c.user_name, staff.c.name.label("person"))
        .join(staff, staff.c.id == device.c.staff_id)
        .where(device.c.id != SYSTEM.bytes)
        .order_by(device.c.enrolled_at, device.c.id)
    )
    with server.database.snapshot() as connection:
        if name:
            person = find_user(connection, name)
            statement = statement.where(device.c.staff_id == person.id.bytes)
        kept = quarantine.counts(connection)
        return [
            DeviceLine(
                UUID(bytes=row.id),
                row.name,
                row.user_name or "",
                row.person,
                row.enrolled_at,
                row.last_seen,
                row.revoked_at,
                row.erased_at,
                kept.get(UUID(bytes=row.id), 0),
            )
            for row in connection.execute(statement)
        ]


def find_device(server: Server, text: str) -> DeviceLine:
    """A device by its id. Raises ``Problem`` ``unknown_device``."""
    try:
        wanted = UUID(text)
    except ValueError as error:
        raise _unknown_device(text) from error
    found = [d for d in devices(server) if d.id == wanted]
    if not found:
        raise _unknown_device(text)
    return found[0]


def revoke(server: Server, text: str) -> DeviceLine:
    """Revoke a device by its id, or the only one of a user. What was revoked before stays so.

    Raises ``Problem``: ``unknown_device``, ``several_devices``, ``unknown_user``.
    """
    try:
        wanted = UUID(text)
    except ValueError:
        found = [d for d in devices(server, text) if d.revoked_at is None]
    else:
        found = [d for d in devices(server) if d.id == wanted]
    if not found:
        raise Problem(
            "unknown_device",
            "没有可吊销的设备“{device}”。",
            remedy="用 gridapp server device list 查看设备编号。",
            device=text[:40],
        )
    if len(found) > 1:
        raise Problem(
            "several_devices",
            "用户 {user} 有 {count} 台设备。",
            remedy="请用设备编号指定：{devices}。",
            user=found[0].user_name,
            count=len(found),
            devices=tr("、").join(
                tr("{what}（{more}）").format(what=d.id, more=d.name) for d in found
            ),
        )
    now, key = server.clock(), found[0].id.bytes
    # The journal first: what fails between is made up for by the next start, and no copy lets it in again.
    note(server, revoked_fact(key, now))
    with server.database.write() as connection:
        connection.execute(
            update(device)
            .where(device.c.id == key, device.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        connection.execute(delete(session).where(session.c.device_id == key))
    return found[0]


def _unknown_device(text: str) -> Problem:
    return Problem(
        "unknown_device",
        "没有设备“{device}”。",
        remedy="用 gridapp server device list 查看设备编号。",
        device=text[:40],
    )


def _same_name(person: Staff) -> Problem:
    return Problem(
        "same_name",
        "已有叫“{name}”的用户 {user}。",
        remedy="给这个人加角色，请写用户名 {user}；是另一个人，请用 --user-name 给一个用户名。",
        name=person.name,
        user=person.user_name,
    )
