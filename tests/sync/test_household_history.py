"""What changed in a household: told truly, to those who may read it, and kept no longer than they may."""

from __future__ import annotations

import threading
from datetime import date
from uuid import UUID

import msgspec
import pytest

from gridapp.domain.exchange import Change, HistoryEntry
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Dwelling
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.server.history import household_history
from gridapp.store import history
from gridapp.sync import schedule
from gridapp.sync.protocol import HistoryReply, HistoryRequest
from gridapp.sync.questions import Questions
from tests.sync.test_outcomes import operation, send
from tests.sync.world import Client, Home, World, micro_grid


def told(client: Client, household: UUID) -> list[HistoryEntry]:
    """Everything that the server answers this client, newest first."""
    client.sync()
    return client.transport.history(HistoryRequest(household.bytes)).entries


def said(entries: list[HistoryEntry]) -> list[tuple[str, str, dict[str, tuple[object, object]]]]:
    return [(e.entity, e.what, e.fields) for e in entries]


def filed(world: World) -> tuple[Client, Home]:
    a = world.join("甲")
    home = a.household()
    a.sync()
    return a, home


def test_every_part_of_a_file_has_its_past(world: World) -> None:
    a, home = filed(world)
    visit = a.visit(home.id, "精神好。")
    a.sync()
    assert all(e.what == "created" and e.fields == {} for e in told(a, home.id))
    assert {e.entity for e in told(a, home.id)} == {
        "household", "household_file", "dwelling", "person", "person_file", "residence",
    }  # fmt: skip
    world.clock.forward(minutes=5)
    a.change(Household, home.id, name="赵家")
    a.change(HouseholdFile, home.household_file, benefits=("低保",))
    a.change(Dwelling, home.dwelling, gas="none")
    a.change(Person, home.person, name="赵桂芝")
    a.change(PersonFile, home.file, phones={"13800000002": "女儿"})
    a.change(Visit, visit, situation="血压高。")
    care = a.create(CareEnrolment(person_id=home.person, group_code="C01"))
    a.delete(CareEnrolment, care.id)
    assert said(told(a, home.id))[:8] == [
        ("care_enrolment", "deleted", {}),
        ("care_enrolment", "created", {}),
        ("visit", "changed", {"situation": ("精神好。", "血压高。")}),
        (
            "person_file",
            "changed",
            {"phones": ('{"13800000001":"本人"}', '{"13800000002":"女儿"}')},
        ),
        ("person", "changed", {"name": ("赵桂兰", "赵桂芝")}),
        ("dwelling", "changed", {"gas": (None, "none")}),
        ("household_file", "changed", {"benefits": (None, '["低保"]')}),
        ("household", "changed", {"name": ("赵桂兰", "赵家")}),
    ]
    newest = told(a, home.id)[0]
    assert newest.staff_id == a.staff_id.bytes
    assert newest.recorded_at == newest.received_at == world.clock()


def test_before_is_what_stood_and_what_clashed_is_no_change(world: World) -> None:
    a, home = filed(world)
    b = world.office()
    with world.offline():
        a.change(HouseholdFile, home.household_file, needs="买药", benefits=("低保",))
        b.change(HouseholdFile, home.household_file, needs="修屋顶", benefits=("临时救助",))
    a.sync()
    b.sync()
    b_said, a_said = told(a, home.id)[:2]
    assert a_said.fields == {"needs": (None, "买药"), "benefits": (None, '["低保"]')}
    # b began with nothing; what stood was a's, and the clashing text did not come to stand
    assert b_said.fields == {"benefits": ('["低保"]', '["临时救助","低保"]')}
    assert b_said.staff_id == b.staff_id.bytes


def test_keys_of_a_map_that_clashed_are_no_change(world: World) -> None:
    a, home = filed(world)
    b = world.office()
    with world.offline():
        a.change(PersonFile, home.file, phones={"13800000001": "儿子"})
        b.change(PersonFile, home.file, phones={"13800000001": "女儿", "13800000009": "邻居"})
    a.sync()
    entry = told(b, home.id)[0]
    assert entry.fields == {
        "phones": ('{"13800000001":"儿子"}', '{"13800000001":"儿子","13800000009":"邻居"}')
    }


def test_what_was_refused_or_said_nothing_new_is_left_out(world: World) -> None:
    a, home = filed(world)
    count = len(told(a, home.id))
    file = home.file
    row = world.row("person_file", file)
    outcomes = send(
        a,
        operation("person_file", file, row["version"], 900, id_number=Change(None, "1")),
        operation("household", home.id, 1, 901, name=Change("赵桂兰", "赵桂兰")),
        operation("household", home.id, 1, 902, name=Change("赵桂兰", None)),
    )
    assert [o.verdict.value for o in outcomes] == ["conflict", "applied", "rejected"]
    assert len(told(a, home.id)) == count


