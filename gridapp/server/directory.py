"""Units, staff and roles of a district as they stand: found by code and user name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from gridapp.domain.codes import Codes
from gridapp.domain.record import Record, kind_of
from gridapp.domain.reference import Code
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.domain.values import record_of
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.server.former import gone_ids, gone_unit, gone_units
from gridapp.server.schema import tables

R = TypeVar("R", bound=Record)

# What makes an assignment the same one at the next load.
Term = tuple[UUID | None, UUID | None, str, date | None]


@dataclass(frozen=True, slots=True)
class Directory:
    """Living records only. ``staff`` by user name, ``units`` by code.

    ``gone``: codes of units that are no more, with what stands for them today; ``former``: their ids.
    """

    units: Mapping[str, Unit]
    staff: Mapping[str, Staff]
    terms: Mapping[Term, Assignment]
    codes: Codes
    gone: Mapping[str, Unit | None]
    former: Mapping[str, UUID]


def term_of(assignment: Assignment) -> Term:
    """Who, where, as what, since when."""
    a = assignment
    return (a.staff_id, a.unit_id, a.role, a.from_date)


def load_directory(connection: Connection) -> Directory:
    """Everything at once: even a city has no more than some ten thousand of each."""
    return Directory(
        {u.code: u for u in living(connection, Unit)},
        {s.user_name: s for s in living(connection, Staff) if s.user_name},
        {term_of(a): a for a in living(connection, Assignment)},
        Codes(living(connection, Code)),
        gone_units(connection),
        gone_ids(connection),
    )


def living(connection: Connection, record: type[R], *conditions: Any) -> Sequence[R]:
    """The records of a kind that are not deleted."""
    kind = kind_of(record)
    table = tables[kind.name]
    rows = connection.execute(select(table).where(table.c.deleted == 0, *conditions))
    return [record_of(kind, dict(row._mapping)) for row in rows]


def find_user(connection: Connection, name: str) -> Staff:
    """The person with this user name, else the only one with this name.

    Raises ``Problem``: ``unknown_user``, ``several_users``.
    """
    staff = tables["staff"]
    found = living(connection, Staff, staff.c.user_name == name)
    found = found or [s for s in living(connection, Staff, staff.c.name == name) if s.user_name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Problem(
            "unknown_user",
            "没有用户“{name}”。",
            remedy="请核对用户名，或先用 server user add 或 server load 建立。",
            name=name[:40],
        )
    raise Problem(
        "several_users",
        "有 {count} 个人叫“{name}”。",
        remedy="请用用户名指定：{users}。",
        count=len(found),
        name=name,
        users=tr("、").join(s.user_name for s in found),
    )


def find_unit(connection: Connection, code: str) -> Unit:
    """The unit with this code. Raises ``Problem``: ``unknown_unit``, ``unit_merged``, ``unit_gone``."""
    found = living(connection, Unit, tables["unit"].c.code == code)
    if not found:
        gone = gone_units(connection, tables["unit"].c.code == code)
        if code in gone:
            raise gone_unit(code, gone[code])
        raise Problem(
            "unknown_unit",
            "没有代码为 {unit} 的单位。",
            remedy="请核对 --unit。",
            unit=code[:40],
        )
    return found[0]
