"""A computer that started over meets a restored server: what it sent says what it still has, its rows do not."""

from __future__ import annotations

from sqlalchemy import func, select

from gridapp.domain.household import Household
from gridapp.server import schema
from gridapp.server.purging import purge
from gridapp.store import refused
from gridapp.store.resetting import reset
from tests.sync.late import accept, late
from tests.sync.restored import Copy
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def _photos(world: World) -> int:
    with world.database.snapshot() as connection:
        return int(connection.scalar(select(func.count()).select_from(schema.blob)) or 0)


def _start_over(client: Client) -> None:
    client.write(reset)
    assert client.sql("SELECT id FROM attachment") == []


def test_a_photo_comes_again(world: World) -> None:
    author, other = world.join("甲"), world.join("乙")
    home = author.household()
    author.sync()
    then = Copy(world)
    author.visit(home.id, photo=picture())
    author.sync()
    _start_over(author)
    then.put_back()
    assert _photos(world) == 0
    world.settle(3)
    assert _photos(world) == 1
    (digest,) = other.sql("SELECT sha256 FROM attachment")[0]
    assert other.store.blobs.get(digest) == author.store.blobs.get(digest) is not None


def test_the_photo_of_work_that_waits_for_the_head(world: World) -> None:
    """It goes up before the decision, though no record here names it any more."""
    worker, _, home = late(world)
    office, there = world.office(), world.join("那边的组长", "grid_head", world.grid2)
    then = Copy(world)
    with world.offline():
        worker.visit(home.id, photo=picture())
    office.change(Household, home.id, grid_id=world.grid2)
    office.sync()
    worker.sync()
    for (save,) in worker.sql("SELECT save_id FROM outbox WHERE state='parked'"):
        worker.write(lambda uow, save=save: refused.dismiss(uow, save))
    _start_over(worker)
    then.put_back()
    assert _photos(world) == 0
    for client in (office, worker, worker):
        client.sync()
    assert {state for state, _ in worker.verdicts()[-2:]} == {"parked"}
    assert (worker.status().photos, _photos(world)) == (0, 1)
    there.sync()
    accept(there)
    world.settle(3)
    (digest,) = there.sql("SELECT sha256 FROM attachment")[0]
    assert there.store.blobs.has(digest)


def test_the_photo_of_a_household_that_was_purged(world: World) -> None:
    """Nobody waits for it."""
    worker, _, home = late(world)
    then = Copy(world)
    worker.visit(home.id, photo=picture())
    worker.sync()
    _start_over(worker)
    purge(world.server, "household", home.id.bytes, "本人申请")
    then.put_back()
    world.settle(3)
    assert worker.status().photos == 0
    assert _photos(world) == 0
