"""Histories that broke earlier drafts of the design, each under its number there."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gridapp.domain.channels import grid_channel
from gridapp.domain.event import Event
from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.record import Filing, new_id
from gridapp.domain.visit import Visit
from gridapp.server import schema
from gridapp.server.apply import Sender, apply
from gridapp.server.pages import read_page
from gridapp.store import drafts
from gridapp.sync.transport import Offline
from tests.sync.world import TODAY, Client, World, micro_grid
from tests.sync.writers import complaints

WORK, FILE = Filing.WORK, Filing.FILE


def test_history_01_lost_reply(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    a.change(Household, home.id, registered_address="x")
    a.network.lose_next_reply()
    with pytest.raises(Offline):
        a.sync()
    b.sync()
    b.change(Household, home.id, own_number="y")
    b.sync()
    a.sync()
    held = a.get(Household, home.id)
    assert (held.registered_address, held.own_number) == ("x", "y")
    assert held.version == world.row("household", home.id)["version"] == 3
    world.settle()
    assert len(world.operations()) == len({o["op_id"] for o in world.operations()})


def test_history_02_hidden_foreign_field(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    b.change(Household, home.id, own_number="y")
    b.sync()
    a.change(Household, home.id, registered_address="x")
    # The outcome arrives, the pages do not: A knows of version 3 and has not seen version 2.
    a.network.cut_next_reply(lambda _: 0)
    with pytest.raises(Offline):
        a.sync()
    assert a.get(Household, home.id).own_number == ""
    a.sync()
    assert a.get(Household, home.id).own_number == "y"
    assert a.get(Household, home.id).registered_address == "x"
    world.settle()


def test_history_05_two_channels(world: World) -> None:
    head = world.office()
    worker = world.join("甲", unit=world.grid1)
    world.give_role(worker, "worker", world.grid2)
    home = head.household(world.grid1)
    visit = head.visit(home.id)
    other = head.household(world.grid2, "钱二", id_number="")
    world.settle()
    # The person stands in both grids; she leaves the first, then the worker loses the second.
    tie = _live_in(head, home.person, other.id)
    world.settle()
    both = {str(grid_channel(g, WORK)) for g in (world.grid1, world.grid2)}
    assert world.channels_of(home.person) == both
    head.change(type(tie), home.tie, to_date=_day(19))
    world.settle()
    assert world.channels_of(home.person) == {grid_channel(world.grid2, WORK)}
    assert worker.find(Person, home.person) is not None
    for row in world.rows("assignment", staff_id=worker.staff_id.bytes):
        if row["unit_id"] == world.grid2.bytes:
            world.district_edit(UUID(bytes=row["id"]), "assignment", to_date="2026-11-19")
    worker.sync()
    assert worker.find(Person, home.person) is None
    assert worker.find(PersonFile, home.file) is None
    assert worker.find(Household, other.id) is None
    assert worker.find(Visit, visit) is not None
    world.settle()


def test_history_06_two_roles_one_grid(world: World) -> None:
    worker, volunteer = world.join("甲"), world.join("志愿者", "volunteer")
    worker.sync()
    micro = micro_grid(world, worker, volunteer)
    home = worker.household(micro=micro)
    worker.visit(home.id, "手头紧")
    worker.event(home.id, "邻里纠纷")
    elsewhere = worker.household(name="别家", id_number="")
    world.settle()
    assert volunteer.get(Person, home.person).name == "赵桂兰"
    assert volunteer.get(Household, home.id).address == "3号楼1单元201"
    assert volunteer.find(Household, elsewhere.id) is None
    for entity in ("person_file", "household_file", "visit", "event", "event_action", "conflict"):
        assert volunteer.sql(f"SELECT count(*) FROM {entity}") == [(0,)], entity
    # Not by asking for bodies either.
    kinds = [("person_file", home.file.bytes), ("household", elsewhere.id.bytes)]
    assert [row for t in volunteer.transport.rows(kinds).tables for row in t.rows] == []


def test_history_07_move_against_child(world: World) -> None:
    """One after the other, both ways; at once below."""
    worker, second, head = world.join("甲"), world.join("乙", unit=world.grid2), world.office()
    home = worker.household()
    world.settle()
    with world.offline():
        visit = worker.visit(home.id, "离线时走访")
        head.change(Household, home.id, grid_id=world.grid2)
    worker.sync()  # the visit first
    head.sync()
    assert world.channels_of(visit) == {grid_channel(world.grid2, FILE)}
    world.settle()
    assert second.get(Visit, visit).situation == "离线时走访"
    assert worker.find(Visit, visit) is None
    # And the move first: valid work of hers, for the head to look at.
    back = head.get(Household, home.id)
    head.edit(back, grid_id=world.grid1)
    world.settle()
    with world.offline():
        worker.visit(home.id, "又一次")
        head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    worker.sync()
    assert worker.last() == ("parked", "moved_away")
    assert [i.code for i in worker.store.read(_not_accepted).result()] == ["moved_away"]
    world.settle()


def test_history_07_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Really at once on PostgreSQL; SQLite's one writer puts them in some order."""
    head = world.office()
    homes = [head.household(name=f"户{n}", id_number="") for n in range(12)]
    head.sync()
    versions = {h.id: world.row("household", h.id)["version"] for h in homes}
    deadlocks = complaints(monkeypatch)
    visits: dict[UUID, UUID] = {}
    for home in homes:
        barrier = threading.Barrier(2)
        visit = _visit_operation(home.id, head.staff_id)
        visits[home.id] = UUID(bytes=visit.record_id)
        move = Operation(
            new_id().bytes,
            1,
            "household",
            home.id.bytes,
            versions[home.id],
            {"grid_id": Change(world.grid1.bytes, world.grid2.bytes)},
            world.clock(),
            0,
        )
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(_at, barrier, world, head, [visit])
            two = pool.submit(_at, barrier, world, head, [move])
            assert one.result()[0].verdict == two.result()[0].verdict == Verdict.APPLIED
    for home, visit_id in visits.items():
        assert world.channels_of(visit_id) == {grid_channel(world.grid2, FILE)}, home
    assert not deadlocks
    world.settle()


