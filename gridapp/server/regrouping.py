"""Grids that are split, merged or handed over: announced, frozen, drained, transferred. Here: the plan and its state.

Freezing blocks nobody: the grid's units say on which day they change hands, and everybody goes on recording.
Until then computers that were away come back and bring what they hold (``drain``). The transfer itself is one
transaction (``transferring``); what arrives later is parked for the head of the grid.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from gridapp.clock import Instant, day_of
from gridapp.domain.record import kind_of, new_id
from gridapp.domain.unit import Unit
from gridapp.domain.values import canonical_json, record_of
from gridapp.errors import Problem
from gridapp.server import setup
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.directory import living
from gridapp.server.schema import regrouping, tables

SPLIT, MERGE, HANDOVER = "split", "merge", "handover"
PLANNED, FROZEN, DONE, CANCELLED = "planned", "frozen", "done", "cancelled"
OPEN_STATES = (PLANNED, FROZEN)


@dataclass(frozen=True, slots=True)
class Regrouping:
    """One change of one or several grids. ``grid``: the one that is divided, goes on, or changes hands.

    ``plan`` is what ``planning`` wrote; ids in hex. ``begun_at``: when it was planned, or frozen once it is.
    """

    id: UUID
    what: str
    grid: UUID
    plan: dict[str, Any]
    state: str
    begun_at: Instant
    done_at: Instant | None

    @property
    def grids(self) -> tuple[UUID, ...]:
        """The grids whose work changes hands."""
        return tuple(UUID(hex=key) for key in self.plan["grids"])

    @property
    def on(self) -> date | None:
        """The day that was announced."""
        return date.fromisoformat(self.plan["on"]) if self.plan.get("on") else None


def find_grid(connection: Connection, code: str) -> Unit:
    """The living grid of this code. Raises ``Problem`` ``unknown_grid``."""
    found = living(connection, Unit, tables["unit"].c.code == code, tables["unit"].c.kind == "grid")
    if not found:
        raise Problem(
            "unknown_grid",
            "没有编码为 {grid} 的网格。",
            remedy="请核对网格编码（15 位数字）。",
            grid=code[:40],
        )
    return found[0]


def begin(
    server: Server, what: str, grid: UUID, grids: Iterable[UUID], plan: dict[str, Any]
) -> Regrouping:
    """Write down a plan. Raises ``Problem`` ``grid_changing`` where one of its grids is in another one."""
    whole = plan | {"grids": sorted(key.hex for key in grids)}
    made = Regrouping(new_id(), what, grid, whole, PLANNED, server.clock(), None)
    with server.database.write() as connection:
        taken = {key for open_one in _open(connection) for key in _concerned(open_one)}
        for key in (*made.grids, made.grid):
            if key in taken:
                raise _changing(connection, key)
        connection.execute(
            insert(regrouping).values(
                id=made.id.bytes,
                what=what,
                grid_id=grid.bytes,
                plan=canonical_json(whole),
                state=PLANNED,
                begun_at=made.begun_at,
                begun_by=SYSTEM.bytes,
            )
        )
    return made


def freeze(server: Server, code: str, on: date) -> Regrouping:
    """Announce the day: from here on it is waited for computers that were away. Again moves the day.

    Raises ``Problem``: ``unknown_grid``, ``no_regrouping``, ``past_day``.
    """
    today = day_of(server.clock())
    if on < today:
        raise Problem(
            "past_day",
            "日期 {day} 已经过去。",
            remedy="请写今天或以后的日期。",
            day=on.isoformat(),
        )
    held = find_open(server, code)
    _announce(server, held.grids, on)
    frozen = replace(
        held,
        plan=held.plan | {"on": on.isoformat()},
        state=FROZEN,
        begun_at=server.clock() if held.state == PLANNED else held.begun_at,
    )
    _save(server, frozen)
    return frozen


def cancel(server: Server, code: str) -> Regrouping:
    """Take a plan back; nothing has moved yet. Raises ``Problem``: ``unknown_grid``, ``no_regrouping``."""
    held = find_open(server, code)
    _announce(server, held.grids, None)
    gone = replace(held, state=CANCELLED, done_at=server.clock())
    _save(server, gone)
    return gone


def finish(server: Server, held: Regrouping) -> Regrouping:
    """It was transferred."""
    done = replace(held, state=DONE, done_at=server.clock())
    _save(server, done)
    return done


def find_open(server: Server, code: str) -> Regrouping:
    """The plan that concerns a grid, by its code. Raises ``Problem``: ``unknown_grid``, ``no_regrouping``."""
    with server.database.snapshot() as connection:
        codes = _codes(connection)
        for held in _open(connection):
            if code in {codes.get(key) for key in _concerned(held)}:
                return held
        grid = find_grid(connection, code)
    raise Problem(
        "no_regrouping",
        "网格“{grid}”没有待办的拆分、合并或移交。",
        remedy="请先用 gridapp server grid split、merge 或 handover 写下方案。",
        grid=grid.name,
    )


def all_of(server: Server, *, open_only: bool) -> list[Regrouping]:
    """Every regrouping, the newest last."""
    with server.database.snapshot() as connection:
        if open_only:
            return _open(connection)
        return _read(connection, select(regrouping).order_by(regrouping.c.begun_at))


def units(server: Server, ids: Iterable[UUID]) -> dict[UUID, Unit]:
    """Units by id, those that are no more too."""
    table, kind = tables["unit"], kind_of(Unit)
    statement = select(table).where(table.c.id.in_([key.bytes for key in ids]))
    with server.database.snapshot() as connection:
        rows = connection.execute(statement)
        found = [record_of(kind, dict(row._mapping)) for row in rows]
    return {unit.id: unit for unit in found if isinstance(unit, Unit)}


def _concerned(held: Regrouping) -> tuple[UUID, ...]:
    return (*held.grids, held.grid)


def _announce(server: Server, grids: Sequence[UUID], on: date | None) -> None:
    found = units(server, grids).values()
    edits = [setup.change(unit, replace(unit, changing_on=on)) for unit in found]
    setup.send(server, [edit for edit in edits if edit.fields])


def _save(server: Server, held: Regrouping) -> None:
    with server.database.write() as connection:
        connection.execute(
            update(regrouping)
            .where(regrouping.c.id == held.id.bytes)
            .values(
                plan=canonical_json(held.plan),
                state=held.state,
                begun_at=held.begun_at,
                done_at=held.done_at,
            )
        )


def _open(connection: Connection) -> list[Regrouping]:
    statement = select(regrouping).where(regrouping.c.state.in_(OPEN_STATES))
    return _read(connection, statement.order_by(regrouping.c.begun_at))


def _read(connection: Connection, statement: Any) -> list[Regrouping]:
    return [
        Regrouping(
            UUID(bytes=row.id),
            row.what,
            UUID(bytes=row.grid_id),
            json.loads(row.plan),
            row.state,
            row.begun_at,
            row.done_at,
        )
        for row in connection.execute(statement)
    ]


def _codes(connection: Connection) -> dict[UUID, str]:
    table = tables["unit"]
    rows = connection.execute(select(table.c.id, table.c.code).where(table.c.kind == "grid"))
    return {UUID(bytes=row.id): row.code for row in rows}


def _changing(connection: Connection, grid: UUID) -> Problem:
    code = _codes(connection).get(grid, "")
    return Problem(
        "grid_changing",
        "网格 {grid} 已有一个没做完的方案。",
        remedy="请先做完它，或用 gridapp server grid cancel 撤回。",
        grid=code,
    )
