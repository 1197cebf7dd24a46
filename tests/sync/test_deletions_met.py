"""A deletion met somebody else's work: the question says who wanted to delete, when, and who did what beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gridapp.domain.choice import Choice
from gridapp.domain.household import Household, Residence
from gridapp.domain.person import Person
from gridapp.server import deletions
from gridapp.server.deletions import CLASH
from gridapp.store.deciding import decide, open_stakes
from tests.sync.restored import Copy
from tests.sync.world import Client, Home, World


def asked(world: World) -> dict[str, Any]:
    """The one open question, values decoded."""
    (found,) = world.rows("conflict", state="open")
    return found | {n: json.loads(found[n]) for n in ("start", "standing", "other")}


def sides(found: dict[str, Any]) -> tuple[tuple[bytes, int], tuple[bytes, int]]:
    """(who wanted to delete, when), (who worked on it, when)."""
    return (
        (found["author_id"], found["other_at"]),
        (found["standing_by"], found["standing_at"]),
    )


def settled(world: World) -> tuple[Client, Client, Home]:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.change(Household, home.id, own_number="A-1")
    world.settle()
    return a, b, home


@pytest.mark.parametrize("deleted_first", [True, False])
def test_an_edit_and_a_deletion(world: World, deleted_first: bool) -> None:
    a, b, home = settled(world)
    with world.offline():
        b.delete(Household, home.id)
        deleted = world.clock.now
        world.clock.forward(hours=2)
        a.change(Household, home.id, own_number="A-13")
        edited = world.clock.now
        a.change(Household, home.id, registered_address="x")
    world.clock.forward(hours=3)
    for client in (b, a) if deleted_first else (a, b):
        client.sync()
    world.settle()
    found = asked(world)
    assert sides(found) == ((b.staff_id.bytes, deleted), (a.staff_id.bytes, edited))
    assert found["start"] == {"deleted": 0, "own_number": "A-1", "registered_address": None}
    wanted = {"deleted": 0, "own_number": "A-13", "registered_address": "x", "beneath": []}
    assert found["standing"] == wanted
    assert found["other"] == {"deleted": 1}


@pytest.mark.parametrize("deleted_first", [True, False])
def test_visits_beneath_and_a_deletion(world: World, deleted_first: bool) -> None:
    a, b, home = settled(world)
    with world.offline():
        b.delete(Household, home.id)
        deleted = world.clock.now
        world.clock.forward(hours=2)
        visits = [a.visit(home.id), a.visit(home.id)]
    at = world.clock.now
    for client in (b, a) if deleted_first else (a, b):
        client.sync()
    world.settle()
    found = asked(world)
    assert sides(found) == ((b.staff_id.bytes, deleted), (a.staff_id.bytes, at))
    assert sorted(found["standing"]["beneath"]) == sorted(["visit", v.hex] for v in visits)
    assert found["standing"].keys() == {"deleted", "beneath"}


@pytest.mark.parametrize("deleted_first", [True, False])
def test_somebody_who_moves_in_and_a_deletion(world: World, deleted_first: bool) -> None:
    a, b, home = settled(world)
    with world.offline():
        b.delete(Household, home.id)
        person = a.create(Person(name="钱进"))
        tie = a.create(Residence(person_id=person.id, household_id=home.id, kind="living"))
    for client in (b, a) if deleted_first else (a, b):
        client.sync()
    world.settle()
    found = asked(world)
    assert [who for who, _ in sides(found)] == [b.staff_id.bytes, a.staff_id.bytes]
    assert found["standing"]["beneath"] == [["residence", tie.id.hex]]


def test_a_third_person_goes_on_while_it_is_asked(world: World) -> None:
    a, b, home = settled(world)
    head = world.join("丙", "grid_head")
    with world.offline():
        b.delete(Household, home.id)
        a.change(Household, home.id, own_number="A-13")
    b.sync()
    world.settle()
    world.clock.forward(hours=1)
    head.change(Household, home.id, own_number="A-14", registered_address="y")
    then = world.clock.now
    world.settle()
    found = asked(world)
    assert sides(found)[1] == (head.staff_id.bytes, then)
    assert found["author_id"] == b.staff_id.bytes
    assert found["start"]["own_number"] == "A-1"
    wanted = {"deleted": 0, "own_number": "A-14", "registered_address": "y", "beneath": []}
    assert found["standing"] == wanted


def test_asked_again_it_tells_what_came_in_between(world: World) -> None:
    a, b, home = settled(world)
    with world.offline():
        b.delete(Household, home.id)
        a.change(Household, home.id, own_number="A-13")
    a.sync()
    world.settle()
    with world.offline():
        (shown,) = b.store.read(open_stakes).result()
        b.write(lambda uow: decide(uow, shown, Choice.OTHER))
        visit = a.visit(home.id)
    a.sync()
    world.settle()
    assert b.last() == ("conflict", "values_changed")
    found = asked(world)
    assert found["standing"]["own_number"] == "A-13"
    assert found["standing"]["beneath"] == [["visit", visit.hex]]
    assert [who for who, _ in sides(found)] == [b.staff_id.bytes, a.staff_id.bytes]


def test_what_came_back_to_a_restored_server_is_not_the_servers(world: World) -> None:
    """Nobody knows who wanted to delete what another computer handed back: it was not the server."""
    a, b, head = world.join("甲"), world.join("乙"), world.join("丙", "grid_head")
    home = a.household()
    world.settle()
    then = Copy(world)
    a.delete(Household, home.id)
    a.sync()
    head.sync()  # which learned of it
    then.put_back()
    b.change(Household, home.id, registered_address="东街12号")
    edited = world.clock.now
    b.sync()
    head.sync()
    found = asked(world)
    assert found["author_id"] is None
    assert (found["standing_by"], found["standing_at"]) == (b.staff_id.bytes, edited)
    assert found["standing"]["registered_address"] == "东街12号"
    world.settle(3)


def test_a_question_of_an_older_server_is_left_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, home = settled(world)
    with world.offline():
        b.delete(Household, home.id)
        a.change(Household, home.id, own_number="A-13")
    b.sync()
    with monkeypatch.context() as patched:
        patched.setattr(
            deletions, "_ask", lambda judge, sent, key, *_: judge.conflicts.clash(sent, key, CLASH)
        )
        world.settle()
    assert asked(world)["standing"] == {"deleted": 0}
    a.change(Household, home.id, own_number="A-15")
    world.settle()
    assert asked(world)["standing"] == {"deleted": 0}
    (shown,) = a.store.read(open_stakes).result()
    a.write(lambda uow: decide(uow, shown, Choice.OTHER))
    world.settle()
    assert b.get(Household, home.id).deleted
