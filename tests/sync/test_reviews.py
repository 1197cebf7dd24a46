"""Work that came too late: the head of the grid decides, and its author is told."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from gridapp.domain.event import Event
from gridapp.domain.household import Household
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.review import Review
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.store import reviewing, status
from gridapp.sync.transport import Offline
from tests.sync.late import accept, give_back, late, step, waiting
from tests.sync.world import World


@pytest.mark.parametrize("why", ["role_ended", "moved_away"])
def test_history_15_parked_then_accepted(world: World, why: str) -> None:
    """The head accepts on another day: the author's device learns it; dependants follow."""
    worker, head, home = late(world)
    office = world.office()
    with world.offline():
        visit = worker.visit(home.id, "带了药", photo=b"")
        worker.change(Household, home.id, own_number="7")
        told = worker.event(home.id, on_spot="清走了")
    if why == "role_ended":
        world.end_role(worker)
        decider = head
    else:
        office.change(Household, home.id, grid_id=world.grid2)
        office.sync()
        decider = world.join("二组长", "grid_head", world.grid2)
    worker.sync()
    assert {c for _, c in worker.verdicts()[-4:]} == {why, "waits_for_owner"}
    assert worker.find(Household, home.id) is None
    decider.sync()
    # The step of the event is decided with the event.
    assert [r.target_kind for r in waiting(decider)] == ["visit", "household", "event"]
    assert {r.reason for r in waiting(decider)} == {why}
    assert decider.count("review") == 4
    world.settle()
    world.clock.forward(hours=26)
    for review in waiting(decider):
        accept(decider, review)
    decider.sync()
    assert {s for s, _ in decider.verdicts()[-3:]} == {"applied"}
    worker.sync()
    assert [s for s, _ in worker.verdicts()[-4:]] == ["applied"] * 4
    assert worker.store.read(status.not_accepted).result() == ()
    world.settle()
    held = decider.get(Visit, visit)
    assert (held.situation, held.recorded_by) == ("带了药", worker.staff_id)
    assert decider.get(Household, home.id).own_number == "7"
    assert decider.get(Event, told).state == "handled_on_spot"
    assert {r["state"] for r in world.rows("review")} == {"accepted"}
    # What she may not read any more has left her computer, now that it is registered.
    assert worker.find(Visit, visit) is None
    assert worker.find(Event, told) is None


def test_history_15_a_new_household_with_all_that_hangs_on_it(world: World) -> None:
    worker, head, _ = late(world)
    with world.offline():
        home = worker.household(name="钱二", id_number="")
        visit = worker.visit(home.id, "刚搬来")
    world.end_role(worker)
    worker.sync()
    head.sync()
    # The building, and the person who lives nowhere yet; everything else hangs on them.
    assert sorted(r.target_kind for r in waiting(head)) == ["building", "person"]
    for review in waiting(head):
        accept(head, review)
    world.settle()
    assert head.get(Household, home.id).address == "3号楼1单元201"
    assert head.get(Person, home.person).name == "钱二"
    assert head.get(Visit, visit).situation == "刚搬来"
    assert {r["state"] for r in world.rows("review")} == {"accepted"}
    assert {s for s, _ in worker.verdicts()} == {"applied"}
    assert worker.find(Household, home.id) is None


def test_history_15_one_of_two_owners_is_not_enough(world: World) -> None:
    """The residence waits for the household, then for the person."""
    worker, head, _ = late(world)
    with world.offline():
        home = worker.household(name="钱二", id_number="")
    world.end_role(worker)
    worker.sync()
    head.sync()
    by_kind = {r.target_kind: r for r in waiting(head)}
    accept(head, by_kind["building"])
    world.settle()
    assert head.get(Household, home.id).name == "钱二"
    assert world.rows("residence", id=home.tie.bytes) == []
    assert worker.verdicts().count(("parked", "waits_for_owner")) == 2  # the tie, the file
    accept(head, by_kind["person"])
    world.settle()
    assert head.get(PersonFile, home.file).person_id == home.person
    assert {s for s, _ in worker.verdicts()} == {"applied"}


