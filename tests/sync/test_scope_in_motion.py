"""Households and grids that change hands: everything goes along, nobody waits, and late work is never lost."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from gridapp.domain.channels import grid_channel, micro_channel
from gridapp.domain.event import Event
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building, Dwelling, MicroGrid
from gridapp.domain.record import Filing
from gridapp.domain.review import Review
from gridapp.domain.unit import Unit
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server import drain, planning, regrouping, setup, terms, transferring
from gridapp.server.divisions import unit_id
from gridapp.store import refused, reviewing
from tests.sync.test_outcomes import operation, said, send
from tests.sync.test_scope import picture
from tests.sync.world import EAST, Client, Home, World, micro_grid

WORK, FILE = Filing.WORK, Filing.FILE
TODAY = date(2026, 11, 20)
GRID1, GRID2, NEW = EAST + "001", EAST + "002", EAST + "009"


def two_in_one_building(client: Client) -> tuple[Home, Home]:
    """Two households of one building; the second one's own building is left empty."""
    first, second = client.household(), client.household(name="钱二", id_number="")
    client.change(Dwelling, second.dwelling, building_id=first.building)
    return first, second


# --- a household moves ------------------------------------------------------------------------------


def test_a_moved_household_keeps_its_address(world: World) -> None:
    old, new, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    home = old.household()
    world.settle()
    head.change(Household, home.id, grid_id=world.grid2)
    world.settle()
    assert new.get(Household, home.id).address == "3号楼1单元201"
    for kind in ("household", "dwelling", "building", "person", "residence", "household_file"):
        assert old.sql(f"SELECT count(*) FROM {kind}") == [(0,)], kind
        assert new.sql(f"SELECT count(*) FROM {kind}") == [(1,)], kind


def test_what_others_still_live_in_stays_and_its_like_goes_along(small_world: World) -> None:
    world = small_world
    old, new, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    first, second = two_in_one_building(old)
    world.settle()
    head.change(Household, first.id, grid_id=world.grid2)
    world.settle()
    assert new.get(Household, first.id).address == "3号楼1单元201"
    assert old.get(Household, second.id).address == "3号楼1单元201"
    assert old.get(Building, first.building).grid_id == world.grid1
    # Whoever follows meets the same building.
    head.change(Household, second.id, grid_id=world.grid2)
    world.settle()
    held = {new.get(Dwelling, h.dwelling).building_id for h in (first, second)}
    assert len(held) == 1
    assert new.get(Household, second.id).address == "3号楼1单元201"
    assert new.count("building") == 1
    assert old.count("household") == 0


def test_a_shared_dwelling_is_not_taken_from_who_stays(world: World) -> None:
    old, new, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    first, second = old.household(), old.household(name="钱二", id_number="")
    old.change(Household, second.id, dwelling_id=first.dwelling)
    world.settle()
    head.change(Household, first.id, grid_id=world.grid2)
    world.settle()
    assert old.get(Household, second.id).address == "3号楼1单元201"
    assert new.get(Household, first.id).address == "3号楼1单元201"
    assert new.get(Household, first.id).dwelling_id != first.dwelling


def test_a_moved_household_leaves_the_leader_of_its_micro_grid(small_world: World) -> None:
    world = small_world
    worker, leader, head = world.join("甲"), world.join("志", "volunteer"), world.office()
    micro = micro_grid(world, worker, leader)
    home = worker.household(micro=micro)
    world.settle()
    assert leader.get(Person, home.person).name == "赵桂兰"
    head.change(Household, home.id, grid_id=world.grid2)
    world.settle()
    assert micro_channel(micro) not in world.channels_of(home.person)
    assert leader.find(Person, home.person) is None
    assert leader.sql("SELECT count(*) FROM building") == [(0,)]


def test_a_grid_is_not_left_by_a_dwelling_on_foreign_ground(small_world: World) -> None:
    """Or whoever knows the id of a building would file strangers with its micro grid, and stand where it stands."""
    world = small_world
    mine, other = world.join("甲"), world.join("丙", unit=world.grid3)
    home = mine.household()
    far = other.household(name="远", id_number="")
    world.settle()
    ground = {"grid_id": world.grid3.bytes, "building_id": home.building.bytes}
    assert said(send(other, operation("dwelling", **ground))) == [("rejected", "not_allowed")]
    home_there = {"grid_id": world.grid3.bytes, "dwelling_id": home.dwelling.bytes, "name": "x"}
    assert said(send(other, operation("household", **home_there))) == [("rejected", "not_allowed")]
    other.change(Dwelling, far.dwelling, building_id=home.building)
    other.sync()
    assert other.last() == ("rejected", "not_allowed")


