"""Late work wherever it goes: who sees it, where it moves, what meets it at the same moment, and any mixture."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gridapp.domain.event import Event
from gridapp.domain.exchange import Change, Operation
from gridapp.domain.household import Household
from gridapp.domain.person import Person
from gridapp.domain.place import Building
from gridapp.domain.record import new_id
from gridapp.domain.review import Review
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server import planning, transferring
from gridapp.store import refused, status
from tests.sync.conftest import new_world
from tests.sync.late import accept, decision, give_back, late, waiting
from tests.sync.world import EAST, TODAY, Client, World


def test_two_heads_at_the_same_moment(world: World) -> None:
    """Really at once on PostgreSQL; SQLite's one writer puts them in some order."""
    worker, head, home = late(world)
    office = world.office()
    with world.offline():
        for n in range(4):
            worker.visit(home.id, f"第{n}次")
    world.end_role(worker)
    worker.sync()
    world.settle()
    for review in waiting(head):
        gate = threading.Barrier(2)

        def at_once(client: Client, sent: Operation, gate: threading.Barrier = gate) -> Any:
            gate.wait(30)
            who = client.store.who
            done = world.apply_as(who.staff_id.bytes, who.device_id.bytes, sent)[0]
            return done.verdict.value, done.code

        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(at_once, head, decision(review, "accepted"))
            two = pool.submit(at_once, office, decision(review, "returned"))
            said = sorted([one.result(), two.result()])
        assert said == [("applied", ""), ("rejected", "already_decided")]
    world.settle()
    states = [r["state"] for r in world.rows("review")]
    assert len(world.rows("visit")) == states.count("accepted")
    assert len(states) == 4


