"""A computer that started over and whose records leave before they came back: what it sent of them goes as well."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from gridapp.server import schema
from gridapp.server.purging import purge
from gridapp.store.resetting import reset
from tests.sync.restored import Copy
from tests.sync.test_scope import picture
from tests.sync.world import Client, Home, World

TEXT = "说给网格员一个人的话"


def _started_over(world: World) -> tuple[Client, Client, Home, Copy]:
    worker, other = world.join("甲"), world.join("乙")
    home = worker.household()
    world.settle()
    then = Copy(world)
    worker.visit(home.id, TEXT, picture())
    world.settle()
    worker.write(reset)
    return worker, other, home, then


def _keeps_nothing(client: Client) -> None:
    assert client.sql("SELECT 1 FROM outbox WHERE instr(fields, ?)", TEXT.encode()) == []
    assert client.sql("SELECT state FROM blob") == []
    assert [p for p in (client.store.folder / "blobs").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("restored", [False, True])
def test_purged_meanwhile(world: World, restored: bool) -> None:
    worker, _, home, then = _started_over(world)
    purge(world.server, "household", home.id.bytes, "本人申请")
    if restored:
        then.put_back()
    world.settle(3)
    assert worker.status().photos == 0
    _keeps_nothing(worker)


def test_the_role_ended_meanwhile(world: World) -> None:
    worker, _, _, _ = _started_over(world)
    world.end_role(worker)
    world.settle(3)
    _keeps_nothing(worker)


@pytest.mark.parametrize("rows_first", [False, True])
def test_its_photo_goes_up_first(world: World, rows_first: bool) -> None:
    """The server was restored, and the scope is lost: what only this computer has is handed over before it goes."""
    worker, other, _, then = _started_over(world)
    then.put_back()
    if rows_first:
        other.sync()
    world.end_role(worker)
    world.settle(3)
    with world.database.snapshot() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.blob)) == 1
    assert worker.status().photos == 0


def test_the_household_moved_meanwhile(world: World) -> None:
    worker, _, home, _ = _started_over(world)
    world.district_edit(home.id, "household", grid_id=world.grid2.bytes)
    world.settle(3)
    _keeps_nothing(worker)


def test_what_comes_again_is_as_before(world: World) -> None:
    worker, other, _, _ = _started_over(world)
    world.settle(3)
    assert worker.dump().keys() == other.dump().keys()
    assert worker.sql("SELECT state FROM blob") == [("done",)]
    assert worker.sql("SELECT 1 FROM comparing UNION ALL SELECT 1 FROM braked") == []
