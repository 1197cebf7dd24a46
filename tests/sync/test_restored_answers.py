"""A restored server believes clients only what rows, rights and its own keys bear out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Rows, Verdict
from gridapp.domain.household import Household
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import new_id
from gridapp.server import handback
from gridapp.sync.protocol import RecordHistoryRequest
from gridapp.tables import wire_columns
from tests.sync.conftest import new_world
from tests.sync.restored import Copy, push
from tests.sync.world import Client, World

TAKEN = FieldVerdict.TAKEN


def restored(world: World, client: Client) -> None:
    """A server in its second epoch, with all that it had."""
    then = Copy(world)
    client.household(name="钱")
    client.sync()
    then.put_back()
    world.settle()


def edit(world: World, record: bytes, version: int, **fields: Change) -> Operation:
    return Operation(new_id().bytes, 900, "household", record, version, fields, world.clock(), 0)


def authors(client: Client, record: bytes) -> list[bytes]:
    told = client.transport.record_history(RecordHistoryRequest("household", record))
    return [entry.staff_id for entry in told.entries]


@pytest.mark.parametrize("role", ["worker", "auditor"])
def test_an_answer_to_what_was_never_hers(small_world: World, role: str) -> None:
    world = small_world
    a, spy = world.join("甲"), world.join("外", role, world.grid3)
    home = a.household()
    world.settle()
    restored(world, a)
    sent = edit(world, home.id.bytes, 1, deleted=Change(0, 1))
    said = Outcome(sent.op_id, Verdict.APPLIED, 1, "", 0, 1, {"deleted": TAKEN})
    push(spy, 2, [sent], answered=[said])
    assert spy.staff_id.bytes not in authors(a, home.id.bytes)
    assert not world.row("household", home.id)["deleted"]


@pytest.mark.parametrize("version", [1, 2])
def test_an_answer_that_the_row_does_not_bear_out(small_world: World, version: int) -> None:
    """Not the value that was taken (2), or a version that somebody else made (1): judged like any edit."""
    world = small_world
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    a.change(Household, home.id, own_number="七")
    world.settle()
    restored(world, a)
    assert world.row("household", home.id)["version"] == 2
    sent = edit(world, home.id.bytes, 1, own_number=Change(None, "八"))
    said = Outcome(sent.op_id, Verdict.APPLIED, 1, "", 0, version, {"own_number": TAKEN})
    push(b, 2, [sent], answered=[said])
    (logged,) = [o for o in world.operations() if o["op_id"] == sent.op_id]
    assert (logged["verdict"], logged["epoch"]) == ("conflict", 2)


def test_an_answer_in_odd_shapes(small_world: World) -> None:
    """What no program sends is no answer, and what is sent twice counts once."""
    world = small_world
    a = world.join("甲")
    home = a.household()
    world.settle()
    restored(world, a)
    odd = edit(world, home.id.bytes, 1, own_number=Change(None, "八"))
    twice = edit(world, home.id.bytes, 1, name=Change("别人", "谁"))
    push(
        a,
        2,
        [odd, twice, twice],
        answered=[
            Outcome(odd.op_id, Verdict.REJECTED, code="a\x00b"),
            Outcome(twice.op_id, Verdict.REJECTED, code="bad_value"),
            Outcome(twice.op_id, Verdict.REJECTED, code="bad_value"),
        ],
    )
    logged = {o["op_id"]: o["code"] for o in world.operations()}
    assert (logged[odd.op_id], logged[twice.op_id]) == ("", "bad_value")
    assert world.row("household", home.id)["own_number"] == "八"


def test_a_unit_of_before_says_nothing_of_later_fields(small_world: World) -> None:
    """A MAC over the fields of before does not vouch for the grid into which another one went."""
    world = small_world
    a, b = world.join("甲"), world.join("乙", unit=world.grid3)
    home = a.household()
    world.settle()
    then = Copy(world)
    world.district_edit(world.grid1, "unit", sort=7)
    world.settle()
    names = wire_columns(KINDS["unit"])
    row = world.row("unit", world.grid1) | {"successor_id": world.grid3.bytes}
    then.put_back()
    push(b, 1, rows=[Rows("unit", list(names), [[row[n] for n in names]])])
    assert world.row("unit", world.grid1)["successor_id"] is None
    world.settle()
    assert b.find(Household, home.id) is None


def test_a_merged_grid_comes_back(small_world: World) -> None:
    """What names the grid that went into another one stands in that one as well, at once."""
    world = small_world
    a, b = world.join("甲"), world.join("乙", unit=world.grid2)
    home = a.household()
    world.settle()
    then = Copy(world)
    world.district_edit(world.grid1, "unit", successor_id=world.grid2.bytes)
    world.settle()
    stood = world.channels_of(home.id)
    then.put_back()
    world.settle(3)
    assert world.channels_of(home.id) == stood
    assert b.find(Household, home.id) is not None


@pytest.fixture
def postgres_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from new_world(request, "postgres", tmp_path)


def test_two_hand_back_at_once(postgres_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visit, and its household that stands elsewhere since: the visit follows. Only PostgreSQL has two writers."""
    world = postgres_world
    a, office = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    then = Copy(world)
    visit = a.visit(home.id)
    a.sync()
    office.sync()
    office.change(Household, home.id, grid_id=world.grid2)
    office.sync()
    stood = world.channels_of(visit)
    visits = rows_of(world, "visit")
    places = rows_of(world, "building", "dwelling", "household", "residence", "person")
    then.put_back()
    reached, go, publish = threading.Event(), threading.Event(), handback.feed.publish

    def held_up(*args: Any, **named: Any) -> list[str]:
        if threading.current_thread().name == "slow":
            reached.set()
            assert go.wait(60)
        return publish(*args, **named)

    monkeypatch.setattr(handback.feed, "publish", held_up)
    first = threading.Thread(target=handback.take, args=(world.server, visits), name="slow")
    second = threading.Thread(target=handback.take, args=(world.server, places))
    first.start()
    assert reached.wait(60)
    second.start()
    while second.is_alive() and not somebody_waits(world):
        second.join(0.01)
    go.set()
    first.join(60)
    second.join(60)
    assert world.channels_of(visit) == stood


def somebody_waits(world: World) -> bool:
    with world.database.snapshot() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def rows_of(world: World, *entities: str) -> list[Rows]:
    found = []
    for entity in entities:
        names = wire_columns(KINDS[entity])
        found.append(
            Rows(entity, list(names), [[row[n] for n in names] for row in world.rows(entity)])
        )
    return found