def test_history_07_the_ground_moves_before_the_locks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and locking a person gets a second home: what places her is locked as well."""
    from gridapp.server import locks as module

    if not world.database.is_postgres:
        return  # one writer: nothing comes between
    head = world.office()
    home, other = head.household(), head.household(world.grid2, "钱二", id_number="")
    head.sync()
    tie = {"person_id": home.person.bytes, "household_id": other.id.bytes, "kind": "living"}
    second = Operation(
        new_id().bytes, 1, "residence", new_id().bytes, 0,
        {n: Change(None, v) for n, v in tie.items()}, 0, 0,
    )  # fmt: skip
    real, locked = module._lock, []

    def lock(connection: Any, wanted: Any) -> Any:
        locked.append(wanted)
        if len(locked) == 1:
            _push(world, head, [second])
        return real(connection, wanted)

    monkeypatch.setattr(module, "_lock", lock)
    edit = Operation(
        new_id().bytes, 2, "person", home.person.bytes, 1, {"status_note": Change(None, "x")}, 0, 0
    )
    assert _push(world, head, [edit])[0].verdict == Verdict.APPLIED
    assert len(locked) == 3  # this batch, the one that came between, this batch again
    assert ("household", other.id.bytes) not in locked[0]
    assert ("household", other.id.bytes) in locked[-1]
    assert world.channels_of(home.person) == {
        grid_channel(g, WORK) for g in (world.grid1, world.grid2)
    }


def test_history_08_lock_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight writers, batches of 20 over shared channels: no deadlock, and no cursor skips a row."""
    head = world.office()
    homes = [head.household(name=f"户{n}", id_number="") for n in range(16)]
    head.sync()
    homes, own = homes[:8], homes[8:]
    writers = [world.join(f"写{n}", "office", world.east) for n in range(8)]
    deadlocks = complaints(monkeypatch)
    barrier = threading.Barrier(9)
    done = threading.Event()

    def write(number: int) -> None:
        barrier.wait(30)
        staff = writers[number].staff_id
        for turn in range(6):
            # Records of one's own and no numbers, so that only the channels are shared; then all shared.
            alone = turn % 2 == 0
            order = [own[number]] * 8 if alone else homes[number:] + homes[:number]
            batch = [_visit_operation(h.id, staff) for h in order]
            batch += [_edit(world, h.id, number) for h in order]
            batch += [
                _visit_operation(own[number].id, staff) if alone else _event_operation(world, staff)
                for _ in range(4)
            ]
            outcomes = _push(world, writers[number], batch)
            assert all(o.verdict not in (Verdict.REJECTED, Verdict.PARKED) for o in outcomes)

    seen: Counter[bytes] = Counter()
    name = grid_channel(world.grid1, FILE)

    def follow() -> None:
        barrier.wait(30)
        cursor = 0
        while True:
            last = done.is_set()
            with world.database.snapshot() as connection:
                page = read_page(connection, name, cursor, None, limit=7)
            if page is not None:
                seen.update(row[0] for t in page.tables for row in t.rows)
                cursor = page.end
            elif last:
                return

    with ThreadPoolExecutor(9) as pool:
        reading = pool.submit(follow)
        writing = [pool.submit(write, n) for n in range(8)]
        for each in writing:
            each.result(90)
        done.set()
        reading.result(30)
    assert not deadlocks
    with world.database.snapshot() as connection:
        feed, channel = schema.feed, schema.channel
        expected = set(
            connection.scalars(
                select(feed.c.record_id)
                .join(channel, channel.c.id == feed.c.channel_id)
                .where(channel.c.name == name)
            )
        )
    assert set(seen) == expected
    assert len(world.rows("visit")) == 8 * (3 * 12 + 3 * 8)
    world.settle()


