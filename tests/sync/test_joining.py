"""Batches that are judged together come out as if one had come right after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gridapp.domain.exchange import Change, Operation, Outcome
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import new_id
from gridapp.server import schema
from gridapp.server.apply import Sender
from gridapp.server.author import SYSTEM
from gridapp.server.batch import Group
from gridapp.server.joining import Job, job, together
from tests.sync.conftest import new_world
from tests.sync.world import TODAY, World

_IGNORED = {"mac", "hash", "total"}  # each server's own word


@pytest.fixture
def two_worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two servers that began alike."""
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    worlds = [new_world(request, "sqlite", folder) for folder in folders]
    yield next(worlds[0]), next(worlds[1])
    for world in worlds:
        next(world, None)


def _creation(entity: str, **fields: Any) -> Operation:
    changes = {n: Change(None, v) for n, v in fields.items()}
    return Operation(new_id().bytes, 1, entity, new_id().bytes, 0, changes, 0, 0)


def _edit(entity: str, key: bytes, counter: int = 1, **fields: Any) -> Operation:
    changes = {n: v if isinstance(v, Change) else Change(None, v) for n, v in fields.items()}
    return Operation(new_id().bytes, counter, entity, key, 1, changes, 0, 0)


def _visit(household: bytes, staff: bytes) -> Operation:
    more = {"visited_by": staff, "recorded_by": staff, "happened_at": TODAY, "how": "home"}
    return _creation("visit", household_id=household, **more)


def _event(grid: UUID, household: bytes | None, staff: bytes) -> Operation:
    more = {"item_code": "0101", "text": "路灯不亮", "happened_at": TODAY, "reported_by": staff}
    return _creation("event", grid_id=grid.bytes, household_id=household, **more)


class Village:
    """Staff with computers and households, the same on every server that is told of them."""

    def __init__(self, world: World) -> None:
        self.grids = [world.grid1, world.grid2]
        self.staff = [new_id().bytes for _ in range(6)]
        units = [world.grid1, world.grid1, world.grid2, world.grid2, world.east, world.east]
        roles = ["worker"] * 4 + ["office"] * 2
        self.posts = [
            _creation("assignment", staff_id=s, unit_id=u.bytes, role=r)
            for s, u, r in zip(self.staff, units, roles, strict=True)
        ]
        self.people = [
            Operation(new_id().bytes, 1, "staff", s, 0, _named(n), 0, 0)
            for n, s in enumerate(self.staff)
        ]
        self.households: list[Operation] = []
        self.visits: list[Operation] = []

    def settle(self, *worlds: World) -> None:
        """Everybody is known."""
        for world in worlds:
            world.apply_as(SYSTEM.bytes, SYSTEM.bytes, *self.people, *self.posts)

    def build(self, *worlds: World) -> None:
        """Two fresh households in each grid, each with a visit: what the next batches are about."""
        office = self.staff[5]
        self.households = [
            _creation("household", grid_id=self.grids[n % 2].bytes, name=f"户{n}") for n in range(4)
        ]
        self.visits = [_visit(h.record_id, office) for h in self.households]
        for world in worlds:
            made = world.apply_as(office, b"\x09" * 16, *self.households, *self.visits)
            assert {o.verdict for o in made} == {"applied"}

    def batches(self, pick: random.Random) -> list[Job]:
        """What six members of staff send at one moment: mostly of their own grid, some of it about the same records."""
        found = []
        for number, staff in enumerate(self.staff):
            operations = [
                self._something(number, staff, pick, n) for n in range(pick.randint(1, 3))
            ]
            found.append(job(Sender(staff, staff, 1), operations))
        pick.shuffle(found)
        return found

    def _something(self, number: int, staff: bytes, pick: random.Random, n: int) -> Operation:
        near = [0, 2] if number in (0, 1) else [1, 3] if number in (2, 3) else range(4)
        place = pick.choice(near) if pick.random() < 0.9 else pick.randrange(4)
        key, visit = self.households[place].record_id, self.visits[place].record_id
        here, there = (g.bytes for g in (self.grids[place % 2], self.grids[1 - place % 2]))
        choices = [
            lambda: _visit(key, staff),
            lambda: _event(self.grids[place % 2], key, staff),
            lambda: _edit("household", key, n, own_number=f"{pick.randint(1, 3)}"),
            lambda: _edit("household", key, n, deleted=Change(0, 1)),
            lambda: _edit("visit", visit, n, result=f"{pick.randint(1, 3)}"),
            lambda: _edit("weather", key, n, text="晴"),
        ]
        if number > 3:
            choices += [lambda: _edit("household", key, n, grid_id=Change(here, there))] * 3
        return pick.choice(choices)()


def _named(number: int) -> dict[str, Change]:
    return {"name": Change(None, f"甲{number}"), "active": Change(None, 1)}


