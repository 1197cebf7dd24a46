"""Roles that end, and people who stand in for somebody who is away from one day to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection

from gridapp.clock import day_of
from gridapp.domain.exchange import Operation
from gridapp.domain.roles import Role
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.errors import Problem
from gridapp.server import setup
from gridapp.server.context import Server
from gridapp.server.directory import find_unit, find_user, living
from gridapp.server.schema import tables


@dataclass(frozen=True, slots=True)
class Term:
    """An assignment in words: who, as what, where, from when to when, for whom. ``gone``: it was taken back whole."""

    person: str
    role: str
    unit: str
    unit_code: str
    first: date | None
    last: date | None
    covers: str = ""
    gone: bool = False


def cover(
    server: Server, absent: str, by: str, first: date, last: date, *, unit_code: str = ""
) -> list[Term]:
    """Somebody does what an absent colleague does, at one unit or all, from one day to another, both included.

    The absent one keeps every role. Raises ``Problem``: ``unknown_user``, ``several_users``, ``unknown_unit``,
    ``same_person``, ``until_before``, ``past_day``, ``no_role``, ``has_role``.
    """
    today = day_of(server.clock())
    _check_days(first, last, today)
    with server.database.snapshot() as connection:
        away, other = find_user(connection, absent), find_user(connection, by)
        unit = find_unit(connection, unit_code) if unit_code else None
        held = [t for t in _terms(connection, away.id, unit) if _meets(t, first, last)]
        others = [t for t in _terms(connection, other.id, unit) if _meets(t, first, last)]
    if away.id == other.id:
        raise Problem("same_person", "代班人和请假的人是同一个人。", remedy="请核对 --by。")
    # A cover is not covered in turn, and nobody administers the district by the way.
    held = [t for t in held if t.covers_id is None and t.role != Role.DISTRICT_ADMIN]
    if not held:
        raise _no_role(away, unit)
    taken = {(t.unit_id, t.role) for t in others}
    made = [
        Assignment(
            staff_id=other.id,
            unit_id=term.unit_id,
            role=term.role,
            from_date=max(first, term.from_date or first),
            to_date=min(last, term.to_date or last),
            covers_id=away.id,
        )
        for term in held
        if (term.unit_id, term.role) not in taken
    ]
    if not made:
        raise Problem(
            "has_role",
            "{name} 在这些天已经有同样的任职。",
            remedy="没有改动。",
            name=other.name,
        )
    setup.write(server, made)
    return _said(server, made)


def covers(server: Server) -> list[Term]:
    """Everybody who stands in for somebody, now or later."""
    today = day_of(server.clock())
    a = tables["assignment"]
    with server.database.snapshot() as connection:
        found = living(connection, Assignment, a.c.covers_id.is_not(None))
    return _said(server, [t for t in found if t.to_date is None or t.to_date >= today])


def end_cover(server: Server, by: str, *, absent: str = "") -> list[Term]:
    """The absent colleague is back: who stood in does so no more, from today on.

    Raises ``Problem``: ``unknown_user``, ``no_role``.
    """
    with server.database.snapshot() as connection:
        other = find_user(connection, by)
        away = find_user(connection, absent) if absent else None
        held = _terms(connection, other.id, None)
    today = day_of(server.clock())
    found = [
        t
        for t in held
        if t.covers_id
        and (away is None or t.covers_id == away.id)
        and (t.to_date is None or t.to_date >= today)
    ]
    if not found:
        raise Problem(
            "no_role",
            "{name} 现在没有代别人的班。",
            remedy="用 gridapp server cover list 查看。",
            name=other.name,
        )
    return _end(server, found, today - timedelta(days=1))


def end_roles(
    server: Server, user: str, *, role: str = "", unit_code: str = "", last: date | None = None
) -> list[Term]:
    """Roles of a user end, all or those named; ``last`` is the last day (yesterday: at once).

    Raises ``Problem``: ``unknown_user``, ``several_users``, ``unknown_unit``, ``no_role``.
    """
    today = day_of(server.clock())
    with server.database.snapshot() as connection:
        person = find_user(connection, user)
        unit = find_unit(connection, unit_code) if unit_code else None
        held = _terms(connection, person.id, unit)
    ending_day = last or today - timedelta(days=1)
    found = [
        t
        for t in held
        if (not role or t.role == role)
        and (t.to_date is None or t.to_date > ending_day)
        and (t.to_date is None or t.to_date >= today)
    ]
    if not found:
        raise _no_role(person, unit)
    return _end(server, found, ending_day)


def _end(server: Server, found: Sequence[Assignment], last: date) -> list[Term]:
    setup.send(server, [ending(term, last) for term in found])
    taken_back = [_begins_after(term, last) for term in found]
    said = _said(server, [replace(term, to_date=last) for term in found])
    return [
        replace(one, first=None, last=None, gone=True) if gone else one
        for one, gone in zip(said, taken_back, strict=True)
    ]


def ending(term: Assignment, last: date) -> Operation:
    """The operation after which a term is over: what would end before it began is deleted, and has no days."""
    if _begins_after(term, last):
        return setup.removal(term)
    return setup.change(term, replace(term, to_date=last))


def _begins_after(term: Assignment, last: date) -> bool:
    return term.from_date is not None and term.from_date > last


def _check_days(first: date, last: date, today: date) -> None:
    if last < first:
        raise Problem("until_before", "“至”早于“自”。", remedy="请改正。")
    if last < today:
        raise Problem(
            "past_day",
            "日期 {day} 已经过去。",
            remedy="请写今天或以后的日期。",
            day=last.isoformat(),
        )


def _terms(connection: Connection, staff: UUID, unit: Unit | None) -> list[Assignment]:
    a = tables["assignment"]
    conditions = [a.c.staff_id == staff.bytes]
    if unit is not None:
        conditions.append(a.c.unit_id == unit.id.bytes)
    return list(living(connection, Assignment, *conditions))


def _meets(term: Assignment, first: date, last: date) -> bool:
    return (term.from_date or first) <= last and (term.to_date or last) >= first


def _said(server: Server, found: Sequence[Assignment]) -> list[Term]:
    with server.database.snapshot() as connection:
        people = {p.id: p.name for p in living(connection, Staff)}
        places = {u.id: u for u in living(connection, Unit)}
    return [
        Term(
            people.get(t.staff_id, "") if t.staff_id else "",
            t.role,
            places[t.unit_id].name if t.unit_id in places else "",
            places[t.unit_id].code if t.unit_id in places else "",
            t.from_date,
            t.to_date,
            people.get(t.covers_id, "") if t.covers_id else "",
        )
        for t in found
    ]


def _no_role(person: Staff, unit: Unit | None) -> Problem:
    if unit is None:
        return Problem(
            "no_role",
            "{name} 没有这样的任职。",
            remedy="请核对用户名、角色和日期。",
            name=person.name,
        )
    return Problem(
        "no_role",
        "{name} 在“{unit}”没有这样的任职。",
        remedy="请核对用户名、角色和日期。",
        name=person.name,
        unit=unit.name,
    )