def test_accepted_with_changes_says_who_wrote_what(world: World) -> None:
    worker, head, home = late(world)
    with world.offline():
        visit = worker.visit(home.id, "精神不好")
        worker.change(Household, home.id, own_number="7", registered_address="x")
    world.end_role(worker)
    worker.sync()
    head.sync()
    first, second = waiting(head)
    accept(head, first, situation="精神好")
    accept(head, second, "门牌按新的", own_number="17")
    head.sync()
    worker.sync()
    assert worker.verdicts()[-2:] == [("applied", "changed")] * 2
    world.settle()
    held = head.get(Visit, visit)
    assert (held.situation, held.recorded_by, held.version) == ("精神好", worker.staff_id, 2)
    household = head.get(Household, home.id)
    assert (household.own_number, household.registered_address) == ("17", "x")
    notes = worker.sql("SELECT note, decided_by FROM outbox ORDER BY counter DESC LIMIT 2")
    assert notes == [("门牌按新的", head.staff_id.bytes), (None, head.staff_id.bytes)]
    from gridapp.sync.protocol import HistoryRequest

    told = head.transport.history(HistoryRequest(home.id.bytes)).entries
    said = {(e.staff_id, n, *v) for e in told for n, v in e.fields.items()}
    assert said == {
        (head.staff_id.bytes, "situation", "精神不好", "精神好"),
        (head.staff_id.bytes, "own_number", None, "17"),
        (worker.staff_id.bytes, "registered_address", None, "x"),
    }


