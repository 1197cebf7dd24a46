"""The past of records of every kind, by field: true, for those who may read them, kept no longer than they may."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest

from gridapp.domain.event import Event
from gridapp.domain.exchange import HistoryEntry
from gridapp.domain.kinds import KINDS
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building, MicroGrid
from gridapp.domain.record import new_id
from gridapp.domain.unit import Unit
from gridapp.store.views.history import HistoryLine, record_history
from gridapp.sync.protocol import RecordHistoryRequest
from gridapp.sync.questions import Questions
from tests.sync.test_event_steps import BLOCKED, report, step
from tests.sync.world import Client, World, micro_grid


def told(client: Client, kind: str, record_id: UUID) -> list[HistoryEntry]:
    client.sync()
    request = RecordHistoryRequest(kind, record_id.bytes)
    return client.transport.record_history(request).entries


def lines(client: Client, kind: str, record_id: UUID) -> list[HistoryLine]:
    view = partial(record_history, kind=kind, record_id=record_id)
    return list(client.store.read(view).result().lines)


def fetch(client: Client, kind: str, record_id: UUID) -> list[HistoryLine]:
    """Ask, and show, as a page does."""
    questions = Questions(client.store, client._transport)
    try:
        assert questions.fetch_history(record_id, kind=kind).result()
    finally:
        questions.stop()
    return lines(client, kind, record_id)


def test_of_an_event_by_field(world: World) -> None:
    worker, head = world.join("甲"), world.join("组长", "grid_head")
    event = worker.event(text="井盖坏了")
    world.settle()
    world.clock.forward(minutes=5)
    worker.change(Event, event, text="东门井盖坏了")
    worker.sync()
    head.sync()
    world.clock.forward(minutes=5)
    head.change(Event, event, place="东门", text="东门的井盖坏了")
    head.sync()
    worker.sync()
    found = [(x.who, x.what, x.field, x.before, x.after) for x in fetch(worker, "event", event)]
    assert sorted(found[:2]) == [
        ("组长", "changed", "place", None, "东门"),
        ("组长", "changed", "text", "东门井盖坏了", "东门的井盖坏了"),
    ]
    assert found[2:] == [
        ("甲", "changed", "text", "井盖坏了", "东门井盖坏了"),
        ("甲", "created", "", None, None),
    ]
    # One's own edit stands on top until it is sent.
    with world.offline():
        worker.change(Event, event, place="西门")
    first = lines(worker, "event", event)[0]
    assert (first.field, first.after, first.unsent) == ("place", "西门", True)


def test_a_unit_learns_the_past_of_what_was_sent_to_it(small_world: World) -> None:
    world = small_world
    department = Unit(parent_id=world.east, code="D1", name="物业", kind="department")
    world.write(department)
    handler = world.join("物业员", "handler", department.id)
    head = world.join("组长", "grid_head")
    event = report(head, BLOCKED)
    head.change(Event, event, text="请快看")
    head.sync()
    assert told(handler, "event", event) == []
    step(head, event, "accept")
    step(head, event, "dispatch", target_unit_id=department.id)
    head.sync()
    assert [e.what for e in told(handler, "event", event)] == ["changed", "created"]
    assert fetch(handler, "event", event)[0].after == "请快看"
    # But of a household that it is about, nothing.
    home = head.household()
    head.sync()
    assert told(handler, "household", home.id) == []
    assert told(handler, "building", home.building) == []


def test_of_places_and_people(small_world: World) -> None:
    world = small_world
    head = world.join("组长", "grid_head")
    home = head.household()
    head.sync()
    head.change(Building, home.building, name="三号楼")
    head.change(Person, home.person, name="赵桂芝")
    head.change(PersonFile, home.file, phones={"139": "女儿"})
    building = told(head, "building", home.building)
    assert [e.what for e in building] == ["changed", "created"]
    assert building[0].fields == {"name": ("3号楼", "三号楼")}
    person = told(head, "person", home.person)
    assert {(e.entity, e.what) for e in person} == {
        ("person", "created"),
        ("person", "changed"),
        ("person_file", "created"),
        ("person_file", "changed"),
    }
    assert [x.entity for x in fetch(head, "person", home.person)].count("person") == 2


def test_of_units(small_world: World) -> None:
    world = small_world
    admin = world.join("管理员", "district_admin", world.east)
    worker = world.join("甲")
    admin.change(Unit, world.grid1, name="一号网格")
    admin.sync()
    (changed, *_) = told(worker, "unit", world.grid1)
    assert changed.fields == {"name": ("网格001", "一号网格")}
    assert fetch(worker, "unit", world.grid1)[0].who == "管理员"


@pytest.mark.parametrize("kind", ["event", "building", "person", "visit", "household"])
def test_elsewhere_nothing_is_told(small_world: World, kind: str) -> None:
    """What is not there and what is not the caller's look the same."""
    world = small_world
    worker, other = world.join("甲"), world.join("乙", unit=world.grid2)
    volunteer = world.join("志愿者", "volunteer")
    world.settle()
    micro = micro_grid(world, worker, volunteer)
    home = worker.household(micro=micro)
    ids = {
        "event": worker.event(home.id),
        "building": home.building,
        "person": home.person,
        "visit": worker.visit(home.id),
        "household": home.id,
    }
    world.settle()
    assert volunteer.find(Person, home.person) is not None
    for client in (other, volunteer):
        assert told(client, kind, ids[kind]) == told(client, kind, new_id()) == []
    assert told(worker, "nonsense", ids[kind]) == []
    wrong = next(k for k in KINDS if k not in (kind, "review"))
    assert told(worker, wrong, ids[kind]) == []


def test_the_past_leaves_with_the_record(small_world: World) -> None:
    world = small_world
    worker, head = world.join("甲"), world.join("组长", "grid_head")
    event = worker.event(text="井盖坏了")
    micro = worker.create(MicroGrid(grid_id=world.grid1, name="一组"))
    world.settle()
    fetch(worker, "event", event)
    fetch(worker, "micro_grid", micro.id)
    fetch(worker, "unit", world.grid1)
    assert worker.sql("SELECT count(*) FROM history")[0][0] >= 3
    world.end_role(worker)
    worker.sync()
    kept = {e for (e,) in worker.sql("SELECT DISTINCT entity FROM history")}
    assert kept <= {"unit"}
    world.give_role(worker, "volunteer", world.grid1)
    worker.sync()
    assert worker.sql("SELECT count(*) FROM history WHERE entity<>'unit'") == [(0,)]
    assert fetch(head, "event", event)[0].what == "created"
