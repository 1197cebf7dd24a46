"""Who receives what, and what becomes of it when a scope ends. Nothing outside it is told."""

from __future__ import annotations

import io
from datetime import date
from uuid import UUID

import pytest
from PIL import Image

from gridapp.domain.channels import grid_channel, micro_channel, user_channel
from gridapp.domain.event import Event
from gridapp.domain.exchange import Change
from gridapp.domain.household import Household, Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building, Dwelling
from gridapp.domain.record import Filing, new_id
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.store import search, status
from gridapp.sync.transport import Offline, Refused
from tests.sync.test_outcomes import operation, said, send
from tests.sync.world import TODAY, World, micro_grid

WORK, FILE = Filing.WORK, Filing.FILE


def picture(color: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), color).save(out, "JPEG")
    return out.getvalue()


def test_a_household_moves_to_another_grid(world: World) -> None:
    old, new, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    home = old.household()
    visit = old.visit(home.id, "精神好", picture())
    told = old.event(home.id, on_spot="清走")
    old.sync()
    head.sync()
    # Two devices touch it on the way: a conflict travels with it.
    with world.offline():
        old.change(PersonFile, home.file, occupation="农民")
        head.change(PersonFile, home.file, occupation="木匠")
    world.settle()
    head.change(Household, home.id, grid_id=world.grid2)
    world.settle(rounds=2)
    for entity in ("household", "person", "person_file", "household_file", "residence", "visit"):
        assert old.sql(f"SELECT count(*) FROM {entity}") == [(0,)], entity
        assert new.sql(f"SELECT count(*) FROM {entity}") == [(1,)], entity
    # The event took place in the first grid and concerns the second.
    assert old.get(Event, told).state == new.get(Event, told).state == "handled_on_spot"
    assert new.count("attachment") == 1
    assert old.sql("SELECT count(*) FROM attachment") == [(0,)]
    assert len(new.conflicts()) == 1
    assert old.conflicts() == []
    digest = head.sql("SELECT sha256 FROM attachment")[0][0]
    assert new.store.blobs.get(digest) is not None
    assert old.store.blobs.get(digest) is None
    assert old.sql("SELECT count(*) FROM blob") == [(0,)]
    assert [search.find(r, "zgl") for r in ()] == []
    assert old.store.read(lambda r: search.find(r, "赵桂兰")).result() == ()
    assert len(new.store.read(lambda r: search.find(r, "002x")).result()) == 1
    assert new.get(Visit, visit).situation == "精神好"