def test_a_deletion_that_was_met_by_an_edit_is_told_as_both(world: World) -> None:
    a, home = filed(world)
    b = world.office()
    with world.offline():
        a.delete(Residence, home.tie)
        b.change(Residence, home.tie, relation="03")
    a.sync()
    entries = told(b, home.id)
    assert [(e.what, e.staff_id) for e in entries[:2]] == [
        ("restored", b.staff_id.bytes),
        ("deleted", a.staff_id.bytes),
    ]
    assert entries[0].fields == {"relation": ("02", "03")}


def test_a_wrong_clock_is_never_later_than_the_arrival(world: World) -> None:
    a, home = filed(world)
    row = world.row("household", home.id)
    ahead = operation("household", home.id, row["version"], 900, name=Change("赵桂兰", "赵"))
    send(a, msgspec.structs.replace(ahead, recorded_at=world.clock() + 10**12))
    entry = told(a, home.id)[0]
    assert entry.recorded_at == entry.received_at == world.clock()


def test_nobody_else_learns_anything(world: World) -> None:
    a, home = filed(world)
    volunteer = world.join("志愿者", "volunteer")
    leader = micro_grid(world, a, volunteer)
    inside = a.household(micro=leader, name="钱美玲")
    a.change(Household, inside.id, name="钱")
    a.sync()
    volunteer.sync()
    assert volunteer.find(Household, inside.id) is not None  # names and addresses, as they are now
    strangers = [
        volunteer,
        world.join("别的网格", "worker", world.grid2),
        world.join("部门", "handler", world.east),
        world.join("管理员", "district_admin", UUID(bytes=world.server.district_id)),
    ]
    for stranger in strangers:
        for asked in (inside.id, home.id, new_id()):
            assert stranger.transport.history(HistoryRequest(asked.bytes)) == HistoryReply([])
    assert told(a, inside.id)
    world.end_role(a)
    assert a.transport.history(HistoryRequest(inside.id.bytes)) == HistoryReply([])


def test_a_person_who_left_the_grid_takes_her_past_along(world: World) -> None:
    a, home = filed(world)
    head = world.office()
    a.change(PersonFile, home.file, occupation="农民")
    a.sync()
    head.sync()
    other = head.household(world.grid2, name="孙家")
    tie = Residence(person_id=home.person, household_id=other.id, kind="living", relation="02")
    head.create(tie)
    head.change(Residence, home.tie, to_date=date(2026, 11, 19))
    head.sync()
    entities = {e.entity for e in told(a, home.id)}
    assert "residence" in entities
    assert entities.isdisjoint({"person", "person_file"})
    assert "person_file" in {e.entity for e in told(head, other.id)}


def test_pages_follow_each_other_without_a_gap(world: World) -> None:
    a, home = filed(world)
    for number in range(7):
        a.change(Household, home.id, name=f"赵{number}")
        world.clock.forward(minutes=1)
        a.sync()
    whole = told(a, home.id)
    granted = world.channels_of(home.id) | world.channels_of(home.household_file)
    found: list[HistoryEntry] = []
    before = None
    with world.database.snapshot() as connection:
        for _ in range(20):
            request = HistoryRequest(home.id.bytes, before)
            reply = household_history(connection, granted, request, most=3)
            found += reply.entries
            before = (found[-1].received_at, found[-1].op_id)
            if not reply.more:
                break
    assert found == whole


# --- the client ---------------------------------------------------------------------------------


@pytest.fixture
def asking(small_world: World) -> tuple[World, Client, Home, Questions]:
    a, home = filed(small_world)
    questions = Questions(a.store, a._transport)
    return small_world, a, home, questions


def kept(client: Client) -> list[tuple[object, ...]]:
    return client.sql("SELECT entity, what FROM history ORDER BY received_at DESC, op_id DESC")


def test_the_answer_is_kept_and_asked_again_with_a_new_session(
    asking: tuple[World, Client, Home, Questions],
) -> None:
    world, a, home, questions = asking
    assert questions.fetch_history(home.id).result(20)
    assert len(kept(a)) == 6
    a.change(Household, home.id, name="赵家")
    a.sync()
    world.clock.forward(hours=13)  # the session has run out
    assert questions.fetch_history(home.id).result(20)
    assert kept(a)[0] == ("household", "changed")
    assert a.sql("SELECT asked_at, more FROM history_state") == [(world.clock(), 0)]
    questions.stop()


