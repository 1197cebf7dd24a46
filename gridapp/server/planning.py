"""What a split, a merger or a handing over will do, checked before anybody is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from gridapp.clock import day_of
from gridapp.domain.numbers import check_grid_code
from gridapp.domain.unit import Assignment, Unit
from gridapp.errors import Problem
from gridapp.server.context import Server
from gridapp.server.directory import find_user, living
from gridapp.server.former import code_gone, gone_units
from gridapp.server.regrouping import HANDOVER, MERGE, SPLIT, Regrouping, begin, find_grid
from gridapp.server.schema import tables
from gridapp.server.staff_cells import fits

_MOST_LEVELS = 10  # of the tree of units, generously


def split(
    server: Server,
    code: str,
    new_code: str,
    name: str,
    *,
    buildings: Sequence[str] = (),
    micros: Sequence[str] = (),
    households: Sequence[str] = (),
    workers: Sequence[str] = (),
) -> Regrouping:
    """A part of a grid becomes a grid of its own: these buildings and micro grids by name, households by number or id.

    ``workers``: who serves there, by user name. Raises ``Problem`` for what is not there, or not of the grid.
    """
    if not name.strip():
        raise Problem("no_name", "新网格还没有名称。", remedy="请用 --name 写上。")
    with server.database.snapshot() as connection:
        grid = find_grid(connection, code)
        parent = next(iter(living(connection, Unit, tables["unit"].c.id == _bytes(grid.parent_id))))
        checked = check_grid_code(new_code, parent.code)
        if living(connection, Unit, tables["unit"].c.code == checked):
            raise _code_taken(checked)
        gone = gone_units(connection, tables["unit"].c.code == checked)
        if checked in gone:
            raise code_gone(checked, gone[checked], "请换一个没用过的编码。")
        called = fits("unit", "name", name.strip())
        plan: dict[str, Any] = {
            "new": {"code": checked, "name": called},
            "buildings": _named(connection, "building", grid, buildings),
            "micros": _named(connection, "micro_grid", grid, micros),
            "households": _households(connection, grid, households),
            "workers": [find_user(connection, user).id.hex for user in workers],
        }
    if not (plan["buildings"] or plan["micros"] or plan["households"]):
        raise Problem(
            "nothing_to_move",
            "没有写哪些住户分出去。",
            remedy="请用 --building、--micro 或 --household 指定。",
        )
    return begin(server, SPLIT, grid.id, [grid.id], plan)


def merge(
    server: Server, codes: Sequence[str], into: str, *, keep_staff: bool, across: bool = False
) -> Regrouping:
    """Grids that go into another one. ``keep_staff``: who serves in them serves there afterwards.

    ``across``: they may be of other communities of the township. Raises ``Problem``: ``unknown_grid``,
    ``same_grid``, ``other_township``, ``other_community``, ``grid_changing``.
    """
    with server.database.snapshot() as connection:
        target = find_grid(connection, into)
        found = [find_grid(connection, code) for code in codes]
        for grid in found:
            _check_neighbours(connection, grid, target, across=across)
    grids = {grid.id for grid in found}
    if target.id in grids:
        raise Problem(
            "same_grid",
            "网格 {grid} 不能并入自己。",
            remedy="请核对 --into。",
            grid=target.code,
        )
    return begin(server, MERGE, target.id, grids, {"keep_staff": keep_staff})


def handover(server: Server, code: str, leaving: str, taking: str) -> Regrouping:
    """What one person does in a grid another one does afterwards."""
    with server.database.snapshot() as connection:
        grid = find_grid(connection, code)
        giver, taker = find_user(connection, leaving), find_user(connection, taking)
        terms = in_force(connection, server, grid.id, giver.id)
    if giver.id == taker.id:
        raise Problem("same_person", "移交人和接手人是同一个人。", remedy="请核对 --from 和 --to。")
    if not terms:
        raise Problem(
            "no_role",
            "{name} 在网格“{grid}”没有任职。",
            remedy="请核对 --from；街道、社区的任职请用 gridapp server user end。",
            name=giver.name,
            grid=grid.name,
        )
    plan = {"from": giver.id.hex, "to": taker.id.hex}
    return begin(server, HANDOVER, grid.id, [grid.id], plan)


def in_force(
    connection: Connection, server: Server, unit: UUID, staff: UUID | None = None
) -> list[Assignment]:
    """Assignments at exactly this unit that are not over today; those that begin later too."""
    a = tables["assignment"]
    conditions = [a.c.unit_id == unit.bytes]
    if staff is not None:
        conditions.append(a.c.staff_id == staff.bytes)
    today = day_of(server.clock())
    found = living(connection, Assignment, *conditions)
    return [term for term in found if term.to_date is None or term.to_date >= today]


def _check_neighbours(connection: Connection, grid: Unit, target: Unit, *, across: bool) -> None:
    """Whoever answers for a grid answers for it afterwards, too: the same township, and the same community."""
    if _township(connection, grid) != _township(connection, target):
        raise Problem(
            "other_township",
            "网格 {grid} 和 {target} 不在同一个街道（乡镇），不能合并。",
            remedy="请核对网格编码，没有改动。",
            grid=grid.code,
            target=target.code,
        )
    if grid.parent_id != target.parent_id and not across:
        raise Problem(
            "other_community",
            "网格 {grid} 和 {target} 不在同一个社区（村）。",
            remedy="请核对网格编码；确实要跨社区合并，请加 --across。",
            grid=grid.code,
            target=target.code,
        )


def _township(connection: Connection, unit: Unit) -> UUID | None:
    """The township above a unit; where there is none, what stands above its community."""
    above: list[Unit] = []
    while found := living(connection, Unit, tables["unit"].c.id == _bytes(unit.parent_id)):
        unit = found[0]
        if unit.kind == "township":
            return unit.id
        above.append(unit)
        if len(above) > _MOST_LEVELS:
            break
    return above[1].id if len(above) > 1 else None


def _named(connection: Connection, entity: str, grid: Unit, names: Sequence[str]) -> list[str]:
    table = tables[entity]
    found: list[str] = []
    for name in names:
        statement = select(table.c.id).where(
            table.c.grid_id == grid.id.bytes, table.c.deleted == 0, table.c.name == name
        )
        keys = [key.hex() for key in connection.scalars(statement)]
        if not keys:
            raise Problem(
                "unknown_place",
                "网格“{grid}”里没有“{name}”。",
                remedy="请照程序里的名称一字不差地写。",
                grid=grid.name,
                name=name[:40],
            )
        found += keys
    return sorted(found)


def _households(connection: Connection, grid: Unit, wanted: Sequence[str]) -> list[str]:
    table = tables["household"]
    found: list[str] = []
    for text in wanted:
        statement = select(table.c.id).where(
            table.c.grid_id == grid.id.bytes, table.c.deleted == 0, _is_household(text)
        )
        keys = [key.hex() for key in connection.scalars(statement)]
        if not keys:
            raise Problem(
                "unknown_household",
                "网格“{grid}”里没有编号为 {text} 的住户。",
                remedy="请写户号，或户档案上的编号。",
                grid=grid.name,
                text=text[:40],
            )
        found += keys
    return sorted(found)


def _is_household(text: str) -> ColumnElement[bool]:
    table = tables["household"]
    try:
        return table.c.id == UUID(text).bytes
    except ValueError:
        return table.c.number == text


def _bytes(key: UUID | None) -> bytes:
    return key.bytes if key else b""


def _code_taken(code: str) -> Problem:
    return Problem(
        "code_taken",
        "网格编码 {grid} 已经有了。",
        remedy="请换一个没用过的编码。",
        grid=code,
    )