def test_a_lost_channel_takes_its_records(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.visit(home.id, photo=picture())
    a.sync()
    assert a.count("visit") == 1
    world.end_role(a)
    a.sync()
    for entity in ("household", "person", "person_file", "visit", "building", "attachment"):
        assert a.sql(f"SELECT count(*) FROM {entity}") == [(0,)], entity
    assert list((a.store.folder / "blobs").rglob("*/*")) == []
    world.settle()
    world.give_role(a, "worker", world.grid1)
    world.settle()
    assert a.count("visit") == 1


def test_the_reply_was_lost_and_then_the_scope(world: World) -> None:
    """What was taken while the role lasted, and answered when it was over, goes with the scope."""
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    told = a.event(home.id)
    a.network.lose_next_reply()
    with pytest.raises(Offline):
        a.sync()
    world.end_role(a)
    a.sync()
    assert a.verdicts() == []  # what was taken is no more here either
    assert a.find(Event, told) is None
    world.settle()
    assert b.get(Event, told).text == "楼道堵了"


def test_less_scope_forgets_the_numbers_too(world: World) -> None:
    """A worker who stays as a volunteer keeps the names, and the index no number."""
    a, head = world.join("甲"), world.office()
    micro = micro_grid(world, a, a)
    home = a.household(micro=micro)
    a.sync()
    assert a.store.read(lambda r: search.find(r, "002x")).result()
    before = world.rows("assignment", staff_id=a.staff_id.bytes)
    world.give_role(a, "volunteer", world.grid1)
    world.settle()
    for row in before:
        world.district_edit(UUID(bytes=row["id"]), "assignment", to_date="2026-11-19")
    world.settle()
    assert a.get(Person, home.person).name == "赵桂兰"
    assert a.find(PersonFile, home.file) is None
    assert a.store.read(lambda r: search.find(r, "赵桂兰")).result()
    assert a.store.read(lambda r: search.find(r, "002x")).result() == ()
    assert a.store.read(lambda r: search.find(r, "13800000001")).result() == ()
    assert head.count("person_file") == 1


def test_a_volunteer_reports_without_reading(world: World) -> None:
    worker, volunteer = world.join("甲"), world.join("志愿者", "volunteer")
    micro = micro_grid(world, worker, volunteer)
    home = worker.household(micro=micro)
    world.settle()
    told = volunteer.event(home.id, "楼道堵了")
    other = volunteer.event(None, "路灯不亮", grid_id=world.grid1)
    with pytest.raises(Problem, match="不归您管"):
        volunteer.event(None, "外边的事", grid_id=world.grid2)
    # A program that does not ask first.
    outside = Event(
        grid_id=world.grid2,
        item_code="0101",
        text="外边的事",
        happened_at=TODAY,
        reported_by=volunteer.staff_id,
    )
    far = volunteer.write(lambda uow: uow.create(outside)).id
    volunteer.sync()
    assert volunteer.verdicts() == [("applied", ""), ("applied", ""), ("rejected", "not_allowed")]
    worker.sync()
    assert {e for (e,) in worker.sql("SELECT id FROM event")} == {told.bytes, other.bytes}
    # What she sent stays with her as she sent it; nothing of it comes back.
    assert volunteer.get(Event, told).version == 1
    assert volunteer.get(Event, told).number == ""
    assert volunteer.sql("SELECT count(*) FROM outbox WHERE live=1 AND state='applied'") == [(0,)]
    worker.change(Event, told, title="改过")
    worker.sync()
    volunteer.sync()
    assert volunteer.get(Event, told).title == ""
    assert said(send(volunteer, operation("event", told, 1, title="她改"))) == [
        ("rejected", "not_allowed")
    ]
    assert far not in {UUID(bytes=r["id"]) for r in world.rows("event")}
    world.end_role(volunteer)
    volunteer.sync()
    assert volunteer.find(Event, told) is None


def test_a_volunteer_of_several_grids_reports_in_her_micro_grids(world: World) -> None:
    worker, volunteer = world.join("甲"), world.join("志愿者", "volunteer", world.east)
    micro = micro_grid(world, worker, volunteer)
    home, other = worker.household(micro=micro), worker.household(name="别家", id_number="")
    world.settle()
    volunteer.event(home.id, "楼道堵了")
    volunteer.sync()
    assert volunteer.verdicts() == [("applied", "")]
    elsewhere = operation(
        "event",
        grid_id=world.grid1.bytes,
        household_id=other.id.bytes,
        item_code="0101",
        text="x",
        happened_at=TODAY,
        reported_by=volunteer.staff_id.bytes,
    )
    assert said(send(volunteer, elsewhere)) == [("rejected", "not_allowed")]


def test_micro_grid_follows_the_building(world: World) -> None:
    worker, volunteer = world.join("甲"), world.join("志愿者", "volunteer")
    micro = micro_grid(world, worker, volunteer)
    home = worker.household()
    world.settle()
    assert volunteer.find(Person, home.person) is None
    worker.change(Building, home.building, micro_grid_id=micro)
    world.settle()
    assert volunteer.get(Person, home.person).name == "赵桂兰"
    assert micro_channel(micro) in world.channels_of(home.tie)
    worker.change(Building, home.building, micro_grid_id=None)
    world.settle()
    assert volunteer.find(Person, home.person) is None
    assert volunteer.count("household") == 0


def test_a_person_who_left_every_home_is_not_lost(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    a.delete(Residence, home.tie)
    world.settle()
    assert b.get(Person, home.person).name == "赵桂兰"
    assert b.get(PersonFile, home.file).id_number


def test_a_person_without_home_stays_with_who_made_her(world: World) -> None:
    a, b = world.join("甲"), world.join("乙")
    nobody = a.create(Person(name="无家"))
    a.create(PersonFile(person_id=nobody.id, id_kind="passport", id_number="E1"))
    a.sync()
    assert world.channels_of(nobody.id) == {user_channel(a.staff_id)}
    steal = [
        operation("person", nobody.id, 1, status_note="x"),
        operation("person_file", person_id=nobody.id.bytes, occupation="x"),
        operation(
            "residence", person_id=nobody.id.bytes, household_id=new_id().bytes, kind="living"
        ),
    ]
    assert said(send(b, *steal)) == [("rejected", "not_allowed")] * 3
    a.change(Person, nobody.id, status_note="暂住")
    home = a.household()
    a.create(Residence(person_id=nobody.id, household_id=home.id, kind="living"))
    world.settle()
    assert b.get(Person, nobody.id).status_note == "暂住"


def test_a_tie_does_not_open_somebody_elses_person(world: World) -> None:
    """Household files print UUIDs as QR codes: knowing one must not be enough."""
    mine, other = world.join("甲"), world.join("丙", unit=world.grid3)
    home, far = mine.household(), other.household(name="远", id_number="")
    world.settle()
    tie = operation(
        "residence", household_id=far.id.bytes, person_id=home.person.bytes, kind="living"
    )
    assert said(send(other, tie)) == [("rejected", "not_allowed")]
    moved = operation(
        "residence", far.tie, 1, person_id=Change(far.person.bytes, home.person.bytes)
    )
    assert said(send(other, moved)) == [("rejected", "bad_value")]
    world.settle()
    assert other.find(PersonFile, home.file) is None


def test_what_is_not_there_and_what_is_not_yours_are_one(world: World) -> None:
    a, other = world.join("甲"), world.join("丙", unit=world.grid3)
    home = a.household()
    visit = a.visit(home.id, photo=picture())
    a.sync()
    digest = a.sql("SELECT sha256 FROM attachment")[0][0]
    for there, absent in ((home.id, new_id()), (visit, new_id())):
        kind = "household" if there == home.id else "visit"
        answers = [
            said(
                send(
                    other,
                    operation(kind, key, 1, name=Change("a", "b")),
                    operation(kind, key, 1, deleted=Change(0, 1)),
                    operation(kind, key, 0, name=Change("a", "b", new_id().bytes)),
                    operation(
                        "visit",
                        household_id=key.bytes,
                        happened_at=TODAY,
                        how="home",
                        visited_by=other.staff_id.bytes,
                        recorded_by=other.staff_id.bytes,
                    ),
                    operation(
                        "attachment",
                        target_kind=kind,
                        target_id=key.bytes,
                        sha256=digest,
                        media_type="image/jpeg",
                        size=1,
                    ),
                    operation("person_file", person_id=key.bytes),
                )
            )
            for key in (there, absent)
        ]
        assert answers[0] == answers[1], kind
        assert {v for v, _ in answers[0]} == {"rejected"}
    for name in (digest, "0" * 64):
        for ask in (
            other.transport.blob_state,
            lambda n: other.transport.get_blob(n, 0),
            lambda n: other.transport.put_blob(n, 0, 3, b"abc"),
        ):
            with pytest.raises(Refused) as refused:
                ask(name)
            assert (refused.value.status, refused.value.code) == (404, "no_blob")


def test_nobody_moves_a_household_where_they_do_not_reach(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.sync()
    a.change(Household, home.id, grid_id=world.grid3)
    a.change(Dwelling, home.dwelling, building_id=new_id())
    a.sync()
    assert a.verdicts()[-2:] == [("rejected", "not_allowed")] * 2
    world.settle()
    assert a.get(Household, home.id).grid_id == world.grid1


def test_a_person_of_two_grids(world: World) -> None:
    a, b, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    first, second = a.household(), b.household(name="钱二", id_number="")
    world.settle()
    head.create(Residence(person_id=first.person, household_id=second.id, kind="registered"))
    world.settle()
    assert b.get(PersonFile, first.file).id_number == "11010519491231002X"
    assert world.channels_of(first.file) == {
        grid_channel(g, FILE) for g in (world.grid1, world.grid2)
    }
    head.change(Residence, first.tie, to_date=date(2026, 11, 19))
    world.settle()
    assert a.find(PersonFile, first.file) is None
    assert b.get(Person, first.person).name == "赵桂兰"


def test_departments_receive_what_is_sent_to_them(world: World) -> None:
    from gridapp.domain.unit import Unit
    from gridapp.store import recording

    department = Unit(parent_id=world.east, code="D1", name="城管", kind="department")
    world.write(department)
    handler = world.join("城管员", "handler", department.id)
    a, head = world.join("甲"), world.office()
    home = a.household()
    told = a.event(home.id, pictures=())
    kept = a.event(home.id, "别的事")
    world.settle()
    head.write(lambda u: recording.take_step(u, head_event(u, told), "accept", "", TODAY))
    head.write(
        lambda u: recording.take_step(
            u, head_event(u, told), "dispatch", "请办", TODAY, target_unit_id=department.id
        )
    )
    world.settle()
    assert handler.get(Event, told).state == "dispatched"
    assert handler.find(Event, kept) is None
    assert handler.count("household") == 0
    handler.write(lambda u: recording.take_step(u, head_event(u, told), "sign", "", TODAY))
    world.settle()
    assert a.get(Event, told).state == "signed"
    numbers = [r["number"] for r in world.rows("event_action", event_id=told.bytes)]
    assert sorted(numbers) == [1, 2, 3]


def head_event(uow: object, event_id: UUID) -> Event:
    found = uow.record(Event, event_id)  # type: ignore[attr-defined]
    assert found is not None
    return found


def test_parked_work_is_kept_and_said(world: World) -> None:
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(Household, home.id, own_number="7")
        visit = a.visit(home.id, photo=picture())
    head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    a.sync()
    codes = [(i.entity, i.state, i.code) for i in a.store.read(status.not_accepted).result()]
    assert codes == [
        ("attachment", "parked", "waits_for_owner"),
        ("visit", "parked", "moved_away"),
        ("household", "parked", "moved_away"),
    ]
    assert a.get(Visit, visit).situation == "精神好。"
    # The photo does not wait for the network any more: the line must not say so.
    assert (a.status().to_send, a.status().parked) == (0, 2)  # saves
    world.settle()
