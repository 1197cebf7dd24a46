"""The steps of an event between worker, head, office and department: judged, numbered, given a deadline."""

from __future__ import annotations

from uuid import UUID

import pytest

from gridapp.clock import local
from gridapp.domain.event import Event, EventAction
from gridapp.domain.unit import Unit
from gridapp.store import recording
from gridapp.store.drafting import EventDraft
from tests.sync.world import Client, World

TODAY = "2026-11-20"
BLOCKED = "0101"  # a fire lane: 4 H
BROKEN = "0103"  # a fire extinguisher: 3 WD


def step(client: Client, event: UUID, action: str, text: str = "", **more: object) -> UUID:
    """What the page does; the step by its id."""

    def write(uow: object) -> EventAction:
        found = uow.record(Event, event)  # type: ignore[attr-defined]
        return recording.take_step(uow, found, action, text, TODAY, **more)  # type: ignore[arg-type]

    return client.write(write).id


def report(client: Client, item: str = BLOCKED) -> UUID:
    draft = EventDraft(item, "请看", TODAY, grid_id=client.world.grid1)
    return client.write(lambda uow: recording.report_event(uow, draft)).id


def state(client: Client, event: UUID) -> str:
    return client.get(Event, event).state


def deadlines(world: World, event: UUID) -> dict[int, str]:
    rows = world.rows("event_action", event_id=event.bytes)
    return {
        row["number"]: f"{local(row['deadline']):%m-%d %H:%M}" for row in rows if row["deadline"]
    }


@pytest.fixture
def department(world: World) -> Unit:
    unit = Unit(parent_id=world.east, code="D1", name="物业", kind="department")
    world.write(unit)
    return unit


def test_deadlines_are_the_servers(world: World, department: Unit) -> None:
    handler = world.join("物业员", "handler", department.id)
    head = world.join("王芳", "grid_head")
    told = report(head, BROKEN)
    step(head, told, "accept")
    world.settle()
    assert deadlines(world, told) == {1: "11-25 09:00"}  # Friday nine, three working days
    world.clock.forward(hours=1)
    step(head, told, "dispatch", "请办", target_unit_id=department.id)
    world.settle()
    world.clock.forward(hours=1)
    step(handler, told, "sign")
    step(handler, told, "handle", "换了一只")
    world.settle()
    assert deadlines(world, told) == {1: "11-25 09:00", 2: "11-25 10:00"}
    world.clock.forward(hours=1)
    step(head, told, "send_back", "压力表是坏的，请再换")
    world.settle()
    assert deadlines(world, told) == {1: "11-25 09:00", 2: "11-25 10:00", 5: "11-25 12:00"}
    for client in (head, handler):
        mine = client.sql("SELECT number, deadline FROM event_action WHERE deadline IS NOT NULL")
        assert len(mine) == 3
        assert state(client, told) == "signed"


def test_clock_hours_run_at_night(world: World) -> None:
    head = world.join("王芳", "grid_head")
    world.clock.forward(hours=13)
    told = report(head)
    step(head, told, "accept")
    world.settle()
    assert deadlines(world, told) == {1: "11-21 02:00"}


def test_a_deadline_is_nobodys_to_say(world: World) -> None:
    head = world.join("王芳", "grid_head")
    told = report(head)
    head.create(
        EventAction(
            event_id=told,
            action="note",
            actor_id=head.staff_id,
            happened_at=TODAY,
            text="看",
            deadline=1,
        )
    )
    world.settle()
    assert deadlines(world, told) == {}


def test_what_was_handled_on_the_spot_goes_back_to_the_worker(world: World) -> None:
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    told = report(worker)
    step(worker, told, "handle_on_spot", "搬走了")
    world.settle()
    step(head, told, "send_back", "还有一半，请再搬")
    assert state(head, told) == "reported"  # at once, before the server has heard of it
    world.settle()
    assert state(worker, told) == "reported"
    step(worker, told, "handle_on_spot", "都搬走了")
    world.settle()
    step(head, told, "verify")
    world.settle()
    assert state(worker, told) == state(head, told) == "verified"


@pytest.mark.parametrize(
    ("action", "text", "code"),
    [
        ("send_back", "", "step_no_longer_fits"),
        ("not_accept", "", "required"),
        ("rate", "", "step_no_longer_fits"),
    ],
)
def test_steps_that_do_not_fit_come_back_with_their_reason(
    world: World, action: str, text: str, code: str
) -> None:
    head = world.join("王芳", "grid_head")
    told = report(head)
    head.sync()
    step(head, told, action, text)
    head.sync()
    assert head.last() == ("rejected", code)
    assert state(head, told) == "reported"


def test_not_accepted_ends_it(world: World) -> None:
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    told = report(worker)
    world.settle()
    step(worker, told, "not_accept", "不想管")
    worker.sync()
    assert worker.last() == ("rejected", "step_not_allowed")
    step(head, told, "not_accept", "是自家院里，不归网格管")
    world.settle()
    assert state(worker, told) == "not_accepted"


def test_a_send_back_that_came_too_late(world: World) -> None:
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    office = world.office("张伟")
    told = report(worker)
    step(worker, told, "handle_on_spot", "搬走了")
    world.settle()
    with world.offline():
        step(head, told, "verify")
        step(office, told, "send_back", "没搬干净")
    head.sync()
    office.sync()
    assert office.last() == ("rejected", "step_no_longer_fits")
    world.settle()
    assert {state(client, told) for client in (worker, head, office)} == {"verified"}
    # its words stay on the event
    assert office.sql("SELECT count(*) FROM event_action WHERE text='没搬干净'") == [(1,)]
