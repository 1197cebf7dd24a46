"""Histories 03, 19, 22 and 23 of the design, each under its number there; the others are with what they are about."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gridapp.domain.household import Household
from gridapp.domain.person import Person
from gridapp.domain.visit import Visit
from gridapp.store.merging import merge_households
from gridapp.store.opening import open_store
from tests.sync.test_event_steps import report, state, step
from tests.sync.world import PASSWORD, Client, World

DAY = 86_400_000
FAR = 4_086_950_400_000  # 2099


def keep_copy(client: Client) -> Path:
    """The data folder as it is now, put aside."""
    client.store.close()
    copy = client.folder.with_name(f"{client.folder.name}-copy")
    shutil.copytree(client.folder, copy)
    client.reopen()
    return copy


def put_back(client: Client, copy: Path) -> None:
    folder = client.store.folder
    client.store.close()
    shutil.rmtree(client.folder)
    shutil.copytree(copy, client.folder)
    client.store = open_store(folder, PASSWORD, clock=client.now)
    client._connect()


def test_history_03_restored_client_gets_its_own_earlier_work_back(world: World) -> None:
    a, office = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    copy = keep_copy(a)
    visit = a.visit(home.id, "后来的")
    a.change(Household, home.id, own_number="7")
    a.sync()
    office.change(Household, home.id, registered_address="办")
    office.sync()
    put_back(a, copy)
    with world.offline():
        again = a.visit(home.id, "恢复以后的")
        a.change(Household, home.id, own_number="8")
    world.settle(3)
    for client in (a, office):
        held = client.get(Household, home.id)
        assert client.get(Visit, visit).situation == "后来的"
        assert client.get(Visit, again).situation == "恢复以后的"
        assert held.registered_address == "办"
        # What stands was never seen after the restore: both values are there, and a person decides.
        assert held.own_number == "7"
        assert [(f, o) for f, _, _, o in client.conflicts()] == [("own_number", "8")]
    logged = world.operations()
    assert len(logged) == len({o["op_id"] for o in logged})
    assert world.rows("visit", deleted=0)[0]["version"] == 1


@pytest.mark.parametrize("first", ["verify", "send_back"])
def test_history_19_steps_on_both_sides(world: World, first: str) -> None:
    """Two people verify and send back the same event offline: what came second comes back, and is not lost."""
    worker, head, office = world.join("甲"), world.join("组长", "grid_head"), world.office()
    told = report(worker)
    step(worker, told, "handle_on_spot", "清走了")
    world.settle()
    with world.offline():
        mine = step(head, told, "verify", "看过了，好了")
        theirs = step(office, told, "send_back", "还有一半")
    order = (head, office) if first == "verify" else (office, head)
    for client in order:
        client.sync()
    world.settle()
    assert order[0].last()[0] == "applied"
    assert order[1].last() == ("rejected", "step_no_longer_fits")
    taken = mine if first == "verify" else theirs
    actions = {r["id"]: r["action"] for r in world.rows("event_action", event_id=told.bytes)}
    assert taken.bytes in actions
    assert (mine.bytes in actions) + (theirs.bytes in actions) == 1
    assert len({state(client, told) for client in (worker, head, office)}) == 1
    # Its author still has the words, with the reason.
    refused = theirs if first == "verify" else mine
    words = order[1].sql("SELECT text FROM event_action WHERE id=?", refused.bytes)
    assert words in ([("看过了，好了",)], [("还有一半",)])


def test_history_22_one_address_told_by_two(world: World) -> None:
    """Two offline "3-2-501", each with a family: both stand, with all that belongs to them, and no one is refused."""
    a, b = world.join("甲"), world.join("乙")
    with world.offline():
        first = a.household(name="赵桂兰", id_number="11010519491231002X")
        second = b.household(name="赵桂兰", id_number="")
        a.visit(first.id, "甲走访")
        b.visit(second.id, "乙走访")
    world.settle()
    for client in (a, b):
        assert client.count("household") == client.count("person") == 2
        addresses = {client.get(Household, h.id).address for h in (first, second)}
        assert addresses == {"3号楼1单元201"}
        found = {r[0] for r in client.sql("SELECT situation FROM visit WHERE deleted=0")}
        assert found == {"甲走访", "乙走访"}
        assert client.conflicts() == []
        assert {client.get(Person, h.person).name for h in (first, second)} == {"赵桂兰"}
    assert {state for c in (a, b) for state, _ in c.verdicts()} == {"applied"}
    # One of them sees it and merges them; the other one goes on with the one that is no more.
    a.write(lambda uow: merge_households(uow, second.id, first.id))
    with world.offline():
        late = b.visit(second.id, "晚到的")
        b.change(Household, second.id, own_number="7")
    world.settle(3)
    for client in (a, b):
        assert client.get(Household, second.id).merged_into == first.id
        assert client.get(Household, first.id).own_number == "7"
        told = client.sql("SELECT household_id, situation FROM visit WHERE deleted=0")
        assert set(told) == {(first.id.bytes, t) for t in ("甲走访", "乙走访", "晚到的")}
        ties = client.sql("SELECT person_id FROM residence WHERE household_id=?", first.id.bytes)
        assert {t[0] for t in ties} == {first.person.bytes, second.person.bytes}
    assert b.get(Visit, late).household_id == first.id
    assert {state for c in (a, b) for state, _ in c.verdicts()} == {"applied"}


def test_history_23_clock_jumps_while_acknowledged_work_is_kept(world: World) -> None:
    """2099 and back, while thirty days of acknowledged work are kept: nothing goes before a backup covers it."""
    a, office = world.join("甲"), world.office()
    home = a.household()
    a.sync()
    now = world.clock
    visits = []
    for day in range(30):
        a.clock = (
            (lambda: FAR) if day % 7 == 3 else (lambda: now() - 40 * DAY) if day % 7 == 5 else now
        )
        visits.append(a.visit(home.id, f"第{day}天"))
        a.sync()
        world.clock.forward(hours=24)
    a.clock = lambda: FAR
    a.reopen()
    a.sync()
    kept = a.sql("SELECT count(*) FROM outbox WHERE entity='visit'")
    assert kept == [(30,)]
    a.clock = now
    a.reopen()
    a.sync()
    assert a.sql("SELECT count(*) FROM outbox WHERE entity='visit'") == [(30,)]
    world.settle()
    assert [office.get(Visit, v).situation for v in visits] == [f"第{d}天" for d in range(30)]
    # Order of arrival is the server's, whatever the clocks said.
    arrived = [world.row("visit", v)["received_at"] for v in visits]
    assert arrived == sorted(arrived)
