"""Two records of one household become one: what hangs on it goes along, and nobody's late work is lost."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest

from gridapp.domain.choice import Choice
from gridapp.domain.event import Event
from gridapp.domain.exchange import Change, Operation, Outcome, Verdict
from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.place import Dwelling
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.store.deciding import decide, open_stakes
from gridapp.store.merging import merge_households
from tests.sync.restored import Copy
from tests.sync.test_scope import picture
from tests.sync.world import Client, Home, World


@pytest.fixture
def pair(world: World) -> tuple[Client, Client, Home, Home]:
    """Two workers of one grid, each with a household at one address."""
    a, b = world.join("甲"), world.join("乙")
    kept, away = a.household(), b.household(id_number="")
    world.settle()
    return a, b, kept, away


Pair = tuple[Client, Client, Home, Home]


def merge(client: Client, away: Home, into: Home) -> None:
    client.write(lambda uow: merge_households(uow, away.id, into.id))


def offer(world: World, client: Client, entity: str, key: UUID, **fields: Any) -> Outcome:
    """An operation as any program might send it."""
    changes = {n: Change(None, v) for n, v in fields.items()}
    sent = Operation(new_id().bytes, 1000, entity, key.bytes, 1, changes, world.clock(), 0)
    device = client.store.who.device_id.bytes
    return world.apply_as(client.staff_id.bytes, device, sent)[0]


def test_everything_goes_along(world: World, pair: Pair) -> None:
    a, b, kept, away = pair
    event = b.event(away.id)
    b.visit(away.id, "有照片", picture())
    b.change(Household, away.id, registered_address="老家")
    b.change(Dwelling, away.dwelling, gas="pipe")
    world.settle()
    merge(a, away, kept)
    assert a.get(Household, away.id).merged_into == kept.id  # seen at once, sent later
    world.settle()
    for client in (a, b):
        assert client.get(Household, away.id).merged_into == kept.id
        assert client.get(Dwelling, away.dwelling).merged_into == kept.dwelling
        assert client.get(Dwelling, kept.dwelling).gas == "pipe"
        assert client.get(Household, kept.id).registered_address == "老家"
        assert client.get(Event, event).household_id == kept.id
        assert client.conflicts() == []
    for entity in ("visit", "residence", "event"):
        assert not world.rows(entity, household_id=away.id.bytes), entity
    assert {s for c in (a, b) for s, _ in c.verdicts()} == {"applied"}


def test_files_become_one_and_differing_texts_stay_visible(world: World, pair: Pair) -> None:
    a, b, kept, away = pair

    def tell(client: Client, home: Home, **values: Any) -> None:
        old = client.find(HouseholdFile, home.household_file)
        if old is None:
            client.create(HouseholdFile(id=home.household_file, household_id=home.id, **values))
        else:
            client.edit(old, **values)

    tell(a, kept, needs="修门", livelihood=("工资",), emergency_name="钱", emergency_phone="1")
    tell(b, away, needs="配药", wishes="看海", livelihood=("低保",), emergency_phone="2")
    world.settle()
    merge(b, away, kept)
    late = b.get(HouseholdFile, away.household_file)
    world.settle()
    file = a.get(HouseholdFile, kept.household_file)
    assert (file.needs, file.wishes, set(file.livelihood)) == ("修门", "看海", {"工资", "低保"})
    # One contact is not mixed out of two.
    assert (file.emergency_name, file.emergency_phone) == ("钱", "1")
    aside = {(f, standing, other) for f, _, standing, other in a.conflicts()}
    assert aside == {("needs", "修门", "配药"), ("emergency_phone", "1", "2")}
    # Who still had the old file open writes into the one of today.
    a.edit(late, legal_basis="consent")
    world.settle(3)
    assert b.get(HouseholdFile, kept.household_file).legal_basis == "consent"


def test_late_work_follows(world: World, pair: Pair) -> None:
    a, b, kept, away = pair
    a.change(Household, kept.id, own_number="1")
    world.settle()
    with world.offline():
        merge(a, away, kept)
        visit, event = b.visit(away.id, "晚到的", picture()), b.event(away.id)
        b.change(Household, away.id, own_number="2")
    world.settle(3)
    for client in (a, b):
        assert client.get(Visit, visit).household_id == kept.id
        assert client.get(Event, event).household_id == kept.id
        # Both said something: what stands stands, the other value waits for a person.
        assert client.get(Household, kept.id).own_number == "1"
        assert [(f, o) for f, _, _, o in client.conflicts()] == [("own_number", "2")]


@pytest.mark.parametrize("seen_before", [False, True])
def test_an_open_choice_goes_along(world: World, pair: Pair, seen_before: bool) -> None:
    a, b, kept, away = pair
    with world.offline():
        a.change(Household, away.id, registered_address="甲地")
        b.change(Household, away.id, registered_address="乙地")
    world.settle()

    def choose() -> None:
        (found,) = b.store.read(open_stakes).result()
        b.write(lambda uow: decide(uow, found, Choice.OTHER))

    with world.offline():
        merge(a, away, kept)
        if seen_before:
            choose()
    a.sync()
    b.sync()
    if not seen_before:
        assert [(f, s, o) for f, _, s, o in b.conflicts()] == [
            ("registered_address", "甲地", "乙地")
        ]
        choose()
    world.settle(3)
    for client in (a, b):
        assert client.get(Household, kept.id).registered_address == "乙地"
        assert client.conflicts() == []


def test_a_file_begun_for_the_old_one_does_not_hide(world: World, pair: Pair) -> None:
    a, b, kept, away = pair
    if a.find(HouseholdFile, kept.household_file) is None:
        a.create(HouseholdFile(id=kept.household_file, household_id=kept.id, needs="修门"))
    world.settle()
    with world.offline():
        merge(a, away, kept)
        begun = b.create(HouseholdFile(household_id=away.id, wishes="看海"))
    world.settle(3)
    assert a.get(HouseholdFile, kept.household_file).wishes == "看海"
    assert b.get(HouseholdFile, begun.id).merged_into == kept.household_file


def test_what_was_merged_before_goes_on(world: World, pair: Pair) -> None:
    a, b, kept, away = pair
    third = a.household(name="第三")
    world.settle()
    with world.offline():
        merge(a, away, kept)
        merge(a, kept, third)
        visit = b.visit(away.id, "晚到的")
    world.settle(3)
    assert b.get(Visit, visit).household_id == third.id
    assert len(world.rows("residence", household_id=third.id.bytes)) == 3


def test_the_old_one_goes_where_the_other_goes(world: World, pair: Pair) -> None:
    a, _, kept, away = pair
    merge(a, away, kept)
    world.settle()
    world.district_edit(kept.id, "household", grid_id=world.grid2.bytes)
    world.settle()
    # Nothing of it stays readable in the grid that it left.
    assert world.channels_of(away.id) == world.channels_of(kept.id)
    assert a.find(Household, away.id) is None


@pytest.mark.parametrize("of_which", ["away", "kept"])
def test_a_deletion_does_not_take_both(world: World, pair: Pair, of_which: str) -> None:
    a, b, kept, away = pair
    gone = away if of_which == "away" else kept
    with world.offline():
        merge(a, away, kept)
        b.delete(Household, gone.id)
    a.sync()
    world.settle(3)
    for client in (a, b):
        assert not client.get(Household, kept.id).deleted
        assert client.get(Household, away.id).merged_into == kept.id
    # Who deleted the one that stays is told that more belongs to it now.
    assert [f for f, *_ in a.conflicts()] == ([] if of_which == "away" else ["deleted"])


def test_two_people_merge_each_into_the_other(world: World, pair: Pair) -> None:
    a, b, kept, away = pair
    with world.offline():
        merge(a, away, kept)
        b.change(Household, kept.id, own_number="7")
        merge(b, kept, away)
    a.sync()
    world.settle(3)
    for client in (a, b):
        assert client.get(Household, kept.id).merged_into is None
        assert client.get(Household, away.id).merged_into == kept.id
        assert client.get(Household, kept.id).own_number == "7"
    assert {s for c in (a, b) for s, _ in c.verdicts()} == {"applied"}


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_restored_server_learns_of_it_again(world: World, pair: Pair, meanwhile: bool) -> None:
    a, b, kept, away = pair
    visit = b.visit(away.id, "之前的")
    world.settle()
    then = Copy(world)
    merge(a, away, kept)
    world.settle()
    then.put_back()
    assert world.row("household", away.id)["merged_into"] is None
    if meanwhile:
        world.district_edit(away.id, "household", own_number="7")
    b.sync()
    world.settle(3)
    assert b.get(Household, away.id).merged_into == kept.id
    assert b.get(Visit, visit).household_id == kept.id
    for entity in ("visit", "residence", "household_file"):
        assert not world.rows(entity, household_id=away.id.bytes), entity


def test_what_cannot_be_merged_is_refused(world: World, pair: Pair) -> None:
    a, b, kept, away = pair
    other = world.join("丙", unit=world.grid2)
    theirs, third = other.household(), a.household(name="第三")
    world.settle()

    def said(client: Client, entity: str, key: UUID, **fields: Any) -> tuple[Verdict, str]:
        outcome = offer(world, client, entity, key, **fields)
        return outcome.verdict, outcome.code

    no = Verdict.REJECTED
    into = {"merged_into": kept.id.bytes}
    assert said(a, "household", away.id, merged_into=theirs.id.bytes) == (no, "not_allowed")
    assert said(other, "household", theirs.id, **into) == (no, "not_allowed")
    assert said(a, "household", away.id, merged_into=new_id().bytes) == (no, "not_allowed")
    assert said(a, "household", away.id, merged_into=kept.person.bytes) == (no, "not_allowed")
    assert said(a, "person", away.person, merged_into=kept.person.bytes) == (no, "bad_operation")
    assert said(a, "household", away.id, merged_into="x") == (no, "bad_operation")
    assert said(a, "household", away.id, name="二", **into) == (no, "bad_operation")
    assert said(a, "household", new_id(), name="新", **into) == (no, "not_allowed")
    office = world.office()
    assert said(office, "household", third.id, merged_into=theirs.id.bytes) == (
        no,
        "merge_impossible",
    )
    merge(a, away, kept)
    a.sync()
    assert said(b, "household", away.id, merged_into=third.id.bytes) == (no, "already_merged")
    # Once more, and the other way round: they are one already.
    assert said(b, "household", away.id, **into)[0] is Verdict.APPLIED
    assert said(b, "household", kept.id, merged_into=away.id.bytes)[0] is Verdict.APPLIED
    assert world.row("household", kept.id)["merged_into"] is None
    world.settle()


def test_a_visit_that_comes_at_the_same_moment_is_carried(world: World, pair: Pair) -> None:
    a, b, kept, away = pair
    visits = [b.visit(away.id, f"第{n}次") for n in range(5)]
    merge(a, away, kept)
    both = [threading.Thread(target=client.sync) for client in (a, b)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    world.settle(3)
    assert {world.row("visit", v)["household_id"] for v in visits} == {kept.id.bytes}
