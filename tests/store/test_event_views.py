"""The list of events, what waits for whom, and one event with all that its page shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from gridapp.domain.attachment import Attachment
from gridapp.domain.event import Event, EventAction
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.errors import Problem
from gridapp.store import acting, recording
from gridapp.store.drafting import EventDraft, Picture
from gridapp.store.store import Store
from gridapp.store.views.event_page import EventPage, event_page
from gridapp.store.views.events import event_ids, event_rows, events_waiting
from tests.store.realistic import (
    COMMUNITY,
    GRID,
    NOON,
    WORKER,
    SetClock,
    arrive,
    household,
    jpeg,
    make_store,
    member,
    save,
    uploaded,
)

TODAY = date(2026, 11, 20)
HOUR = 3_600_000
HEAD = Staff(name="王芳", user_name="wangfang", active=True)
HEADS = Assignment(staff_id=HEAD.id, unit_id=GRID.id, role="grid_head")
PROPERTY = Unit(code="D1", name="和平物业", kind="department")
FITTER = Staff(name="老周", user_name="laozhou", active=True)
BLOCKED = "0101"  # of the community, 4 H
HOUSING = "0105"  # goes up to the township


class Office:
    """A store of one member of staff, and the steps of others as the server sends them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers = count(1)
        arrive(store, [HEAD, HEADS, PROPERTY, FITTER])

    def event(self, item: str = BLOCKED, **more: object) -> UUID:
        values = {"happened_at": "2026-11-20T09:00", "text": "堵了", "grid_id": GRID.id}
        event = Event(item_code=item, reported_by=WORKER.id, **(values | more))
        arrive(self.store, [event])
        return event.id

    def step(self, event: UUID, action: str, received: int = NOON, **more: object) -> UUID:
        values = {"happened_at": "2026-11-20T10:00", "actor_id": WORKER.id}
        number = next(self._numbers)
        step = EventAction(event_id=event, action=action, number=number, **(values | more))
        arrive(self.store, [step])
        sql = "UPDATE event_action SET received_at=? WHERE id=?"
        self.store.write(lambda u: u.connection.execute(sql, (received, step.id.bytes))).result()
        return step.id

    def at_the_unit(self, event: UUID, unit: UUID = PROPERTY.id) -> None:
        self.step(event, "accept", actor_id=HEAD.id)
        self.step(event, "dispatch", actor_id=HEAD.id, target_unit_id=unit)

    def page(self, event: UUID) -> EventPage:
        found = self.store.read(lambda r: event_page(r, event, TODAY)).result()
        assert found is not None
        return found

    def can(self, event: UUID) -> list[str]:
        return [str(action) for action in self.page(event).allowed]

    def ids(self, which: str, typed: str = "") -> list[UUID]:
        return list(self.store.read(lambda r: event_ids(r, which, typed, TODAY)).result())

    def waiting(self) -> int:
        return self.store.read(lambda r: events_waiting(r, TODAY)).result()


def opened(folder: Path, staff: Staff, *more: Assignment | Unit) -> Iterator[Office]:
    store = make_store(folder, SetClock(), staff)
    arrive(store, more)
    yield Office(store)
    store.close()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Office]:
    yield from opened(tmp_path / "worker", WORKER)


@pytest.fixture
def head(tmp_path: Path) -> Iterator[Office]:
    yield from opened(tmp_path / "head", HEAD)


@pytest.fixture
def fitter(tmp_path: Path) -> Iterator[Office]:
    post = Assignment(staff_id=FITTER.id, unit_id=PROPERTY.id, role="handler")
    yield from opened(tmp_path / "fitter", FITTER, post)


def test_what_a_worker_may_do(worker: Office) -> None:
    told = worker.event()
    assert worker.can(told) == ["handle_on_spot", "note"]
    assert not worker.page(told).waits
    worker.at_the_unit(told)
    assert worker.can(told) == ["note"]  # the property manager's, not hers
    own = worker.event()
    worker.at_the_unit(own, GRID.id)
    assert worker.can(own) == ["sign", "note"]
    assert worker.ids("mine") == [own]
    assert worker.waiting() == 1