# --- late work --------------------------------------------------------------------------------------


def test_a_family_recorded_in_a_building_that_went_away(world: World) -> None:
    """Offline: the worker's is parked for the head, the office's stands where the building stands now."""
    old, new, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    home = old.household()
    world.settle()
    with world.offline():
        theirs = _family_in(old, home, "晚一")
        ours = _family_in(head, home, "晚二")
    world.office("刘洋").change(Household, home.id, grid_id=world.grid2)
    world.clients[-1].sync()
    old.sync()
    head.sync()
    assert set(old.verdicts()[-2:]) == {
        ("parked", "moved_away"),
        ("parked", "waits_for_owner"),
    }
    assert head.last()[0] in ("applied", "merged")
    world.settle()
    assert new.get(Household, ours).grid_id == world.grid2
    assert old.get(Household, theirs).name == "晚一"
    assert new.find(Household, theirs) is None


def _family_in(client: Client, home: Home, name: str) -> UUID:
    dwelling = client.create(
        Dwelling(grid_id=world_grid(client), building_id=home.building, room="9")
    )
    made = Household(grid_id=world_grid(client), dwelling_id=dwelling.id, name=name, kind="family")
    return client.create(made).id


def world_grid(client: Client) -> UUID:
    return client.world.grid1


def test_work_on_a_household_that_left_after_the_role_ended(small_world: World) -> None:
    """Neither reason hides the other: it is valid work of hers, and never refused."""
    world = small_world
    old, head = world.join("甲"), world.office()
    home = old.household()
    world.settle()
    with world.offline():
        old.visit(home.id, "最后一次")
        old.change(PersonFile, home.file, occupation="农民")
    head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    world.end_role(old)
    old.sync()
    assert [v for v, _ in old.verdicts()[-2:]] == ["parked", "parked"]


# --- split ------------------------------------------------------------------------------------------


def announced(world: World, code: str) -> None:
    world.clock.forward(minutes=1)
    regrouping.freeze(world.server, code, TODAY)
    world.clock.forward(minutes=1)


def test_a_grid_is_split(world: World) -> None:
    worker, head = world.join("甲"), world.office()
    newcomer = world.join("乙", unit=world.grid3)
    leader = world.join("志", "volunteer")
    micro = micro_grid(world, worker, leader)
    going, staying = worker.household(micro=micro), worker.household(name="留下", id_number="")
    worker.visit(going.id, "精神好")
    told, kept = (
        worker.event(going.id, "楼道堵了"),
        worker.event(None, "路灯不亮", grid_id=world.grid1),
    )
    world.settle()
    planning.split(
        world.server, GRID1, NEW, "第九网格", micros=["第一微网格"], workers=[newcomer.name]
    )
    announced(world, GRID1)
    world.settle()
    assert worker.get(Unit, world.grid1).changing_on == TODAY
    done = transferring.transfer(world.server, GRID1)
    assert done.moved["household"] == 1
    world.settle()
    new = unit_id(NEW)
    unit = newcomer.get(Unit, new)
    assert (unit.name, unit.parent_id, unit.grid_kind) == ("第九网格", world.east, "basic")
    assert worker.get(Unit, world.grid1).changing_on is None
    assert newcomer.get(Household, going.id).address == "3号楼1单元201"
    assert newcomer.get(MicroGrid, micro).grid_id == new
    assert newcomer.count("visit") == newcomer.count("person_file") == 1
    assert newcomer.get(Event, told).grid_id == new
    assert newcomer.find(Event, kept) is None
    assert worker.find(Household, going.id) is None
    assert worker.find(Event, told) is None
    assert worker.get(Household, staying.id).name == "留下"
    assert leader.get(Person, going.person).name == "赵桂兰"  # the micro grid is still hers
    assert head.count("household") == 2
    assert regrouping.all_of(world.server, open_only=True) == []