def test_history_09_open_form(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    opened = a.get(Household, home.id)
    b.change(Household, home.id, registered_address="z")
    b.sync()
    a.sync()
    assert a.get(Household, home.id).registered_address == "z"
    a.edit(opened, registered_address="c")
    world.settle()
    assert world.row("household", home.id)["registered_address"] == "z"
    assert a.get(Household, home.id).registered_address == "z"
    assert a.conflicts() == b.conflicts() == [("registered_address", None, "z", "c")]


def test_history_09_day_old_draft(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    opened = a.get(Household, home.id)
    drafts.keep(a.store, f"household:{home.id}", {"registered_address": "c"}).result()
    world.clock.forward(hours=24)
    a.reopen()
    b.change(Household, home.id, registered_address="z")
    world.settle()
    typed = a.store.read(lambda r: drafts.find(r, f"household:{home.id}")).result()
    assert typed is not None
    a.edit(opened, **typed)
    world.settle()
    assert world.row("household", home.id)["registered_address"] == "z"
    assert a.conflicts() == [("registered_address", None, "z", "c")]


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two batches"])
def test_history_10_own_chain(world: World, apart: bool) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.change(Household, home.id, registered_address="a")
    world.settle()
    b.change(Household, home.id, registered_address="z")
    b.sync()
    opened = a.get(Household, home.id)
    second = a.edit(opened, registered_address="b")
    if apart:
        _push_only(a)
    a.edit(second, registered_address="c")
    world.settle()
    assert a.conflicts() == b.conflicts() == [("registered_address", "a", "z", "c")]
    assert a.get(Household, home.id).registered_address == "z"
    # After a refused edit the next one still works.
    a.change(Household, home.id, registered_address="d")
    world.settle()
    assert b.get(Household, home.id).registered_address == "d"


def test_history_10_what_is_shown_meanwhile(world: World) -> None:
    """Refused and not yet told what stands: the value of before, never the refused one."""
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.change(Household, home.id, registered_address="a")
    world.settle()
    b.change(Household, home.id, registered_address="z")
    b.sync()
    a.change(Household, home.id, registered_address="b", own_number="7")
    assert a.get(Household, home.id).registered_address == "b"
    _push_only(a)
    held = a.get(Household, home.id)
    assert (held.registered_address, held.own_number) == ("a", "7")
    world.settle()


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two batches"])
def test_history_10_undone_chain(world: World, apart: bool) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.change(Household, home.id, registered_address="a")
    world.settle()
    b.change(Household, home.id, registered_address="z")
    b.sync()
    opened = a.get(Household, home.id)
    second = a.edit(opened, registered_address="q")
    if apart:
        _push_only(a)
    a.edit(second, registered_address="a")
    world.settle()
    assert a.conflicts() == b.conflicts() == []
    assert a.get(Household, home.id).registered_address == "z"
    assert len(world.rows("conflict")) == (1 if apart else 0)


def test_history_10_chain_of_references(world: World) -> None:
    """The same with a field that names a record: its values are bytes."""
    a, b = world.join("甲"), world.office()
    home, other, third = a.household(), a.household(name="乙"), a.household(name="丙")
    world.settle()
    b.change(Household, home.id, head_id=other.person)
    b.sync()
    first = a.get(Household, home.id)
    second = a.edit(first, head_id=third.person)
    _push_only(a)
    a.edit(second, head_id=home.person)
    world.settle()
    assert a.conflicts() == []
    assert a.get(Household, home.id).head_id == other.person


def test_history_11_derived_fields(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    told = a.event(home.id)
    world.settle()
    with world.offline():
        a.visit(home.id, "甲")
        b.visit(home.id, "乙")
    world.settle()
    assert a.conflicts() == [] == b.conflicts()
    assert a.count("visit") == b.count("visit") == 2
    # A state is never sent: one that is, is refused and changes nothing.
    bad = Operation(
        new_id().bytes, 99, "event", told.bytes, 1, {"state": Change(None, "closed")}, 0, 0
    )
    outcome = world.apply_as(a.staff_id.bytes, a.store.who.device_id.bytes, bad)[0]
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "derived_field")
    # Nor by a step that the role does not take: shown while it waits, gone when it is refused.
    with world.offline():
        a.write(lambda uow: _step(uow, told, "close"))
    a.sync()
    assert a.last() == ("rejected", "step_not_allowed")
    assert a.get(Event, told).state == b.get(Event, told).state == "reported"


@pytest.mark.parametrize("editor", ["甲", "office"])
def test_history_14_delete_against_edit(world: World, editor: str) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    first, second = (a, b) if editor == "甲" else (b, a)
    with world.offline():
        first.change(Household, home.id, registered_address="x")
        second.delete(Household, home.id)
    first.sync()
    second.sync()
    world.settle()
    for client in (a, b):
        held = client.get(Household, home.id)
        assert (held.deleted, held.registered_address) == (False, "x")
        assert client.conflicts() == [("deleted", 0, 0, 1)]


def test_history_14_edit_against_delete(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(Household, home.id, registered_address="x")
        b.delete(Household, home.id)
    b.sync()
    a.sync()
    world.settle()
    for client in (a, b):
        held = client.get(Household, home.id)
        assert (held.deleted, held.registered_address) == (False, "x")
        assert client.conflicts() == [("deleted", 0, 0, 1)]


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two batches"])
def test_history_14_delete_against_own_edit(world: World, apart: bool) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    created = a.household(name="只建不改", id_number="")
    if apart:
        _push_only(a)
    a.change(Household, home.id, registered_address="x")
    if apart:
        _push_only(a)
    a.delete(Household, home.id)
    a.delete(Household, created.id)
    world.settle()
    for key in (home.id, created.id):
        assert a.get(Household, key).deleted
        assert b.get(Household, key).deleted
    assert a.conflicts() == []


@pytest.mark.parametrize("deleted_first", [True, False])
def test_history_14_visit_under_deleted_household(world: World, deleted_first: bool) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        visit = a.visit(home.id)
        b.delete(Household, home.id)
    for client in (b, a) if deleted_first else (a, b):
        client.sync()
    world.settle()
    for client in (a, b):
        assert not client.get(Household, home.id).deleted
        assert not client.get(Visit, visit).deleted
        assert client.conflicts() == [("deleted", 0, 0, 1)]


def test_history_14_two_visits_under_deleted_household(world: World) -> None:
    """One conflict, however much of one device's work meets the deletion."""
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    b.delete(Household, home.id)
    b.sync()
    a.visit(home.id, "一")
    _push_only(a)
    b.sync()
    again = b.get(Household, home.id)
    b.write(lambda uow: uow.delete(again))
    b.sync()
    a.visit(home.id, "二")
    world.settle()
    assert not b.get(Household, home.id).deleted
    by_device = Counter(c["device_id"] for c in world.rows("conflict", state="open"))
    assert max(by_device.values()) == 1


# --- helpers ---------------------------------------------------------------------------------------


def _not_accepted(reader: Any) -> Any:
    from gridapp.store import status

    return status.not_accepted(reader)


def _push_only(client: Client) -> None:
    """The operations go up; the pages do not come."""
    client.network.cut_next_reply(lambda _: 0)
    with pytest.raises(Offline):
        client.sync()


def _day(day: int) -> Any:
    from datetime import date

    return date(2026, 11, day)


def _live_in(client: Client, person: UUID, household: UUID) -> Any:
    from gridapp.domain.household import Residence

    return client.create(Residence(person_id=person, household_id=household, kind="living"))


def _step(uow: Any, event_id: UUID, action: str) -> Any:
    from gridapp.store import recording

    return recording.take_step(uow, uow.record(Event, event_id), action, "办了", TODAY)


def _push(world: World, client: Client, batch: list[Operation]) -> list[Any]:
    who = client.store.who
    return apply(world.server, Sender(who.staff_id.bytes, who.device_id.bytes, 1), batch).outcomes


def _at(barrier: threading.Barrier, world: World, client: Client, batch: list[Operation]) -> Any:
    barrier.wait(30)
    return _push(world, client, batch)


def _visit_operation(household: UUID, staff: UUID) -> Operation:
    fields = {
        "household_id": household.bytes,
        "happened_at": TODAY,
        "how": "home",
        "visited_by": staff.bytes,
        "recorded_by": staff.bytes,
    }
    changes = {n: Change(None, v) for n, v in fields.items()}
    return Operation(new_id().bytes, 1, "visit", new_id().bytes, 0, changes, 0, 0)


def _event_operation(world: World, staff: UUID) -> Operation:
    fields = {
        "grid_id": world.grid1.bytes,
        "item_code": "0101",
        "text": "路灯不亮",
        "happened_at": TODAY,
        "reported_by": staff.bytes,
    }
    changes = {n: Change(None, v) for n, v in fields.items()}
    return Operation(new_id().bytes, 1, "event", new_id().bytes, 0, changes, 0, 0)


def _edit(world: World, household: UUID, number: int) -> Operation:
    changes = {"own_number": Change(None, f"{number}")}
    return Operation(new_id().bytes, 1, "household", household.bytes, 1, changes, 0, 0)


__all__ = ["HouseholdFile"]
