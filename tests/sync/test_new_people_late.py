"""A new person whose author's role ended: the head of the household she goes to decides, and nobody else sees her."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest

from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building, Dwelling
from gridapp.store import recording
from gridapp.store.drafting import HouseholdForm, MemberForm
from gridapp.sync import batches
from tests.sync.late import accept, waiting
from tests.sync.world import Client, Home, World

NUMBER = "11010519491231002X"


def _with_somebody_new(client: Client, home: Home) -> UUID:
    """The household is saved once more, with a member who was never recorded before."""
    opened = HouseholdForm(
        client.get(Household, home.id),
        client.get(HouseholdFile, home.household_file),
        client.get(Dwelling, home.dwelling),
        client.get(Building, home.building),
        (
            MemberForm(
                client.get(Person, home.person),
                client.get(PersonFile, home.file),
                client.get(Residence, home.tie),
            ),
        ),
    )
    person = Person(name="孙新生")
    new = MemberForm(
        person,
        PersonFile(person_id=person.id, id_kind="citizen", id_number=NUMBER),
        Residence(person_id=person.id, household_id=home.id, kind="living", relation="02"),
    )
    form = dataclasses.replace(opened, members=(*opened.members, new))
    client.write(lambda uow: recording.save_household(uow, opened, form))
    return person.id


def _served_in_both(world: World) -> tuple[Client, Client, Client, Home]:
    """A worker of two communities whose household is in the grid with the higher id, and the head of each."""
    low, high = sorted([world.grid1, world.grid3], key=lambda grid: grid.bytes)
    worker = world.join("甲", "worker", high)
    worker.grid = high
    world.give_role(worker, "worker", low)
    worker.sync()
    heads = world.join("低", "grid_head", low), world.join("高", "grid_head", high)
    home = worker.household(grid=high)
    world.settle()
    return worker, *heads, home


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
def test_the_head_of_that_household_decides(
    world: World, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """Also where the residence, which says in which household, comes only with the next batch."""
    worker, other, head, home = _served_in_both(world)
    with world.offline():
        new = _with_somebody_new(worker, home)
    world.end_role(worker)
    if not together:
        monkeypatch.setattr(batches, "MOST_OPERATIONS", 1)
    for client in (worker, other, head):
        client.sync()
    assert other.sql("SELECT sent FROM review") == []
    (review,) = waiting(head)  # all of one save is decided at once
    assert (review.target_kind, review.target_id) == ("person", new)
    assert (review.about_kind, review.about_id) == ("household", home.id)
    accept(head, review)
    for client in (head, worker, other):
        client.sync()
    assert [verdict for verdict, _ in worker.verdicts()[-3:]] == ["applied"] * 3
    (file,) = world.rows("person_file", person_id=new.bytes)
    assert file["id_number"] == NUMBER
    assert head.find(PersonFile, UUID(bytes=file["id"])) is not None
    assert other.find(Person, new) is None
    world.settle()


def test_a_new_household_and_its_people_stay_together(small_world: World) -> None:
    """Neither is there yet: the household's own grid is that of its people."""
    worker, other, head, _ = _served_in_both(small_world)
    with small_world.offline():
        home = worker.household(name="钱", id_number="")
    small_world.end_role(worker)
    for client in (worker, other, head):
        client.sync()
    assert other.sql("SELECT sent FROM review") == []
    for _ in range(3):
        for review in waiting(head):
            accept(head, review)
        head.sync()
    worker.sync()
    assert worker.status().waiting == 0
    assert head.get(Person, home.person).name == "钱"
    small_world.settle()


def test_of_whom_nobody_can_say_where_she_goes_nobody_is_asked(small_world: World) -> None:
    """Served in two communities, and no residence: neither head is shown her."""
    worker, other, head, _ = _served_in_both(small_world)
    with small_world.offline():
        worker.write(lambda uow: uow.create(Person(name="孙新生")))
    small_world.end_role(worker)
    for client in (worker, other, head):
        client.sync()
    assert worker.last() == ("parked", "role_ended")
    assert other.sql("SELECT sent FROM review") == head.sql("SELECT sent FROM review") == []