def _in_turns(world: World, jobs: Sequence[Job]) -> tuple[list[list[Outcome]], list[list[int]]]:
    """Outcomes of each job, and which went together."""
    outcomes: dict[int, list[Outcome]] = {}
    groups = []
    waiting = list(range(len(jobs)))
    while waiting:
        group = [waiting[n] for n in together([jobs[n] for n in waiting])]
        with world.database.write() as connection:
            done = Group(world.server, connection, [jobs[n] for n in group]).run()
        outcomes |= {n: d.outcomes for n, d in zip(group, done, strict=True)}
        groups.append(group)
        waiting = [n for n in waiting if n not in group]
    return [outcomes[n] for n in range(len(jobs))], groups


def _one_by_one(world: World, jobs: Sequence[Job], order: Sequence[int]) -> list[list[Outcome]]:
    outcomes = {}
    for number in order:
        sender = jobs[number].sender
        operations = jobs[number].operations
        outcomes[number] = world.apply_as(sender.staff_id, sender.device_id, *operations)
    return [outcomes[n] for n in range(len(jobs))]


def _everything(world: World) -> dict[str, list[dict[str, Any]]]:
    """Every row of the server, without what only this server could have written."""
    found: dict[str, list[dict[str, Any]]] = {}
    wanted = [schema.tables[name] for name in KINDS] + [schema.operation, schema.counter]
    with world.database.snapshot() as connection:
        for table in wanted:
            rows = connection.execute(select(table)).all()
            # Events of one turn are numbered in the order of their ids.
            but = _IGNORED | {"number"} if table.name == "event" else _IGNORED
            plain = [{n: v for n, v in r._mapping.items() if n not in but} for r in rows]
            found[table.name] = sorted(plain, key=repr)
        feed, channel = schema.feed, schema.channel
        filed = connection.execute(
            select(
                channel.c.name, feed.c.record_id, feed.c.entity, feed.c.removed, feed.c.cause
            ).join(channel, channel.c.id == feed.c.channel_id)
        ).all()
        found["feed"] = sorted(({"row": tuple(r)} for r in filed), key=repr)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_together_is_as_one_by_one(two_worlds: tuple[World, World], seed: int) -> None:
    one, other = two_worlds
    village, pick = Village(one), random.Random(seed)
    village.settle(*two_worlds)
    shared, said = 0, set()
    for _ in range(8):
        village.build(*two_worlds)
        jobs = village.batches(pick)
        outcomes, groups = _in_turns(one, jobs)
        order = [number for group in groups for number in group]
        assert outcomes == _one_by_one(other, jobs, order)
        assert _everything(one) == _everything(other)
        shared += sum(len(group) > 1 for group in groups)
        said |= {(o.verdict.value, o.code) for each in outcomes for o in each}
    assert shared > 5
    assert {("applied", ""), ("conflict", ""), ("parked", "moved_away")} <= said
    one.settled()


def _job(device: int, *operations: Operation) -> Job:
    return job(Sender(bytes([device]) * 16, bytes([device]) * 16, 1), operations)


def test_what_goes_together() -> None:
    a, b, grid, staff = new_id().bytes, new_id().bytes, new_id(), new_id().bytes
    visits = [_job(n, _visit(a, staff)) for n in range(3)]
    assert together(visits) == [
        0,
        1,
        2,
    ]  # three visits of one household change nothing of each other
    assert together([_job(1, _edit("household", a, name="x")), _job(2, _visit(b, staff))]) == [0, 1]
    assert together([_job(1, _edit("household", a, name="x")), _job(2, _visit(a, staff))]) == [0]
    assert together([_job(1, _visit(a, staff)), _job(2, _edit("household", a, name="x"))]) == [0]
    move = _edit("household", b, grid_id=Change(grid.bytes, staff))
    assert together([_job(1, move), _job(2, _visit(a, staff))]) == [0]
    assert together([_job(1, _visit(a, staff)), _job(2, move), _job(3, _visit(a, staff))]) == [0, 2]


def test_nothing_overtakes_within_a_device() -> None:
    a, b, staff = new_id().bytes, new_id().bytes, new_id().bytes
    edit, visit = _edit("household", a, name="x"), _visit(b, staff)
    waiting = [_job(1, edit), _job(2, _visit(a, staff)), _job(2, visit), _job(3, visit)]
    assert together(waiting) == [0, 3]


@pytest.mark.parametrize("entity", ["unit", "staff", "assignment", "code", "review", "micro_grid"])
def test_what_changes_rights_stays_alone(entity: str) -> None:
    changed = _edit(entity, new_id().bytes, name="x")
    other = _visit(new_id().bytes, new_id().bytes)
    assert together([_job(1, other), _job(2, changed)]) == [0]
    assert together([_job(2, changed), _job(1, other)]) == [0]