def test_households_split_off_one_by_one_take_a_whole_building(world: World) -> None:
    worker = world.join("甲")
    first, second = two_in_one_building(worker)
    third = worker.household(name="留下", id_number="")
    world.settle()
    number = world.row("household", second.id)["number"]
    planning.split(world.server, GRID1, NEW, "新", households=[str(first.id), number])
    transferring.transfer(world.server, GRID1, now=True)
    new = unit_id(NEW)
    assert world.row("building", first.building)["grid_id"] == new.bytes
    assert {r["building_id"] for r in world.rows("dwelling", grid_id=new.bytes)} == {
        first.building.bytes
    }
    world.settle()
    assert worker.count("household") == 1
    assert worker.get(Household, third.id).grid_id == world.grid1


def test_a_stopped_transfer_is_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = world.join("甲")
    home = worker.household()
    world.settle()
    planning.split(world.server, GRID1, NEW, "新", buildings=["3号楼"], workers=[worker.name])
    with monkeypatch.context() as patched:
        patched.setattr(regrouping, "finish", _stop)
        with pytest.raises(KeyboardInterrupt):
            transferring.transfer(world.server, GRID1, now=True)
    again = transferring.transfer(world.server, GRID1, now=True)
    assert again.moved == {}
    assert len(world.rows("assignment", unit_id=unit_id(NEW).bytes)) == 1
    world.settle()
    assert worker.get(Household, home.id).grid_id == unit_id(NEW)


def test_a_code_merged_away_since_it_was_planned_moves_nothing(small_world: World) -> None:
    """A grid of that code was made by hand after the plan, and merged: nobody could work in it."""
    world = small_world
    worker = world.join("甲")
    home = worker.household()
    world.settle()
    planning.split(world.server, GRID1, NEW, "新", households=[str(home.id)])
    made = Unit(id=unit_id(NEW), parent_id=world.east, code=NEW, name="手工", kind="grid")
    setup.write(world.server, [made])
    planning.merge(world.server, [NEW], GRID2, keep_staff=False)
    transferring.transfer(world.server, NEW, now=True)
    before = [world.rows(kind) for kind in ("unit", "household", "assignment")]
    with pytest.raises(Problem) as caught:
        transferring.transfer(world.server, GRID1, now=True)
    assert caught.value.code == "code_taken"
    assert GRID2 in caught.value.text()
    assert "grid cancel" in caught.value.text()
    assert [world.rows(kind) for kind in ("unit", "household", "assignment")] == before
    regrouping.cancel(world.server, GRID1)  # the remedy named
    with pytest.raises(Problem, match="已经有了"):
        planning.split(world.server, GRID1, NEW, "新", households=[str(home.id)])
    planning.split(world.server, GRID1, EAST + "008", "新", households=[str(home.id)])
    assert transferring.transfer(world.server, GRID1, now=True).moved["household"] == 1


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


# --- merge ------------------------------------------------------------------------------------------


def test_grids_are_merged(world: World) -> None:
    going, staying, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    home = going.household()
    told = going.event(None, "路灯不亮", grid_id=world.grid1)
    world.settle()
    with world.offline():
        going.visit(home.id, "离线时")
        late = going.household(name="晚来", id_number="")
        ours = head.household(world.grid1, "社区补录", id_number="")
    planning.merge(world.server, [GRID1], GRID2, keep_staff=False)
    transferring.transfer(world.server, GRID1, now=True)
    world.settle()
    assert staying.get(Household, home.id).grid_id == world.grid2
    assert staying.get(Event, told).grid_id == world.grid2
    assert head.get(Unit, world.grid1).deleted
    assert head.get(Unit, world.grid1).successor_id == world.grid2
    # The office still writes there, under the new name; the worker's late work waits for the head.
    assert staying.get(Household, ours.id).grid_id == world.grid2
    assert {v for v, _ in going.verdicts()[-8:]} == {"parked"}
    assert staying.find(Household, late.id) is None
    assert going.get(Household, late.id).name == "晚来"
    assert going.find(Household, home.id) is None
    assert going.find(Event, told) is None


def test_staff_go_along_and_write_on(world: World) -> None:
    worker = world.join("甲")
    home = worker.household()
    world.settle()
    planning.merge(world.server, [GRID1], GRID2, keep_staff=True)
    with world.offline():
        worker.visit(home.id, "路上")
        made = worker.household(name="新来", id_number="")
    transferring.transfer(world.server, GRID1, now=True)
    worker.sync()
    assert {v for v, _ in worker.verdicts()} <= {"applied", "merged"}
    world.settle()
    assert worker.get(Household, home.id).grid_id == world.grid2
    assert worker.get(Household, made.id).grid_id == world.grid2
    assert worker.get(Household, made.id).address == "3号楼1单元201"


