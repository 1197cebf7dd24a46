"""Copied and restored clients are told apart, whoever comes first; nobody loses anything, and no false alarm."""

from __future__ import annotations

import shutil
from uuid import UUID

import pytest
from sqlalchemy import select

from gridapp.domain.household import Household
from gridapp.domain.visit import Visit
from gridapp.server import schema
from gridapp.server.forks import ForkLine, forks
from gridapp.sync.transport import Offline
from tests.sync.world import Client, World


def _copy(world: World, client: Client) -> Client:
    """The folder as it is now, on another computer."""
    client.store.close()
    other = object.__new__(Client)
    other.__dict__ |= client.__dict__
    other.folder = world.folder / f"copy{len(world.clients)}"
    shutil.copytree(client.folder, other.folder)
    for one in (client, other):
        from gridapp.store.opening import open_store
        from tests.sync.world import PASSWORD

        users = one.folder / "users"
        one.store = open_store(next(users.iterdir()), PASSWORD, clock=world.clock)
        one.network = world.network()
        one._connect()
    world.clients.append(other)
    return other


def _numbers(world: World, client: Client) -> tuple[int, int]:
    """Incarnation here, and the highest that the server gave to the device."""
    here = client.sql("SELECT value FROM meta WHERE key='incarnation'")
    with world.database.snapshot() as connection:
        device = schema.device.c
        there = connection.scalar(
            select(device.incarnation).where(device.id == client.store.who.device_id.bytes)
        )
    return int(here[0][0]) if here else 1, int(there or 0)


def _lines(world: World) -> list[ForkLine]:
    return forks(world.server)


def test_history_12_a_copied_database_is_a_fork(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    world.settle()
    b = _copy(world, a)
    with world.offline():
        mine, hers = a.visit(home.id, "原来的"), b.visit(home.id, "拷贝的")
        b.change(Household, home.id, own_number="7")
    a.sync()
    assert _lines(world) == []  # so far only one of them spoke
    b.sync()
    assert [(f.incarnation, f.person) for f in _lines(world)] == [(1, "甲")]
    assert _numbers(world, b) == (2, 2)
    assert _numbers(world, a) == (1, 2)
    world.settle()
    for client in (a, b):
        assert client.get(Visit, mine).situation == "原来的"
        assert client.get(Visit, hers).situation == "拷贝的"
        assert client.get(Household, home.id).own_number == "7"
    # From now on both go on, each under its number, and nobody is found out again.
    for client in (a, b, a, b):
        client.visit(home.id)
        client.sync()
        client.sync()
    world.settle()
    assert len(_lines(world)) == 1
    told = {o["incarnation"] for o in world.operations()}
    assert {1, 2} <= told
    assert b.sql("SELECT DISTINCT incarnation FROM outbox WHERE counter>"
                 "(SELECT max(counter) FROM outbox WHERE incarnation=1)") == [(2,)]  # fmt: skip


def test_history_12_a_copy_that_says_nothing_is_noticed_at_contact(world: World) -> None:
    """A client set back to yesterday has nothing to send: its highest counter tells."""
    a = world.join("甲")
    home = a.household()
    a.sync()
    b = _copy(world, a)
    later = a.visit(home.id, "后来的")
    a.sync()
    b.sync()
    assert _numbers(world, b)[0] == 2
    assert b.get(Visit, later).situation == "后来的"  # her own earlier work comes back
    world.settle()


def test_history_12_what_waits_survives_and_arrives_once(world: World) -> None:
    """The copy holds what the original sent meanwhile: the same operations, not others."""
    a = world.join("甲")
    home = a.household()
    a.sync()
    with world.offline():
        visit = a.visit(home.id, "没传的")
    b = _copy(world, a)
    a.sync()
    a.visit(home.id, "又一次")
    a.sync()
    b.network.lose_next_reply("/session/incarnation")
    with pytest.raises(Offline):
        b.sync()
    b.sync()
    assert _numbers(world, b)[0] == 3  # the number of the lost reply is nobody's
    world.settle()
    visits = [r for r in world.rows("visit") if r["household_id"] == home.id.bytes]
    assert len(visits) == 2
    assert [UUID(bytes=r["id"]) for r in visits].count(visit) == 1


def test_history_12_no_false_fork(world: World) -> None:
    """Lost replies, late copies of a push, gaps, a second user on the computer: all normal."""
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    a.visit(home.id)
    a.network.lose_next_reply()
    with pytest.raises(Offline):
        a.sync()
    a.network.send_next_twice()
    a.network.keep_next()
    a.visit(home.id)
    a.sync()
    # A save that failed, and one that was taken back, leave gaps.
    with pytest.raises(RuntimeError, match="full"):
        a.write(_fail)
    a.write(lambda uow: uow.connection.execute(
        "UPDATE sqlite_sequence SET seq=seq+5 WHERE name='outbox'"))  # fmt: skip
    a.visit(home.id)
    a.sync()
    a.network.deliver_kept()
    for client in (a, b):
        client.reopen()
        client.sync()
    # Acknowledged work that a backup covers is dropped here: the counter is remembered.
    a.write(lambda uow: uow.connection.execute("DELETE FROM outbox"))
    a.sync()
    a.visit(home.id)
    a.sync()
    assert _lines(world) == []
    assert _numbers(world, a) == _numbers(world, b) == (1, 1)


def _fail(uow: object) -> None:
    raise RuntimeError("full")


def test_history_12_a_restored_server_is_no_fork(world: World) -> None:
    """It knows less than its clients and has another epoch: the other way round says nothing."""
    from gridapp.server.errors import Rejection
    from gridapp.server.forks import check

    a = world.join("甲")
    a.household()
    a.sync()
    device, epoch = a.store.who.device_id.bytes, world.server.epoch
    check(world.server, device, 1, epoch - 1, 0)
    check(world.server, device, 1, epoch, 10_000)
    check(world.server, device, 1, epoch, -1)  # an older program says nothing
    with pytest.raises(Rejection, match="forked"):
        check(world.server, device, 1, epoch, 1)


def test_copies_that_spoke_at_the_same_moment_are_told_apart_later(small_world: World) -> None:
    """Both were looked at before either was written: their last counter is given twice."""
    world = small_world
    a = world.join("甲")
    home = a.household()
    a.sync()
    b = _copy(world, a)
    with world.offline():
        a.visit(home.id)
        b.visit(home.id)
    b.network.before_next("/sync/pull", lambda: None)
    from gridapp.server import forks as module

    real = module.check
    module.check = lambda *_: None  # type: ignore[assignment]
    try:
        a.sync()
        b.sync()
    finally:
        module.check = real
    a.sync()
    b.sync()
    assert {f.incarnation for f in _lines(world)} == {1}
    assert _numbers(world, a)[0] != _numbers(world, b)[0]
    world.settle()
