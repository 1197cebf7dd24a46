"""Units that are no more: their codes are not free, and lists that still name them are told where they went."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from gridapp.domain.record import kind_of
from gridapp.domain.unit import Unit
from gridapp.domain.values import record_of
from gridapp.errors import Problem
from gridapp.server.divisions import unit_id
from gridapp.server.schema import tables

_MOST = 20  # mergers one after the other


def gone_units(connection: Connection, *conditions: Any) -> dict[str, Unit | None]:
    """Codes that no living unit has, with the living unit each one went into; None where it went nowhere."""
    table = tables["unit"]
    gone = _units(connection, table.c.deleted == 1, *conditions)
    if not gone:
        return {}
    codes = connection.scalars(select(table.c.code).where(table.c.deleted == 0, *conditions))
    there = set(codes)
    return {u.code: _heir(connection, u) for u in gone if u.code not in there}


def gone_ids(connection: Connection) -> dict[str, UUID]:
    """The ids of units that are no more, by the code that no living unit has: roles that ended there stay known."""
    gone = gone_units(connection)
    units = _units(connection, tables["unit"].c.deleted == 1) if gone else []
    found = {u.code: u.id for u in units if u.code in gone}
    # Where several had the code, the one that was made with it.
    return found | {u.code: u.id for u in units if u.code in gone and u.id == unit_id(u.code)}


def gone_unit(code: str, into: Unit | None, *, row: bool = False) -> Problem:
    """``unit_merged`` or ``unit_gone``: what is said to who names such a code as one that stands.

    ``row``: in a row of a list, which may go as well.
    """
    if into is None:
        return Problem(
            "unit_gone",
            "代码为 {unit} 的单位已撤销。",
            remedy="请改成现有单位的代码，或删去这一行。" if row else "请改成现有单位的代码。",
            unit=code,
        )
    return Problem(
        "unit_merged",
        "代码为 {unit} 的网格已并入“{name}”。",
        remedy=(
            "请改成“{name}”的代码 {into}，或删去这一行。"
            if row
            else "请改成“{name}”的代码 {into}。"
        ),
        unit=code,
        name=into.name,
        into=into.code,
    )


def code_gone(code: str, into: Unit | None, remedy: str) -> Problem:
    """``code_taken``: what is said to who wants to give the code of a unit that is no more to a new one."""
    if into is None:
        return Problem(
            "code_taken",
            "网格编码 {grid} 已经有了，是一个已撤销的单位。",
            remedy=remedy,
            grid=code,
        )
    return Problem(
        "code_taken",
        "网格编码 {grid} 已经有了，已并入“{name}”（{into}）。",
        remedy=remedy,
        grid=code,
        name=into.name,
        into=into.code,
    )


def _heir(connection: Connection, unit: Unit) -> Unit | None:
    """What stands for it today, however many mergers there were."""
    for _ in range(_MOST):
        if unit.successor_id is None:
            return None
        key = unit.successor_id.bytes
        following = _units(connection, tables["unit"].c.id == key)
        if not following:
            return None
        unit = following[0]
        if not unit.deleted:
            return unit
    return None


def _units(connection: Connection, *conditions: Any) -> list[Unit]:
    rows = connection.execute(select(tables["unit"]).where(*conditions))
    kind = kind_of(Unit)
    return [record_of(kind, dict(row._mapping)) for row in rows]