def test_what_was_deleted_before_a_merger_can_still_come_back(small_world: World) -> None:
    world = small_world
    worker, head = world.join("甲"), world.office()
    home = worker.household()
    world.settle()
    opened = head.get(Household, home.id)
    head.delete(Household, home.id)
    head.sync()
    worker.sync()
    planning.merge(world.server, [GRID1], GRID2, keep_staff=True)
    transferring.transfer(world.server, GRID1, now=True)
    assert grid_channel(world.grid2, WORK) in world.channels_of(home.id)
    edited = operation("household", home.id, opened.version, own_number="7")
    assert said(send(head, edited)) == [("applied", "")]
    world.settle()
    assert not worker.get(Household, home.id).deleted


# --- hand over --------------------------------------------------------------------------------------


def test_a_grid_is_handed_over(world: World) -> None:
    giver, taker, head = world.join("甲"), world.join("乙", unit=world.grid3), world.office()
    home = giver.household()
    world.settle()
    planning.handover(world.server, GRID1, giver.name, taker.name)
    announced(world, GRID1)
    with world.offline():
        visit = giver.visit(home.id, "交接前")  # announced, and nothing is blocked
    with pytest.raises(Problem) as problem:
        transferring.transfer(world.server, GRID1)
    assert problem.value.code == "not_drained"
    assert giver.name in problem.value.text()
    giver.sync()
    transferring.transfer(world.server, GRID1)
    with world.offline():
        giver.visit(home.id, "晚到的")
    world.settle()
    assert giver.last() == ("parked", "role_ended")
    assert taker.get(Visit, visit).situation == "交接前"
    assert taker.count("visit") == 1
    assert giver.count("household") == 0
    assert {i for (i,) in giver.sql("SELECT situation FROM visit")} == {"晚到的"}
    held = {(r["role"], r["to_date"]) for r in world.rows("assignment", unit_id=world.grid1.bytes)}
    assert held == {("worker", "2026-11-19"), ("worker", None)}
    assert head.get(Unit, world.grid1).changing_on is None


def test_only_who_comes_back_after_the_announcement_has_come_back(small_world: World) -> None:
    world = small_world
    giver, taker = world.join("甲"), world.join("乙", unit=world.grid3)
    planning.handover(world.server, GRID1, giver.name, taker.name)
    giver.sync()
    announced(world, GRID1)
    held = regrouping.find_open(world.server, GRID1)
    assert [one.back for one in drain.computers(world.server, held)] == [False]
    giver.sync()  # in the same session as before
    assert [one.back for one in drain.computers(world.server, held)] == [True]


# --- roles that end, and cover ----------------------------------------------------------------------


def test_a_cover_reads_and_writes_for_its_days(small_world: World) -> None:
    world = small_world
    absent, other = world.join("甲"), world.join("乙", unit=world.grid2)
    home = absent.household()
    world.settle()
    terms.cover(world.server, absent.name, other.name, TODAY, date(2026, 11, 21))
    world.settle()
    assert other.get(Household, home.id).name == "赵桂兰"
    other.visit(home.id, "代班走访")
    world.settle()
    assert absent.count("visit") == 1  # who is away keeps every role
    with world.offline():
        other.visit(home.id, "最后一天，没有信号")
    world.clock.forward(hours=48)
    world.settle()
    assert other.last() == ("parked", "role_ended")
    assert other.count("household") == 0
    assert absent.get(Household, home.id).name == "赵桂兰"


def test_a_cover_that_begins_later_reads_nothing_today(small_world: World) -> None:
    world = small_world
    absent, other = world.join("甲"), world.join("乙", unit=world.grid2)
    home = absent.household()
    world.settle()
    terms.cover(world.server, absent.name, other.name, date(2026, 11, 22), date(2026, 11, 23))
    world.settle()
    assert other.find(Household, home.id) is None
    world.clock.forward(hours=48)
    world.settle()
    assert other.find(Household, home.id) is not None


def test_a_cover_ends_when_the_colleague_is_back(small_world: World) -> None:
    world = small_world
    absent, other = world.join("甲"), world.join("乙", unit=world.grid2)
    home = absent.household()
    terms.cover(world.server, absent.name, other.name, TODAY, date(2026, 12, 31))
    world.settle()
    assert [t.covers for t in terms.covers(world.server)] == [absent.name]
    terms.end_cover(world.server, other.name)
    world.settle()
    assert other.find(Household, home.id) is None
    assert other.count("unit") > 0
    assert terms.covers(world.server) == []
    assert world.rows("assignment", staff_id=absent.staff_id.bytes)[0]["to_date"] is None


