"""What was deleted before its grid or its building changed hands comes back where it belongs today."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from gridapp.domain.channels import grid_channel
from gridapp.domain.choice import Choice
from gridapp.domain.event import Event
from gridapp.domain.household import Household
from gridapp.domain.place import Building, Dwelling
from gridapp.domain.record import Filing
from gridapp.domain.visit import Visit
from gridapp.server import planning, transferring
from gridapp.server.divisions import unit_id
from gridapp.store.deciding import decide, open_stakes
from tests.sync.late import accept, waiting
from tests.sync.restored import Copy
from tests.sync.world import EAST, Client, Home, World

GRID1, GRID2, NEW = EAST + "001", EAST + "002", EAST + "009"
Change = Callable[[World, Home], object]


def merged(world: World, home: Home) -> UUID:
    planning.merge(world.server, [GRID1], GRID2, keep_staff=True)
    transferring.transfer(world.server, GRID1, now=True)
    return world.grid2


def split(world: World, home: Home) -> UUID:
    planning.split(world.server, GRID1, NEW, "新", buildings=["3号楼"], workers=["乙"])
    transferring.transfer(world.server, GRID1, now=True)
    return unit_id(NEW)


def moved(world: World, home: Home) -> UUID:
    """Its building goes to another grid, with the household that is left in the dwelling."""
    office = world.clients[2]
    office.change(Household, home.id, grid_id=world.grid2)
    office.sync()
    return world.grid2


def people(world: World) -> tuple[Client, Client, Client]:
    return world.join("甲"), world.join("乙", unit=world.grid2), world.office()


def in_grid(world: World, grid: UUID, client: Client, home: Home) -> None:
    """The household and all that belongs to it stand in the grid, and whoever works there reads it."""
    world.settle()
    assert world.row("household", home.id)["deleted"] == 0
    for entity, key in (
        ("household", home.id),
        ("dwelling", home.dwelling),
        ("building", home.building),
    ):
        assert world.row(entity, key)["grid_id"] == grid.bytes, entity
    for key in (home.id, home.person, home.tie, home.household_file):
        filed = {c for c in world.channels_of(key) if c.startswith("grid:")}
        assert {UUID(c.split(":")[1]) for c in filed} == {grid}
    assert client.get(Household, home.id).address == "3号楼1单元201"
    assert client.count("visit") == 1
    client.visit(home.id, "接着走访")
    client.sync()
    assert client.last() == ("applied", "")


def test_late_work_after_a_merger(world: World) -> None:
    worker, other, office = people(world)
    home = worker.household()
    told = worker.event(home.id, "楼道堵了")
    world.settle()
    with world.offline():
        worker.visit(home.id, "离线时走访")
    office.delete(Event, told)
    office.delete(Household, home.id)
    office.sync()
    version = world.row("household", home.id)["version"]
    grid = merged(world, home)
    gone = world.row("household", home.id)
    # It went over, is still deleted, and stands nowhere where the old grid's readers would look.
    assert (gone["deleted"], gone["grid_id"], gone["version"]) == (1, grid.bytes, version + 1)
    assert world.channels_of(home.id) == {grid_channel(grid, Filing.WORK)}
    world.settle()
    assert worker.find(Event, told).deleted
    in_grid(world, grid, other, home)
    assert [c[0] for c in worker.conflicts()] == ["deleted"] or other.conflicts()
    assert world.row("event", told)["grid_id"] == grid.bytes


def test_late_work_after_a_split_is_for_the_new_head(world: World) -> None:
    worker, other, office = people(world)
    home = worker.household()
    told = worker.event(home.id, "楼道堵了")
    world.settle()
    with world.offline():
        worker.visit(home.id, "离线时走访")
        worker.change(Household, home.id, own_number="7")
    office.delete(Household, home.id)
    office.sync()
    grid = split(world, home)
    assert world.row("household", home.id)["grid_id"] == grid.bytes
    assert world.row("event", told)["grid_id"] == grid.bytes
    world.settle()
    # As of a household that is there: whose building went to another grid, hers it is no more.
    assert [code for _, code in worker.verdicts()[-2:]] == ["moved_away"] * 2
    assert world.row("household", home.id)["deleted"] == 1
    for review in waiting(office):
        accept(office, review)
    in_grid(world, grid, other, home)
    assert world.row("household", home.id)["own_number"] == "7"
    assert worker.find(Household, home.id) is None


@pytest.mark.parametrize("change", [merged, split], ids=["merged", "split"])
def test_nothing_that_is_deleted_is_counted_or_holds_a_building(
    small_world: World, change: Change
) -> None:
    world = small_world
    worker, _, office = people(world)
    home, second = worker.household(), worker.household(name="钱二", id_number="")
    third = worker.household(name="孙三", id_number="")
    world.settle()
    office.delete(Household, home.id)
    office.sync()
    if change is split:
        # The building goes over whole: who was deleted does not live there.
        office.change(Household, second.id, dwelling_id=home.dwelling)
        office.change(Dwelling, third.dwelling, building_id=home.building)
        office.sync()
        going = [str(second.id), str(third.id)]
        planning.split(world.server, GRID1, NEW, "新", households=going)
    else:
        planning.merge(world.server, [GRID1], GRID2, keep_staff=True)
    done = transferring.transfer(world.server, GRID1, now=True)
    assert done.moved["household"] == 2
    assert transferring.regrouping.all_of(world.server, open_only=True) == []
    world.settle()
    assert world.row("household", home.id)["deleted"] == 1
    assert world.row("building", home.building)["grid_id"] != world.grid1.bytes
    assert world.row("household", second.id)["grid_id"] != world.grid1.bytes
    assert len(world.rows("building")) == 3  # and no copy of any


def test_a_choice_after_the_split_brings_it_back_where_it_belongs(small_world: World) -> None:
    """Open while the household was there, then deleted, then the building went away."""
    world = small_world
    worker, other, office = people(world)
    home = worker.household()
    worker.visit(home.id)
    world.settle()
    with world.offline():
        worker.change(Household, home.id, own_number="7")
        office.change(Household, home.id, own_number="8")
    world.settle()
    office.delete(Household, home.id)
    office.sync()
    grid = split(world, home)
    world.settle()
    (asked,) = other.store.read(open_stakes).result()
    other.write(lambda uow: decide(uow, asked, Choice.OTHER))
    in_grid(world, grid, other, home)
    assert world.row("household", home.id)["own_number"] == "8"


def test_beside_a_household_that_moved(small_world: World) -> None:
    """Another household of the dwelling was deleted; the dwelling went along with the one that moved."""
    world = small_world
    worker, other, office = people(world)
    clerk = world.office("刘洋")
    home, gone = worker.household(), worker.household(name="钱二", id_number="")
    worker.change(Household, gone.id, dwelling_id=home.dwelling)
    world.settle()
    with world.offline():
        clerk.visit(gone.id, "其实还在")
    office.delete(Household, gone.id)
    office.sync()
    grid = moved(world, home)
    assert world.channels_of(gone.id) == {grid_channel(grid, Filing.WORK)}
    world.settle()
    row = world.row("household", gone.id)
    assert (row["deleted"], row["grid_id"]) == (0, grid.bytes)
    assert other.get(Household, gone.id).address == "3号楼1单元201"
    assert office.count("conflict") == 1


def test_a_deleted_building_goes_with_its_micro_grid_and_is_built_upon(small_world: World) -> None:
    world = small_world
    worker, other, office = people(world)
    home = worker.household()
    world.settle()
    planning.split(world.server, GRID1, NEW, "新", buildings=["3号楼"], workers=["乙"])
    office.delete(Building, home.building)
    office.sync()
    transferring.transfer(world.server, GRID1, now=True)
    grid = unit_id(NEW)
    assert world.row("building", home.building)["grid_id"] == grid.bytes
    world.settle()
    made = other.create(Dwelling(grid_id=grid, building_id=home.building, room="9"))
    world.settle()
    assert other.last() == ("applied", "")
    assert world.row("dwelling", made.id)["grid_id"] == grid.bytes


def test_what_an_older_server_left_behind_comes_back_where_its_dwelling_is(world: World) -> None:
    """Its transfer left deleted records where they were."""
    worker, other, office = people(world)
    home = worker.household()
    visit = worker.visit(home.id)
    world.settle()
    office.delete(Household, home.id)
    office.sync()
    grid = split(world, home)
    with world.database.write() as connection:
        old = f"(SELECT id FROM unit WHERE code='{GRID1}')"
        connection.exec_driver_sql(f"UPDATE household SET grid_id={old}")
    with world.offline():
        office.change(Visit, visit, result="好")
        office.change(Household, home.id, own_number="7")
    office.sync()
    in_grid(world, grid, other, home)


def test_what_a_restored_server_forgot_of_a_grid_that_was_merged_since(world: World) -> None:
    """Recorded, forgotten, and handed back when the grid is no more; what was deleted stays deleted."""
    worker, other, office = people(world)
    kept = worker.household()
    world.settle()
    copy = Copy(world)
    home, gone = (
        worker.household(name="钱二", id_number=""),
        worker.household(name="孙三", id_number=""),
    )
    worker.visit(home.id)
    world.settle()
    office.delete(Household, gone.id)
    world.settle()
    copy.put_back()
    grid = merged(world, kept)
    world.settle()
    world.settle()
    assert {r["grid_id"] for e in ("household", "dwelling", "building") for r in world.rows(e)} == {
        grid.bytes
    }
    assert world.row("household", gone.id)["deleted"] == 1
    in_grid(world, grid, other, home)