def test_what_a_head_may_do(head: Office) -> None:
    told = head.event()
    assert head.can(told) == ["accept", "handle_on_spot", "not_accept", "note"]
    assert head.page(told).awaited == "accept"
    head.at_the_unit(told)
    assert head.can(told) == ["note"]
    assert not head.page(told).waits
    head.step(told, "sign")
    head.step(told, "handle", text="疏通了")
    assert head.can(told) == ["verify", "send_back", "note"]
    page = head.page(told)
    assert (page.waits, page.awaited, page.target) == (True, "verify", PROPERTY.id)
    head.step(told, "not_known_here")
    assert head.page(told).state == "handled"


def test_what_a_handler_may_do(fitter: Office) -> None:
    told, others = fitter.event(), fitter.event()
    fitter.at_the_unit(told)
    fitter.at_the_unit(others, GRID.id)
    assert fitter.can(told) == ["sign", "note"]
    assert fitter.can(others) == []
    assert fitter.ids("mine") == [told]


def test_a_grid_elsewhere_is_none_of_hers(head: Office) -> None:
    elsewhere = Unit(code="G2", name="第二网格", kind="grid")
    arrive(head.store, [elsewhere])
    told = head.event(grid_id=elsewhere.id)
    assert head.can(told) == []
    assert head.waiting() == 0


def test_a_role_that_ended_gives_nothing(tmp_path: Path) -> None:
    for office in opened(tmp_path, HEAD):
        told = office.event()
        assert office.can(told)
        office.store.write(
            lambda u: u.connection.execute("UPDATE assignment SET to_date='2026-11-19'")
        ).result()
        assert office.can(told) == []
        assert office.waiting() == 0
        assert office.store.read(events_waiting).result() == 0


def test_where_a_command_room_is_it_takes_up_what_goes_up(head: Office) -> None:
    told, small = head.event(HOUSING), head.event(BLOCKED)
    assert set(head.ids("mine")) == {told, small}
    room = Staff(name="陈涛", user_name="chentao", active=True)
    arrive(head.store, [room, Assignment(staff_id=room.id, unit_id=GRID.id, role="dispatcher")])
    assert head.ids("mine") == [small]
    assert "accept" in head.can(told)  # she may all the same
    head.at_the_unit(told)
    head.step(told, "sign")
    head.step(told, "handle", text="办好了")
    assert set(head.ids("mine")) == {small, told}  # what is handled is hers to look at


def test_what_was_sent_back_waits_for_who_did_it(worker: Office) -> None:
    told, others = worker.event(), worker.event()
    worker.step(told, "handle_on_spot", text="搬了")
    worker.step(others, "handle_on_spot", text="搬了", actor_id=HEAD.id)
    for event in (told, others):
        worker.step(event, "send_back", text="没搬完", actor_id=HEAD.id)
    assert worker.ids("mine") == [told]
    page = worker.page(told)
    assert (page.waits, page.awaited) == (True, "handle_on_spot")
    assert page.path[0] == "reported"


def test_my_list_begins_with_the_nearest_deadline(head: Office) -> None:
    late, later, open_ = head.event(), head.event(), head.event()
    for event, hours in ((later, 30), (late, 2)):
        head.step(event, "accept", deadline=NOON + hours * HOUR)
    assert head.ids("mine")[:2] == [late, later]
    assert head.ids("mine")[2:] == [open_]
    assert head.waiting() == 3


def test_the_lists(worker: Office) -> None:
    open_, refused, done = worker.event(), worker.event(), worker.event()
    worker.step(refused, "not_accept", text="不归网格管")
    for action in ("handle_on_spot", "verify", "rate"):
        worker.step(done, action, text="好", rating="5")
    assert worker.ids("open") == [open_]
    assert set(worker.ids("closed")) == {refused, done}
    assert set(worker.ids("all")) == {open_, refused, done}


def test_finding_by_words_of_item_home_and_text(worker: Office) -> None:
    home = save(worker.store, household("赵桂兰", "3号楼", "201", member("赵桂兰")))
    fire = worker.event(text="楼道里堆了纸箱 50%")
    hers = worker.event("0103", household_id=home.household.id, number="东街 2026-1120-0086")
    assert worker.ids("all", "消防通道") == [fire]
    assert worker.ids("all", " 纸箱 ") == [fire]
    assert worker.ids("all", "50%") == [fire]
    assert worker.ids("all", "%") == [fire]
    assert worker.ids("all", "_") == []
    assert worker.ids("all", "桂兰") == worker.ids("all", "3号楼") == [hers]
    assert worker.ids("all", "1120-0086") == [hers]
    assert worker.ids("closed", "桂兰") == []
    assert worker.ids("mine", "桂兰") == []