def test_a_deletion_that_came_too_late(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    visit = worker.visit(home.id)
    world.settle()
    with world.offline():
        worker.delete(Household, home.id)
    world.end_role(worker)
    worker.sync()
    head.sync()
    accept(head)
    world.settle()
    assert head.get(Household, home.id).deleted
    assert head.conflicts() == []
    assert head.find(Visit, visit) is not None


def test_a_late_choice_between_two_values(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    worker.change(Household, home.id, own_number="1")
    world.settle()
    head.change(Household, home.id, own_number="2")
    worker.change(Household, home.id, own_number="3")
    head.sync()
    world.settle()
    from gridapp.domain.choice import Choice
    from gridapp.store.deciding import decide, open_stakes

    with world.offline():
        (shown,) = worker.store.read(open_stakes).result()
        worker.write(lambda uow: decide(uow, shown, Choice.OTHER))
    world.end_role(worker)
    worker.sync()
    head.sync()
    accept(head)
    world.settle()
    assert head.get(Household, home.id).own_number == "3"
    assert head.conflicts() == []
    assert worker.last() == ("applied", "")


def test_only_the_heads_of_that_grid_see_and_decide(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    other, plain = world.join("邻格长", "grid_head", world.grid2), world.join("乙")
    with world.offline():
        worker.visit(home.id)
    world.end_role(worker)
    worker.sync()
    world.settle()
    assert [c.count("review") for c in (head, other, plain, worker)] == [1, 0, 0, 0]
    (review,) = waiting(head)
    for client in (other, plain, worker):
        who = client.store.who
        said = world.apply_as(who.staff_id.bytes, who.device_id.bytes, decision(review, "accepted"))
        assert (said[0].verdict.value, said[0].code) == ("rejected", "not_allowed")
    who = head.store.who
    bad = [
        decision(review, "maybe"),
        decision(review, "waiting"),
        decision(review, "accepted", deleted=Change(0, 1)),
        decision(review, "returned", changed=Change(None, '{"situation":"x"}')),
        decision(review, "accepted", changed=Change(None, '{"recorded_by":"' + "0" * 32 + '"}')),
    ]
    said = world.apply_as(who.staff_id.bytes, who.device_id.bytes, *bad)
    assert {(o.verdict.value, o.code) for o in said} == {("rejected", "bad_operation")}
    mute = [decision(review, "returned", note=Change(None, note)) for note in (None, " ")]
    said = world.apply_as(who.staff_id.bytes, who.device_id.bytes, *mute)
    assert {(o.verdict.value, o.code) for o in said} == {("rejected", "note_missing")}
    made = Operation(new_id().bytes, 1, "review", new_id().bytes, 0, {}, 0, 0)
    gone = decision(review, "accepted", key=new_id().bytes)
    said = world.apply_as(who.staff_id.bytes, who.device_id.bytes, made, gone)
    assert {(o.verdict.value, o.code) for o in said} == {("rejected", "not_allowed")}
    assert len(waiting(head)) == 1


def test_what_hangs_on_another_is_not_decided_alone(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.event(home.id, on_spot="清走了")
    world.end_role(worker)
    worker.sync()
    head.sync()
    (along,) = head.store.read(lambda r: r.where(Review, "hangs_on IS NOT NULL")).result()
    who = head.store.who
    said = world.apply_as(who.staff_id.bytes, who.device_id.bytes, decision(along, "accepted"))
    assert (said[0].verdict.value, said[0].code) == ("rejected", "waits_for_owner")
    with pytest.raises(Problem):
        accept(head, along)


def test_what_waits_goes_with_its_household(world: World) -> None:
    worker, head, home = late(world)
    office, second = world.office(), world.join("二组长", "grid_head", world.grid2)
    with world.offline():
        visit = worker.visit(home.id, "晚到")
    world.end_role(worker)
    worker.sync()
    office.sync()
    office.change(Household, home.id, grid_id=world.grid2)
    office.sync()
    world.settle()
    assert waiting(head) == []
    accept(second)
    world.settle()
    assert second.get(Visit, visit).situation == "晚到"
    assert worker.last() == ("applied", "")


def test_sent_once_more_it_is_decided_once(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        told = worker.event(home.id, on_spot="清走了")
    world.end_role(worker)
    worker.sync()
    (save,) = {i.save_id for i in worker.store.read(status.not_accepted).result()}
    assert worker.write(lambda uow: refused.send_again(uow, save)) == 2
    world.settle()
    assert worker.verdicts()[-4:-2] == [("rejected", "replaced")] * 2
    assert len(worker.store.read(status.not_accepted).result()) == 2
    (review,) = waiting(head)
    accept(head, review)
    world.settle()
    assert head.get(Event, told).state == "handled_on_spot"
    assert len(world.rows("event_action")) == 1
    assert worker.store.read(status.not_accepted).result() == ()


def test_a_volunteers_late_report(small_world: World) -> None:
    world = small_world
    volunteer, head = world.join("志愿者", "volunteer"), world.join("组长", "grid_head")
    with world.offline():
        told = volunteer.event(text="树倒了", grid_id=world.grid1)
    world.end_role(volunteer)
    volunteer.sync()
    head.sync()
    assert volunteer.last() == ("parked", "role_ended")
    accept(head)
    world.settle()
    assert head.get(Event, told).reported_by == volunteer.staff_id
    assert volunteer.last() == ("applied", "")


def test_the_role_came_back_before_the_decision(small_world: World) -> None:
    """Accepted, it is hers again: it stays on her computer, as the server has it."""
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        visit = worker.visit(home.id, "晚到")
    world.end_role(worker)
    worker.sync()
    world.give_role(worker, "worker", world.grid1)
    world.settle()
    accept(head)
    world.settle()
    assert worker.get(Visit, visit).version == 1
    worker.change(Visit, visit, result="好")
    world.settle()
    assert head.get(Visit, visit).result == "好"


def test_what_waits_goes_with_a_grid_that_is_merged(world: World) -> None:
    """A new building hangs on nothing; a visit on its household: both are decided by who has the grid now."""
    worker, head, home = late(world)
    second = world.join("二组长", "grid_head", world.grid2)
    with world.offline():
        visit = worker.visit(home.id, "晚到")
        building = worker.create(Building(grid_id=world.grid1, name="新楼"))
    world.end_role(worker)
    worker.sync()
    planning.merge(world.server, [EAST + "001"], EAST + "002", keep_staff=False)
    transferring.transfer(world.server, EAST + "001", now=True)
    world.settle()
    assert waiting(head) == []
    assert sorted(r.target_kind for r in waiting(second)) == ["building", "visit"]
    for review in waiting(second):
        accept(second, review)
    world.settle()
    assert second.get(Visit, visit).situation == "晚到"
    assert second.get(Building, building.id).grid_id == world.grid2
    assert [s for s, _ in worker.verdicts()[-2:]] == ["applied", "applied"]


def test_what_hangs_on_it_arrives_while_it_is_decided(world: World) -> None:
    """Really at once on PostgreSQL: the step of an event, and the decision about the event. Nothing is stranded."""
    worker, head, home = late(world)
    with world.offline():
        told = [worker.event(home.id, text=f"第{n}件") for n in range(6)]
    world.end_role(worker)
    worker.sync()
    world.settle()
    who, by = worker.store.who, head.store.who
    for event, review in zip(told, waiting(head), strict=True):
        gate = threading.Barrier(2)
        acted = Operation(
            new_id().bytes, 900, "event_action", new_id().bytes, 0,
            {
                n: Change(None, v)
                for n, v in {
                    "event_id": event.bytes,
                    "action": "note",
                    "actor_id": worker.staff_id.bytes,
                    "text": "补一句",
                    "happened_at": TODAY,
                }.items()
            },
            0, 0,
        )  # fmt: skip

        def send(device: Any, sent: Operation, gate: threading.Barrier = gate) -> Any:
            gate.wait(30)
            return world.apply_as(device.staff_id.bytes, device.device_id.bytes, sent)[0]

        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(send, who, acted)
            two = pool.submit(send, by, decision(review, "accepted"))
            assert two.result().verdict.value == "applied"
            assert one.result().verdict.value == "parked"
    left = [o for o in world.operations() if o["code"] == "waits_for_owner"]
    assert left == []
    open_ = {r["id"] for r in world.rows("review", state="waiting")}
    parked_ = {o["record_id"] for o in world.operations() if o["verdict"] == "parked"}
    assert {r["target_id"] for r in world.rows("review") if r["id"] in open_} == parked_


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["household", "visit", "event", "edit", "edit", "delete", "move", "role"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
)
DECISIONS = st.lists(st.sampled_from(["accept", "change", "give_back", "later"]), max_size=12)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(acts=ACTS, decisions=DECISIONS, moved=st.booleans(), data=st.data())
def test_whatever_comes_late_and_however_it_is_decided(
    fresh_world: Any, acts: Any, decisions: Any, moved: bool, data: Any
) -> None:
    """Everything is registered, given back with its reason, or waits where a head sees it; everybody agrees."""
    world = fresh_world()
    worker, office = world.join("甲"), world.office()
    homes = [worker.household(name=f"户{n}", id_number="") for n in range(2)]
    world.settle()
    with world.offline():
        for act, which in acts:
            _late_act(worker, homes, act, which)
    if moved:
        office.change(Household, homes[0].id, grid_id=world.grid2)
        office.sync()
    world.end_role(worker)
    worker.sync()
    office.sync()
    for wish in decisions:
        found = waiting(office)
        if not found or wish == "later":
            continue
        review = found[data.draw(st.integers(0, len(found) - 1))]
        if wish == "give_back":
            give_back(office, review=review)
        else:
            sent = json.loads(review.sent)
            own = {"own_number": "99"} if wish == "change" and "own_number" in sent else {}
            accept(office, review, **own)
        if data.draw(st.booleans()):
            office.sync()
    world.settle(3)
    _nothing_is_lost(world, worker, office)


def _late_act(worker: Client, homes: list[Any], act: str, which: int) -> None:
    home = homes[which % len(homes)]
    gone = worker.get(Household, home.id).deleted
    if gone:
        return
    if act == "household":
        homes.append(worker.household(name=f"新户{len(homes)}", id_number=""))
    elif act == "visit":
        worker.visit(home.id, f"走访{which}")
    elif act == "event":
        worker.event(home.id, text=f"事{which}", on_spot="办了" if which % 2 else "")
    elif act == "edit":
        worker.change(Household, home.id, own_number=str(which), registered_address=f"x{which}")
    elif act == "delete":
        worker.delete(Household, home.id)
    elif act == "move":
        worker.change(Person, home.person, status_note=f"出门{which}")


def _nothing_is_lost(world: World, worker: Client, office: Client) -> None:
    log = {o["op_id"]: o for o in world.operations()}
    mine = [o for o in log.values() if o["device_id"] == worker.store.who.device_id.bytes]
    reviews = {r["op_id"]: r for r in world.rows("review")}
    shown = {r.op_id.bytes for r in waiting(office) if r.op_id}
    there = {r["id"] for kind in ("household", "visit", "event", "building", "person",
             "dwelling", "residence", "event_action", "household_file", "person_file")
             for r in world.rows(kind)}  # fmt: skip
    for sent in mine:
        verdict, code = sent["verdict"], sent["code"]
        if verdict in ("applied", "merged", "conflict"):
            assert sent["record_id"] in there, (verdict, code)
        elif verdict == "rejected":
            assert code in ("returned", "not_allowed", "required", "bad_operation"), code
        else:
            assert code in ("role_ended", "moved_away", "waits_for_owner"), code
            review = reviews[sent["op_id"]]
            assert review["state"] == "waiting"
            main = next((r for r in reviews.values() if r["id"] == review["hangs_on"]), review)
            assert main["op_id"] in shown or main["state"] == "returned", (verdict, code)
    # What is not registered is still on its author's computer, word for word.
    kept = {
        op for (op,) in worker.sql("SELECT op_id FROM outbox WHERE state IN ('parked','rejected')")
    }
    assert kept == {o["op_id"] for o in mine if o["verdict"] in ("parked", "rejected")}


@pytest.fixture
def fresh_world(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Any:
    """A district for each example."""
    made: list[Any] = []

    def begin() -> World:
        _end(made)
        made.append(new_world(request, "sqlite", tmp_path_factory.mktemp("late")))
        found: World = next(made[-1])
        return found

    yield begin
    _end(made)


def _end(made: list[Any]) -> None:
    while made:
        next(made.pop(), None)