def test_history_05_two_channels_when_a_grid_is_split(world: World) -> None:
    """A person of two grids: one is split, the role in the other one ends. Nothing of her is left."""
    worker, head = world.join("甲"), world.office()
    world.give_role(worker, "worker", world.grid2)
    first, second = head.household(), head.household(world.grid2, "钱二", id_number="")
    head.create(Residence(person_id=first.person, household_id=second.id, kind="registered"))
    world.settle()
    planning.split(world.server, GRID1, NEW, "新", households=[str(first.id)])
    transferring.transfer(world.server, GRID1, now=True)
    world.settle()
    assert worker.get(PersonFile, first.file).id_number
    assert worker.find(HouseholdFile, first.household_file) is None
    terms.end_roles(world.server, worker.name, unit_code=GRID2)
    world.settle()
    assert worker.find(Person, first.person) is None
    assert worker.find(PersonFile, first.file) is None


def test_history_13_whose_scope_did_not_change_goes_on(world: World) -> None:
    """A big move names its cause: nobody is asked, and the office holds everything all the while."""
    worker, head = world.join("甲"), world.office()
    for n in range(60):
        worker.household(name=f"户{n}", id_number="")
    world.settle()
    planning.merge(world.server, [GRID1], GRID2, keep_staff=True)
    transferring.transfer(world.server, GRID1, now=True)
    world.settle()
    for client in (worker, head):
        assert client.count("household") == client.count("building") == 60
        assert client.sql("SELECT count(*) FROM braked") == [(0,)]


# --- what the head does with late work -----------------------------------------------------------------


def accept_all(head: Client) -> None:
    """Take everything that waits, what others hang on first."""
    for review in head.store.read(lambda r: r.where(Review, "state='waiting'")).result():
        if review.hangs_on is None:
            head.write(lambda uow, seen=review: reviewing.accept(uow, seen))
    head.sync()


def test_late_work_of_a_merged_grid_is_taken_where_it_went(world: World) -> None:
    late, head = world.join("甲"), world.join("乙", "grid_head", world.grid2)
    home = late.household()
    world.settle()
    with world.offline():
        late.visit(home.id, "断网时走访", photo=picture())
        family = late.household(name="晚来", id_number="")
        late.event(None, "路灯不亮", grid_id=world.grid1)
    planning.merge(world.server, [GRID1], GRID2, keep_staff=False)
    transferring.transfer(world.server, GRID1, now=True)
    late.sync()
    head.sync()
    assert {r["grid_id"] for r in world.rows("review")} == {world.grid2.bytes}
    accept_all(head)
    world.settle()
    assert head.get(Household, family.id).grid_id == world.grid2
    assert head.get(Household, family.id).address == "3号楼1单元201"
    assert head.sql("SELECT grid_id FROM event") == [(world.grid2.bytes,)]
    assert head.sql("SELECT situation FROM visit") == [("断网时走访",)]
    assert head.count("attachment") == 1
    # The author hears of it, and when she has seen it keeps nothing of a grid that is not hers any more.
    assert {(v, c) for v, c in late.verdicts()} == {("applied", "")}
    assert late.count("household") == late.count("visit") == late.count("event") == 0
    for (save,) in late.sql("SELECT DISTINCT save_id FROM outbox"):
        late.write(lambda uow, told=save: refused.note_told(uow, told))
    assert late.verdicts() == []


def test_late_work_after_a_split_is_taken_where_the_building_stands(world: World) -> None:
    late, head = world.join("甲"), world.office()
    newcomer = world.join("乙", unit=world.grid3)
    home = late.household()
    world.settle()
    with world.offline():
        family = _family_in(late, home, "晚来")
        late.visit(home.id, "断网时走访")
    planning.split(world.server, GRID1, NEW, "新", buildings=["3号楼"], workers=[newcomer.name])
    transferring.transfer(world.server, GRID1, now=True)
    late.sync()
    head.sync()
    accept_all(head)
    world.settle()
    new = unit_id(NEW)
    assert newcomer.get(Household, family).grid_id == new
    assert newcomer.get(Household, family).address == "3号楼9"
    assert newcomer.sql("SELECT situation FROM visit") == [("断网时走访",)]
    assert late.find(Household, family) is None
