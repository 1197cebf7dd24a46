"""The transfer: everything that stands in the grids goes over in one transaction, in the district's name.

What was deleted goes over too, and stays deleted: late work may bring it back, and then it is where all the rest is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from gridapp.clock import day_of
from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import new_id
from gridapp.domain.unit import Assignment, Unit
from gridapp.errors import Problem
from gridapp.i18n import Label, tr
from gridapp.server import drain, planning, regrouping, setup, terms
from gridapp.server.apply import Sender, apply
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.divisions import unit_id
from gridapp.server.former import code_gone, gone_units
from gridapp.server.regrouping import FROZEN, HANDOVER, MERGE, Regrouping
from gridapp.server.schema import tables
from gridapp.server.statements import fetch_in

Standing = dict[str, dict[bytes, dict[str, Any]]]  # kind -> rows by id

_ROOTS = ("micro_grid", "building", "dwelling", "household", "event")
_PLAN_AGAIN = "请用 gridapp server grid cancel 撤回方案，再换一个没用过的编码。"
_ROUNDS = 5  # what is recorded while it is transferred goes with the next one


@dataclass(frozen=True, slots=True)
class Transferred:
    """What went over, by kind."""

    regrouping: Regrouping
    moved: dict[str, int]


def transfer(server: Server, code: str, *, now: bool = False) -> Transferred:
    """Do what was announced. With ``now`` neither the day nor absent computers are waited for.

    Raises ``Problem``: ``unknown_grid``, ``no_regrouping``, ``not_announced``, ``too_early``, ``not_drained``,
    ``code_taken``.
    """
    held = regrouping.find_open(server, code)
    if not now:
        _check_ready(server, held)
    moved: Counter[str] = Counter()
    for _ in range(_ROUNDS):
        operations = _operations(server, held)
        if not operations:
            break
        gone = _deleted(server, operations)
        _send(server, operations)
        moved.update(o.entity for o in operations if o.record_id not in gone)
    return Transferred(regrouping.finish(server, held), dict(moved))


def _check_ready(server: Server, held: Regrouping) -> None:
    if held.state != FROZEN or held.on is None:
        raise Problem(
            "not_announced",
            "还没有公布交接日期。",
            remedy="请先用 gridapp server grid freeze 公布，大家照常记录。",
        )
    if held.on > day_of(server.clock()):
        raise Problem(
            "too_early",
            "交接日期是 {day}，还没到。",
            remedy="到那天再移交；不再等请加 --now。",
            day=held.on.isoformat(),
        )
    away = [one for one in drain.computers(server, held) if not one.back]
    if away:
        raise Problem(
            "not_drained",
            "还有 {count} 台电脑公布后没有联系过：{names}。",
            remedy="请他们连网同步一次；不再等请加 --now，晚到的记录由网格长审核。",
            count=len(away),
            names=_whose(away),
        )


def _whose(away: Sequence[drain.Away]) -> str:
    """Everybody once, in the order of the list; how many computers where it is more than one."""
    counts = Counter(one.person for one in away)
    several = tr("{name}（{count} 台）")
    return tr("、").join(
        name if count == 1 else several.format(name=name, count=count)
        for name, count in counts.items()
    )


def _send(server: Server, operations: list[Operation]) -> None:
    """All of it or nothing: what could not be taken is a defect of the plan, and is said."""
    sender = Sender(SYSTEM.bytes, SYSTEM.bytes, 1)
    at = server.clock()
    numbered = [
        msgspec.structs.replace(sent, counter=number, recorded_at=at)
        for number, sent in enumerate(operations, 1)
    ]
    for sent, outcome in zip(numbered, apply(server, sender, numbered).outcomes, strict=True):
        if outcome.verdict not in (Verdict.APPLIED, Verdict.MERGED):
            raise Problem(
                "not_written",
                "没有写入：{kind}（{why}）。",
                kind=Label(KINDS[sent.entity].zh, KINDS[sent.entity].en),
                why=outcome.code or outcome.verdict,
            )


def _operations(server: Server, held: Regrouping) -> list[Operation]:
    with server.database.snapshot() as connection:
        if held.what == HANDOVER:
            return list(_hand_over(connection, server, held))
        if held.what == MERGE:
            return list(_merge(connection, server, held))
        return list(_split(connection, server, held))


def _hand_over(connection: Connection, server: Server, held: Regrouping) -> Iterator[Operation]:
    today = day_of(server.clock())
    taker = UUID(hex=held.plan["to"])
    held_by = UUID(hex=held.plan["from"])
    for term in planning.in_force(connection, server, held.grid, held_by):
        yield from _ends(term, today)
        yield from _begins(connection, server, term, taker, held.grid, today)
    yield from _unannounced(connection, held)


def _merge(connection: Connection, server: Server, held: Regrouping) -> Iterator[Operation]:
    today, target = day_of(server.clock()), held.grid
    for grid in held.grids:
        for entity in _ROOTS:
            for row in _standing(connection, entity, grid):
                yield _edit(entity, row, grid_id=target.bytes)
        for term in planning.in_force(connection, server, grid):
            yield from _ends(term, today)
            if held.plan["keep_staff"] and term.staff_id:
                yield from _begins(connection, server, term, term.staff_id, target, today)
        unit = _row(connection, "unit", grid.bytes)
        if unit is not None and not unit["deleted"]:
            yield _edit("unit", unit, successor_id=target.bytes, changing_on=None)
            yield _operation("unit", unit, {"deleted": Change(0, 1)}, later=1)


def _split(connection: Connection, server: Server, held: Regrouping) -> Iterator[Operation]:
    old = _row(connection, "unit", held.grid.bytes)
    assert old is not None
    code = held.plan["new"]["code"]
    gone = gone_units(connection, tables["unit"].c.code == code)
    if code in gone:  # merged away since it was planned: nobody could work in it
        raise code_gone(code, gone[code], _PLAN_AGAIN)
    new = unit_id(code)
    if _row(connection, "unit", new.bytes) is None:
        yield setup.creation(_new_grid(held, old, new))
        for worker in held.plan["workers"]:
            yield setup.creation(
                Assignment(
                    staff_id=UUID(hex=worker),
                    unit_id=new,
                    role="worker",
                    from_date=day_of(server.clock()),
                )
            )
    yield from _parts(connection, held, new.bytes)
    yield from _unannounced(connection, held)


def _parts(connection: Connection, held: Regrouping, new: bytes) -> Iterator[Operation]:
    """Micro grids, buildings, dwellings, households and their events, in the order in which they hang together."""
    grid = held.grid
    micros = _chosen(held, "micros")
    households = _chosen(held, "households")
    standing = {e: {row["id"]: row for row in _standing(connection, e, grid)} for e in _ROOTS}
    buildings = _chosen(held, "buildings") | {
        key for key, row in standing["building"].items() if row["micro_grid_id"] in micros
    }
    buildings |= _emptied(_living(standing), households)
    for key in micros & standing["micro_grid"].keys():
        yield _edit("micro_grid", standing["micro_grid"][key], grid_id=new)
    for key in sorted(buildings & standing["building"].keys()):
        row = standing["building"][key]
        micro = row["micro_grid_id"] if row["micro_grid_id"] in micros else None
        yield _edit("building", row, grid_id=new, micro_grid_id=micro)
    # Once more after a stop: buildings that went over before count as well.
    dwellings = _beneath(connection, "dwelling", "building_id", buildings)
    for key in sorted(dwellings & standing["dwelling"].keys()):
        yield _edit("dwelling", standing["dwelling"][key], grid_id=new)
    households |= _beneath(connection, "household", "dwelling_id", dwellings)
    for key in sorted(households & standing["household"].keys()):
        yield _edit("household", standing["household"][key], grid_id=new)
    events = _beneath(connection, "event", "household_id", households)
    for key in sorted(events & standing["event"].keys()):
        yield _edit("event", standing["event"][key], grid_id=new)


def _emptied(standing: Standing, households: set[bytes]) -> set[bytes]:
    """Buildings in which nobody stays: they go over whole, instead of a copy of the same name."""
    homes: dict[bytes, list[bytes]] = {}
    for key, row in standing["household"].items():
        homes.setdefault(row["dwelling_id"], []).append(key)
    staying = {
        row["building_id"]
        for key, row in standing["dwelling"].items()
        if not set(homes.get(key, ())) & households or set(homes[key]) - households
    }
    leaving = {
        standing["dwelling"][row["dwelling_id"]]["building_id"]
        for key, row in standing["household"].items()
        if key in households and row["dwelling_id"] in standing["dwelling"]
    }
    return leaving - staying - {None}


def _living(standing: Standing) -> Standing:
    return {e: {k: r for k, r in rows.items() if not r["deleted"]} for e, rows in standing.items()}


def _deleted(server: Server, operations: Sequence[Operation]) -> set[bytes]:
    """Records among theirs that nobody sees any more, and nobody counts."""
    found: set[bytes] = set()
    with server.database.snapshot() as connection:
        for entity in _ROOTS:
            keys = sorted(o.record_id for o in operations if o.entity == entity)
            sql = f"SELECT id FROM {entity} WHERE deleted=1 AND id IN (:ids)"
            found |= {key for (key,) in fetch_in(connection, sql, keys)}
    return found


def _chosen(held: Regrouping, name: str) -> set[bytes]:
    return {bytes.fromhex(key) for key in held.plan[name]}


def _new_grid(held: Regrouping, old: dict[str, Any], new: UUID) -> Unit:
    return Unit(
        id=new,
        parent_id=UUID(bytes=old["parent_id"]),
        code=held.plan["new"]["code"],
        name=held.plan["new"]["name"],
        kind="grid",
        label=old["label"] or "",
        grid_kind=old["grid_kind"] or "",
    )


def _ends(term: Assignment, today: date) -> Iterator[Operation]:
    yield terms.ending(term, today - timedelta(days=1))


def _begins(
    connection: Connection, server: Server, term: Assignment, who: UUID, unit: UUID, today: date
) -> Iterator[Operation]:
    """The same role for somebody, unless it is held already. A cover ends when it would have ended."""
    held = planning.in_force(connection, server, unit, who)
    if any(other.role == term.role and other.id != term.id for other in held):
        return
    yield setup.creation(
        Assignment(
            staff_id=who,
            unit_id=unit,
            role=term.role,
            full_time=term.full_time,
            from_date=max(today, term.from_date or today),
            to_date=term.to_date,
            covers_id=term.covers_id,
        )
    )


def _unannounced(connection: Connection, held: Regrouping) -> Iterator[Operation]:
    for grid in held.grids:
        row = _row(connection, "unit", grid.bytes)
        if row is not None and row["changing_on"]:
            yield _edit("unit", row, changing_on=None)


def _standing(connection: Connection, entity: str, grid: UUID) -> list[dict[str, Any]]:
    table = tables[entity]
    # What went into another record goes where that one goes.
    there = (table.c.grid_id == grid.bytes, table.c.merged_into.is_(None))
    statement = select(table).where(*there)
    return [dict(row._mapping) for row in connection.execute(statement.order_by(table.c.id))]


def _beneath(connection: Connection, entity: str, field: str, owners: set[bytes]) -> set[bytes]:
    table = tables[entity]
    found: set[bytes] = set()
    for part in chunks(sorted(owners)):
        found |= set(connection.scalars(select(table.c.id).where(table.c[field].in_(part))))
    return found


def _row(connection: Connection, entity: str, key: bytes) -> dict[str, Any] | None:
    table = tables[entity]
    row = connection.execute(select(table).where(table.c.id == key)).first()
    return dict(row._mapping) if row else None


def _edit(entity: str, row: dict[str, Any], **values: Any) -> Operation:
    changes = {n: Change(row[n], v) for n, v in values.items() if row[n] != v}
    return _operation(entity, row, changes)


def _operation(
    entity: str, row: dict[str, Any], changes: dict[str, Change], later: int = 0
) -> Operation:
    return Operation(new_id().bytes, 0, entity, row["id"], row["version"] + later, changes, 0, 0)
