"""A server set back to before late work was decided, or parked: what became of it follows from what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from gridapp.domain.household import Household
from gridapp.domain.review import Review
from gridapp.domain.visit import Visit
from gridapp.server import planning, transferring
from tests.sync.late import accept, give_back, waiting
from tests.sync.restored import Copy
from tests.sync.test_scope import picture
from tests.sync.world import EAST, Client, World


def parked(world: World, *, before: bool, photo: bytes = b"") -> tuple[Client, Client, Copy, Any]:
    """Two visits parked, for the household went to another grid; ``before``: the copy is older than them."""
    worker, office = world.join("甲"), world.office()
    home = worker.household()
    world.settle()
    with world.offline():
        visit = worker.visit(home.id, "第一次", photo=photo)
        worker.visit(home.id, "第二次")
    office.change(Household, home.id, grid_id=world.grid2)
    office.sync()
    then = Copy(world) if before else None
    worker.sync()
    world.settle()
    assert {code for _, code in late_ones(worker)} <= {"moved_away", "waits_for_owner"}
    return worker, office, then or Copy(world), visit


def late_ones(worker: Client) -> list[Any]:
    """What became of the visits and what hangs on them."""
    return worker.sql(
        "SELECT state, COALESCE(code,'') FROM outbox WHERE entity IN ('visit','attachment') "
        "ORDER BY counter"
    )


def told(worker: Client) -> list[Any]:
    return worker.sql(
        "SELECT state, code, note, decided_by FROM outbox WHERE entity='visit' ORDER BY counter"
    )


@pytest.mark.parametrize("before", [False, True], ids=["decided-since", "parked-since"])
@pytest.mark.parametrize("first", ["author", "office"])
def test_what_was_decided_stays_decided(world: World, first: str, before: bool) -> None:
    worker, office, then, visit = parked(world, before=before)
    one, two = waiting(office)
    accept(office, one)
    give_back(office, "不是这一户", two)
    office.sync()
    world.settle()
    was = told(worker)
    assert [row[:2] for row in was] == [("applied", ""), ("rejected", "returned")]
    assert was[1][2:] == ("不是这一户", office.staff_id.bytes)
    reviews = {r["op_id"]: (r["state"], r["note"], r["decided_by"]) for r in world.rows("review")}
    then.put_back()
    order = [worker, office] if first == "author" else [office, worker]
    order[0].sync()
    assert told(worker) == was  # at no time told that it waits again
    order[1].sync()
    world.settle()
    assert told(worker) == was
    assert {
        r["op_id"]: (r["state"], r["note"], r["decided_by"]) for r in world.rows("review")
    } == reviews
    assert waiting(office) == []
    assert office.get(Visit, visit).situation == "第一次"
    assert len(world.rows("visit")) == 1


@pytest.mark.parametrize("first", ["author", "office"])
def test_the_author_was_not_told_before(small_world: World, first: str) -> None:
    """The answer was lost with the server: it comes with what the office hands back."""
    world = small_world
    worker, office, then, _ = parked(world, before=False)
    one, two = waiting(office)
    accept(office, one)
    give_back(office, "不是这一户", two)
    office.sync()
    then.put_back()
    for client in [worker, office] if first == "author" else [office, worker]:
        client.sync()
    world.settle()
    assert told(worker) == [
        ("applied", "", None, office.staff_id.bytes),
        ("rejected", "returned", "不是这一户", office.staff_id.bytes),
    ]


@pytest.mark.parametrize("before", [False, True], ids=["decided-since", "parked-since"])
@pytest.mark.parametrize("first", ["author", "office"])
def test_what_hangs_on_it_is_taken_too(small_world: World, first: str, before: bool) -> None:
    world = small_world
    worker, office, then, visit = parked(world, before=before, photo=picture())
    one, two = waiting(office)
    accept(office, one)
    accept(office, two, situation="改过的")
    office.sync()
    world.settle()
    was = late_ones(worker)
    assert [state for state, _ in was] == ["applied"] * 3
    then.put_back()
    for client in [worker, office] if first == "author" else [office, worker]:
        client.sync()
    world.settle()
    assert late_ones(worker) == was
    assert {r["state"] for r in world.rows("review")} == {"accepted"}
    assert {r["situation"] for r in world.rows("visit")} == {"第一次", "改过的"}
    assert [r["target_id"] for r in world.rows("attachment")] == [visit.bytes]


def test_given_back_before_its_author_comes(small_world: World) -> None:
    """The operation is not in the restored server's log yet: to give it back is possible, and holds."""
    world = small_world
    worker, office, then, _ = parked(world, before=True)
    then.put_back()
    office.sync()
    one, _ = waiting(office)
    give_back(office, "不是这一户", one)
    office.sync()
    assert office.last() == ("applied", "")
    worker.sync()
    world.settle()
    assert [row[:3] for row in told(worker)] == [
        ("rejected", "returned", "不是这一户"),
        ("parked", "moved_away", None),
    ]


@pytest.mark.parametrize("first", ["author", "office"])
def test_parked_in_a_grid_that_the_copy_does_not_know(world: World, first: str) -> None:
    """Set back to before a merge of grids, and before the author was enrolled: it stays parked and is decided."""
    office = world.office()
    old = world.join("乙")
    home = old.household()
    world.settle()
    then = Copy(world)
    worker = world.join("新来的")
    world.settle()
    with world.offline():
        visit = worker.visit(home.id, "第一次")
        worker.visit(home.id, "第二次")
    planning.merge(world.server, [EAST + "001"], EAST + "002", keep_staff=False)
    transferring.transfer(world.server, EAST + "001", now=True)
    world.settle()
    assert {state for state, _ in late_ones(worker)} == {"parked"}
    then.put_back()
    for client in [worker, office] if first == "author" else [office, worker]:
        client.sync()
    world.settle()
    assert {state for state, _ in late_ones(worker)} == {"parked"}
    one, two = waiting(office)
    accept(office, one)
    give_back(office, "不是这一户", two)
    office.sync()
    world.settle()
    assert [row[:2] for row in told(worker)] == [("applied", ""), ("rejected", "returned")]
    assert office.get(Visit, visit).situation == "第一次"
    assert {r.state for r in office.store.read(lambda r: r.where(Review, "1")).result()} == {
        "accepted",
        "returned",
    }