def test_the_deadline_in_force(head: Office) -> None:
    told = head.event()
    assert head.page(told).due is None
    head.step(told, "accept", deadline=NOON + HOUR, received=NOON)
    head.step(told, "dispatch", deadline=NOON + 3 * HOUR, received=NOON + HOUR)
    due = head.store.read(lambda r: event_rows(r, [told])).result()[told].due
    assert due is not None
    assert (due.at, due.begun, due.unit, due.done) == (NOON + 3 * HOUR, NOON + HOUR, "H", None)
    head.step(told, "sign")
    head.step(told, "handle", text="好了", received=NOON + 2 * HOUR)
    due = head.page(told).due
    assert due is not None
    assert due.done == NOON + 2 * HOUR
    head.step(told, "send_back", text="再看", deadline=NOON + 9 * HOUR, received=NOON)
    due = head.page(told).due
    assert due is not None
    assert (due.at, due.done) == (NOON + 9 * HOUR, None)


def test_events_that_may_be_the_same(worker: Office) -> None:
    def home(name: str, building: str) -> UUID:
        return save(worker.store, household(name, building, "201", member(name))).household.id

    one = home("赵桂兰", "3号楼")
    other_building = home("钱美玲", "5号楼")
    told = worker.event(household_id=one, happened_at="2026-11-20", place="门口")
    same_home = worker.event(household_id=one, happened_at="2026-10-21T08:00")
    same_place = worker.event(happened_at="2026-11-01", place=" 门口 ")
    worker.event(household_id=one, happened_at="2026-10-20")  # 31 days
    worker.event("0103", household_id=one, happened_at="2026-11-19")
    worker.event(household_id=other_building, happened_at="2026-11-19", place="后院")
    worker.event(happened_at="2026-11-19")  # no place said
    assert [a.id for a in worker.page(told).alike] == [same_place, same_home]
    nowhere = worker.event(happened_at="2026-11-20")
    assert worker.page(nowhere).alike == ()


def test_same_building_counts_as_the_same_place(worker: Office) -> None:
    one = save(worker.store, household("赵桂兰", "3号楼", "201", member("赵桂兰")))
    form = household("孙建国", "3号楼", "301", member("孙建国"))
    building = one.dwelling.building_id
    form = replace(
        form, building=one.building, dwelling=replace(form.dwelling, building_id=building)
    )
    other = worker.store.write(
        lambda u: recording.save_household(u, None, form, held=(one.building,))
    ).result()
    told = worker.event(household_id=one.household.id)
    alike = worker.event(household_id=other.id)
    assert [a.id for a in worker.page(told).alike] == [alike]


def test_photos_stand_with_their_steps(worker: Office) -> None:
    def report(uow: object) -> Event:
        before = Picture(jpeg(), "a.jpg", "before")
        draft = EventDraft(BLOCKED, "堵了", "2026-11-20", grid_id=GRID.id, pictures=(before,))
        return recording.report_event(uow, draft)  # type: ignore[arg-type]

    event = worker.store.write(report).result()
    after = Picture(jpeg(color=(20, 160, 60)), "b.jpg", "after")
    worker.store.write(
        lambda u: recording.take_step(
            u, event, "handle_on_spot", "搬了", "2026-11-20T11:00", pictures=(after,)
        )
    ).result()
    page = worker.page(event.id)
    assert [p.purpose for p in page.photos] == ["before"]
    assert [p.purpose for p in page.steps[0].photos] == ["after"]
    assert [p.purpose for p in page.all_photos] == ["before", "after"]
    assert set(page.thumbnails) == {p.sha256 for p in page.all_photos}
    assert all(small.startswith(b"\xff\xd8") for small in page.thumbnails.values())
    assert page.name(page.steps[0].action.unit_id) == "第一网格"
    assert page.waiting
    assert page.steps[0].waiting
    uploaded(worker.store)
    page = worker.page(event.id)
    assert not page.waiting
    assert not page.steps[0].waiting