def test_given_back_stays_with_its_author_and_the_note(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        visit = worker.visit(home.id, "量了血压", photo=b"")
    world.end_role(worker)
    worker.sync()
    head.sync()
    with pytest.raises(Problem) as refused:
        give_back(head, "  ")
    assert refused.value.code == "note_missing"
    give_back(head, "请写明日期")
    world.settle()
    assert worker.last() == ("rejected", "returned")
    assert worker.get(Visit, visit).situation == "量了血压"
    assert worker.sql("SELECT note FROM outbox ORDER BY counter DESC LIMIT 1") == [("请写明日期",)]
    assert waiting(head) == []
    # Corrected, it is offered again; what hangs on it follows.
    worker.change(Visit, visit, situation="11月18日量了血压")
    world.settle()
    assert worker.last() == ("parked", "role_ended")
    accept(head)
    world.settle()
    assert worker.last()[0] == "applied"
    assert head.get(Visit, visit).situation == "11月18日量了血压"


def test_what_hangs_on_returned_work_follows_its_correction(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        told = worker.event(home.id, text="井盖坏了", on_spot="围上了")
    world.end_role(worker)
    worker.sync()
    head.sync()
    give_back(head)
    world.settle()
    assert worker.verdicts()[-2:] == [("rejected", "returned"), ("parked", "waits_for_owner")]
    worker.change(Event, told, text="东门井盖坏了")
    world.settle()
    again = waiting(head)[0]
    along = head.store.read(lambda r: r.where(Review, "hangs_on=?", (again.id.bytes,))).result()
    assert [r.target_kind for r in along] == ["event_action"]
    accept(head, again)
    world.settle()
    assert head.get(Event, told).state == "handled_on_spot"
    assert head.get(Event, told).text == "东门井盖坏了"


def test_a_corrected_creation_brings_what_waited_for_it(world: World) -> None:
    """Rejected, not parked: nobody decides but its author."""
    worker, head, home = late(world)
    with world.offline():
        told = worker.event(home.id, text="井盖坏了", on_spot="围上了")
        worker.write(lambda uow: _spoil(uow, "item_code", "x" * 500))
    worker.sync()
    assert worker.verdicts()[-2:] == [("rejected", "too_long"), ("parked", "waits_for_owner")]
    assert world.rows("review") == []
    worker.write(lambda uow: _set(uow, "event", told, "item_code", "0101"))
    worker.change(Event, told, text="东门井盖坏了")
    world.settle()
    assert worker.verdicts()[-2:] == [("applied", ""), ("applied", "")]
    assert worker.store.read(status.not_accepted).result() == ()
    assert head.get(Event, told).state == worker.get(Event, told).state == "handled_on_spot"


def test_edits_before_the_correction_are_contained_in_it(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        told = worker.event(home.id, text="井盖坏了")
        worker.write(lambda uow: _spoil(uow, "item_code", "x" * 500))
        worker.change(Event, told, text="第二版")
    worker.sync()
    worker.write(lambda uow: _set(uow, "event", told, "item_code", "0101"))
    worker.change(Event, told, text="第三版")
    world.settle()
    assert worker.verdicts()[-2:] == [("rejected", "replaced"), ("applied", "")]
    assert worker.store.read(status.not_accepted).result() == ()
    assert head.get(Event, told).text == "第三版"
    assert head.conflicts() == []


def test_two_heads_the_second_is_told(world: World) -> None:
    worker, head, home = late(world)
    office = world.office()
    with world.offline():
        worker.visit(home.id)
    world.end_role(worker)
    worker.sync()
    world.settle()
    with world.offline():
        accept(head)
        give_back(office)
    office.sync()
    head.sync()
    assert office.last() == ("applied", "")
    assert head.last() == ("rejected", "already_decided")
    assert [i.code for i in head.store.read(status.not_accepted).result()] == ["already_decided"]
    world.settle()
    assert worker.last() == ("rejected", "returned")
    (review,) = head.store.read(lambda r: r.where(Review, "1")).result()
    assert (review.state, review.decided_by) == ("returned", office.staff_id)
    with pytest.raises(Problem) as refused:
        accept(head, review)
    assert refused.value.code == "already_decided"


def test_a_lost_reply_decides_once(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.visit(home.id)
    world.end_role(worker)
    worker.sync()
    head.sync()
    accept(head)
    head.network.lose_next_reply()
    with pytest.raises(Offline):
        head.sync()
    worker.network.cut_next_reply(lambda _: 0)
    with pytest.raises(Offline):
        worker.sync()
    world.settle()
    assert head.last() == worker.last() == ("applied", "")
    assert len(world.rows("visit")) == 1


def test_what_no_longer_fits_is_not_taken_and_leaves_no_trace(small_world: World) -> None:
    """The step was taken by somebody else meanwhile: the head is told, the work waits, nothing was written."""
    world = small_world
    worker, head, home = late(world)
    told = worker.event(home.id)
    world.settle()
    with world.offline():
        step(worker, told, "收了")
    world.end_role(worker)
    worker.sync()
    step(head, told, "先收了")
    head.sync()
    before = len(world.rows("event_action"))
    accept(head)
    head.sync()
    assert head.last() == ("rejected", "step_no_longer_fits")
    assert len(waiting(head)) == 1
    assert len(world.rows("event_action")) == before
    assert worker.last()[0] == "parked"
    world.settle()


def test_changes_that_do_not_fit_leave_no_trace(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.change(Household, home.id, own_number="7", registered_address="x")
    world.end_role(worker)
    worker.sync()
    head.sync()
    (review,) = waiting(head)
    for changed, code in (
        ({"own_number": "9" * 300}, "too_long"),
        ({"name": None}, "bad_operation"),  # it was not sent
        ({"number": "1"}, "bad_operation"),  # the server's
        ({"nonsense": "1"}, "bad_operation"),
    ):
        accept(head, review, **changed)
        head.sync()
        assert head.last() == ("rejected", code), changed
    assert world.row("household", home.id)["registered_address"] is None
    accept(head, review, own_number=None)
    head.sync()
    assert head.last() == ("applied", "")
    row = world.row("household", home.id)
    assert (row["own_number"], row["registered_address"]) == (None, "x")
    world.settle()


def test_the_authors_part_is_not_taken_without_the_heads(small_world: World) -> None:
    """The telephone would do, the number that the head sets does not: neither is written."""
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        phones = {"13800000001": "本人", "139": "女儿"}
        worker.change(PersonFile, home.file, phones=phones, id_kind="passport", id_number="E1")
    world.end_role(worker)
    worker.sync()
    head.sync()
    (review,) = waiting(head)
    sent = {name: after for name, (_, after) in json.loads(review.sent).items()}
    whole = {n: v for n, v in sent.items() if n != "phones"}
    accept(head, review, **whole | {"id_kind": "citizen", "id_number": "123"})
    head.sync()
    assert head.last()[0] == "rejected"
    held = world.row("person_file", home.file)
    assert (held["version"], "139" in held["phones"]) == (1, False)
    world.settle()
    accept(head, review, **whole | {"id_number": "E2"})
    world.settle()
    held = world.row("person_file", home.file)
    assert (held["id_number"], "139" in held["phones"]) == ("E2", True)


def test_a_head_overwrites_nothing_unseen(small_world: World) -> None:
    """Changed again between the head's look and the arrival: both stand side by side."""
    world = small_world
    worker, head, home = late(world)
    office = world.office()
    with world.offline():
        worker.change(Household, home.id, own_number="7")
    world.end_role(worker)
    worker.sync()
    office.sync()
    head.sync()
    office.change(Household, home.id, own_number="9")
    office.sync()
    accept(head, own_number="17")
    head.sync()
    assert head.last() == ("applied", "")
    world.settle()
    assert head.get(Household, home.id).own_number == "9"
    assert head.conflicts() == [("own_number", None, "9", "17")]
    # Seen, it is what the head says.
    with world.offline():
        pass
    assert world.row("household", home.id)["own_number"] == "9"


def test_what_was_seen_is_replaced(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.change(Household, home.id, own_number="7")
    world.end_role(worker)
    worker.sync()
    head.change(Household, home.id, own_number="9")
    head.sync()
    (seen,) = waiting(head)
    changed, held = {"own_number": "17"}, {"own_number": "9"}
    head.write(lambda uow: reviewing.accept(uow, seen, "", changed, held))
    world.settle()
    assert head.get(Household, home.id).own_number == "17"
    assert head.conflicts() == []


def test_accepted_over_somebody_elses_value_is_asked(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.change(Household, home.id, own_number="7")
    world.end_role(worker)
    worker.sync()
    head.change(Household, home.id, own_number="9")
    head.sync()
    accept(head)
    world.settle()
    assert worker.last() == ("conflict", "")
    assert head.conflicts() == [("own_number", None, "9", "7")]


def test_a_chain_of_late_edits(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.change(Household, home.id, own_number="1")
        worker.change(Household, home.id, own_number="2")
        worker.change(Household, home.id, own_number="3")
    world.end_role(worker)
    worker.sync()
    head.sync()
    for review in waiting(head):
        accept(head, review)
    world.settle()
    assert head.get(Household, home.id).own_number == "3"
    assert head.conflicts() == []


def _spoil(uow: Any, name: str, value: Any) -> None:
    """Make the last creation of this computer one that the server rejects."""
    import msgspec

    counter, blob = uow.rows(
        "SELECT counter, fields FROM outbox WHERE entity='event' ORDER BY counter DESC LIMIT 1"
    )[0]
    fields = msgspec.msgpack.decode(blob)
    fields[name][1] = value
    packed = msgspec.msgpack.encode(fields)
    uow.connection.execute("UPDATE outbox SET fields=? WHERE counter=?", (packed, counter))


def _set(uow: Any, entity: str, key: UUID, name: str, value: Any) -> None:
    uow.connection.execute(f"UPDATE {entity} SET {name}=? WHERE id=?", (value, key.bytes))