def test_without_signal_the_last_answer_stays(
    asking: tuple[World, Client, Home, Questions],
) -> None:
    world, a, home, questions = asking
    assert questions.fetch_history(home.id).result(20)
    asked = world.clock()
    world.clock.forward(hours=1)
    with world.offline():
        assert questions.fetch_history(home.id).result(20) is False
    a.network.answer_next("/history", 500, b"oops")
    assert questions.fetch_history(home.id).result(20) is False
    assert a.sql("SELECT asked_at FROM history_state") == [(asked,)]
    assert len(kept(a)) == 6
    questions.stop()
    assert questions.fetch_history(home.id).result(20) is False


def test_pages_join_what_is_held(
    asking: tuple[World, Client, Home, Questions], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, a, home, questions = asking

    def edit(count: int) -> None:
        for number in range(count):
            a.change(Household, home.id, name=f"赵{world.clock()}-{number}")
            world.clock.forward(minutes=1)
            a.sync()

    monkeypatch.setattr("gridapp.server.history.household_history.__defaults__", (4,))
    edit(5)
    assert questions.fetch_history(home.id).result(20)
    assert (len(kept(a)), a.sql("SELECT more FROM history_state")) == (4, [(1,)])
    assert questions.fetch_history(home.id, older=True).result(20)
    assert questions.fetch_history(home.id, older=True).result(20)
    assert (len(kept(a)), a.sql("SELECT more FROM history_state")) == (11, [(0,)])
    edit(2)
    assert questions.fetch_history(home.id).result(20)
    assert (len(kept(a)), a.sql("SELECT more FROM history_state")) == (13, [(0,)])
    edit(6)  # more than one answer holds: what lies between is not known
    assert questions.fetch_history(home.id).result(20)
    assert (len(kept(a)), a.sql("SELECT more FROM history_state")) == (4, [(1,)])
    questions.stop()


def test_what_leaves_takes_its_past_along(asking: tuple[World, Client, Home, Questions]) -> None:
    world, a, home, questions = asking
    head = world.office()
    care = a.create(CareEnrolment(person_id=home.person, group_code="C01"))
    a.sync()
    assert questions.fetch_history(home.id).result(20)
    assert ("care_enrolment", "created") in kept(a)
    head.sync()
    head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    # the answer was on its way while the household left
    reply = a.transport.history(HistoryRequest(home.id.bytes))
    assert reply.entries == []
    entry = HistoryEntry(new_id().bytes, "household", home.id.bytes, b"s" * 16, 1, 1, "created")
    a.sync()
    assert kept(a) == []
    assert a.sql("SELECT * FROM history_state") == []
    a.write(lambda uow: history.keep_newest(uow, home.id, [entry], more=False))
    assert kept(a) == []
    assert a.sql("SELECT * FROM history_state") == []
    assert a.find(CareEnrolment, care.id) is None
    questions.stop()


def test_who_may_only_read_names_now_keeps_nothing_of_the_past(small_world: World) -> None:
    """A worker who stays as a volunteer: the household is still here, what was fetched of it is not."""
    world = small_world
    a = world.join("甲")
    home = a.household(micro=micro_grid(world, a, a))
    a.change(Household, home.id, name="赵家")
    a.sync()
    questions = Questions(a.store, a._transport)
    assert questions.fetch_history(home.id).result(20)
    before = world.rows("assignment", staff_id=a.staff_id.bytes)
    world.give_role(a, "volunteer", world.grid1)
    for row in before:
        world.district_edit(UUID(bytes=row["id"]), "assignment", to_date="2026-11-19")
    a.sync()
    assert a.get(Household, home.id).name == "赵家"
    assert kept(a) == []
    assert a.sql("SELECT * FROM history_state") == []
    assert questions.fetch_history(home.id).result(20)
    assert kept(a) == []
    questions.stop()


def test_a_question_does_not_wait_for_a_round(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, home = filed(small_world)
    monkeypatch.setattr(schedule, "Transport", lambda *_: a._transport())
    pulling, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        pulling.set()
        assert go_on.wait(20)

    a.network.before_next("/sync/pull", pause)
    service = schedule.SyncService(a.store)
    service.start()
    assert pulling.wait(20)
    assert service.fetch_history(home.id).result(20)
    assert len(kept(a)) == 6
    go_on.set()
    service.stop()
    assert service.fetch_history(home.id).result(20) is False