def test_a_photo_that_has_not_come_yet_has_no_small_picture(worker: Office) -> None:
    told = worker.event()
    photo = Attachment(
        target_kind="event",
        target_id=told,
        sha256="ab" * 32,
        media_type="image/jpeg",
        size=9,
        purpose="before",
    )
    arrive(worker.store, [photo])
    page = worker.page(told)
    assert [p.id for p in page.photos] == [photo.id]
    assert page.thumbnails == {}


def test_a_refused_step_stays_with_its_reason(head: Office) -> None:
    told = head.event()
    event = head.store.read(lambda r: r.record(Event, told)).result()
    assert event is not None
    step = head.store.write(
        lambda u: recording.take_step(u, event, "accept", "我来", "2026-11-20")
    ).result()
    assert head.page(told).state == "accepted"  # at once, on this computer

    def refuse(uow: object) -> None:
        uow.connection.execute(  # type: ignore[attr-defined]
            "UPDATE outbox SET state='rejected', code='step_no_longer_fits' WHERE record_id=?",
            (step.id.bytes,),
        )

    head.store.write(refuse).result()
    page = head.page(told)
    assert page.state == "reported"
    assert [(s.action.text, s.refused) for s in page.steps] == [("我来", "step_no_longer_fits")]


def test_steps_are_taken_for_the_unit_that_is_meant(worker: Office) -> None:
    told = worker.event()
    worker.at_the_unit(told, GRID.id)
    event = worker.store.read(lambda r: r.record(Event, told)).result()
    assert event is not None
    step = worker.store.write(
        lambda u: recording.take_step(u, event, "sign", "", "2026-11-20")
    ).result()
    assert step.unit_id == GRID.id
    assert step.seen == 2


@pytest.mark.parametrize(
    ("action", "code"), [("verify", "step_not_allowed"), ("sign", "step_no_longer_fits")]
)
def test_what_the_server_would_refuse_is_said_before(
    worker: Office, action: str, code: str
) -> None:
    told = worker.event()
    with pytest.raises(Problem) as caught:
        worker.store.read(lambda r: acting.check_step(r, told, action, NOON)).result()
    assert caught.value.code == code
    worker.store.read(lambda r: acting.check_step(r, told, "note", NOON)).result()


def test_an_event_that_is_gone(worker: Office) -> None:
    assert worker.store.read(lambda r: event_page(r, UUID(int=1), TODAY)).result() is None


PATHS = (
    (),
    ("accept",),
    ("accept", "dispatch"),
    ("accept", "dispatch", "sign"),
    ("accept", "dispatch", "sign", "handle"),
    ("accept", "dispatch", "sign", "handle", "send_back"),
    ("accept", "dispatch", "sign", "handle", "verify", "rate"),
    ("handle_on_spot",),
    ("handle_on_spot", "send_back"),
    ("handle_on_spot", "send_back", "accept"),
    ("handle_on_spot", "verify", "rate", "close"),
    ("not_accept",),
)


@pytest.mark.parametrize("commanded", [False, True])
@pytest.mark.parametrize("role", ["worker", "grid_head", "office", "handler", "dispatcher"])
def test_the_list_of_mine_is_what_each_page_says(
    tmp_path: Path, role: str, commanded: bool
) -> None:
    unit = {"office": COMMUNITY.id, "handler": PROPERTY.id}.get(role, GRID.id)
    me = Staff(name="我", user_name="me", active=True)
    post = Assignment(staff_id=me.id, unit_id=unit, role=role)
    for office in opened(tmp_path, me, me, post):
        if commanded:
            arrive(
                office.store,
                [Assignment(staff_id=WORKER.id, unit_id=PROPERTY.id, role="dispatcher")],
            )
        every = []
        for item in (BLOCKED, HOUSING):
            for path in PATHS:
                for actor, target in ((me.id, unit), (WORKER.id, UUID(int=9))):
                    every.append(office.event(item))
                    for action in path:
                        to = {"target_unit_id": target} if action == "dispatch" else {}
                        office.step(every[-1], action, actor_id=actor, **to)
        mine = {event for event in every if office.page(event).waits}
        assert set(office.ids("mine")) == mine
        assert 0 < len(mine) < len(every)
