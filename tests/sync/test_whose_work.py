"""Whom unsettled work is about, when the household has left the computer: known until settled, and not longer."""

from __future__ import annotations

import json

from gridapp.domain.household import Household
from gridapp.domain.visit import Visit
from gridapp.server import purging
from gridapp.store import refused, status
from gridapp.store.views.saves import Save, Which, some
from tests.sync.late import accept, give_back, late
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def saves(client: Client, which: Which) -> tuple[Save, ...]:
    return client.store.read(lambda r: some(r, which, 100)).result()


def kept(client: Client) -> list[dict[str, str]]:
    rows = client.sql("SELECT value FROM meta WHERE key LIKE 'about:%'")
    return [json.loads(text) for (text,) in rows]


def lose(world: World, worker: Client) -> None:
    """Her role ends; what she wrote is handed in, and the households leave her computer."""
    world.end_role(worker)
    worker.sync()
    worker.sync()
    assert worker.count("household") == 0


def test_parked_work_keeps_its_name_until_it_was_told(world: World) -> None:
    worker, head, home = late(world)
    other = worker.household(name="钱美玲")
    world.settle()
    with world.offline():
        worker.visit(home.id, "晚到的")
        worker.change(Household, home.id, own_number="7")
    lose(world, worker)
    found = saves(worker, Which.PARKED)
    assert [save.about.name for save in found if save.about] == ["赵桂兰", "赵桂兰"]
    assert all(save.left for save in found)
    number = head.get(Household, home.id).number
    assert {(one["name"], one["number"]) for one in kept(worker)} == {("赵桂兰", number)}
    assert "钱美玲" not in json.dumps(kept(worker), ensure_ascii=False)
    assert other.id
    for save in found:  # seen is not settled: what became of it is still to be told
        worker.write(lambda uow, s=save.save_id: refused.dismiss(uow, s))
    assert len(kept(worker)) == 2
    head.sync()
    accept(head)
    accept(head)
    world.settle()
    told = saves(worker, Which.TOLD)
    assert [save.about.name for save in told if save.about] == ["赵桂兰", "赵桂兰"]
    for save in told:
        worker.write(lambda uow, s=save.save_id: refused.note_told(uow, s))
    assert kept(worker) == []
    world.settle()


def test_given_back_it_goes_when_its_author_has_seen_it(small_world: World) -> None:
    worker, head, home = late(small_world)
    with small_world.offline():
        worker.visit(home.id)
    lose(small_world, worker)
    head.sync()
    give_back(head)
    small_world.settle()
    (save,) = saves(worker, Which.REFUSED)
    assert save.about
    assert save.about.name == "赵桂兰"
    worker.write(lambda uow: refused.dismiss(uow, save.save_id))
    assert kept(worker) == []
    (seen,) = saves(worker, Which.SEEN)
    assert dict(seen.main.values)["situation"] == "精神好。"  # her own words stay


def test_sent_again_it_goes_along(small_world: World) -> None:
    worker, head, home = late(small_world)
    with small_world.offline():
        worker.visit(home.id)
    lose(small_world, worker)
    (save,) = saves(worker, Which.PARKED)
    worker.write(lambda uow: refused.send_again(uow, save.save_id))
    (waits,) = saves(worker, Which.WAITING)
    assert waits.about
    assert waits.about.name == "赵桂兰"
    assert len(kept(worker)) == 1
    worker.sync()
    (again,) = saves(worker, Which.PARKED)
    assert again.about
    assert again.about.name == "赵桂兰"
    head.sync()
    accept(head)
    small_world.settle()
    for told in saves(worker, Which.TOLD):
        worker.write(lambda uow, s=told.save_id: refused.note_told(uow, s))
    assert kept(worker) == []


def test_a_purge_takes_the_name_at_once(small_world: World) -> None:
    worker, _, home = late(small_world)
    with small_world.offline():
        worker.visit(home.id)
        worker.change(Household, home.id, own_number="7")
    lose(small_world, worker)
    assert len(kept(worker)) == 2
    purging.purge(small_world.server, Household.KIND, home.id.bytes, "本人要求")
    worker.sync()
    worker.sync()
    assert kept(worker) == []
    assert worker.sql("SELECT count(*) FROM outbox WHERE record_id=?", home.id.bytes) == [(0,)]


def test_work_on_what_was_purged_goes_when_its_author_has_seen_why(small_world: World) -> None:
    world = small_world
    worker, _, home = late(world)
    with world.offline():
        visit = worker.visit(home.id, "不该留的话", photo=picture())
        kept_visit = worker.household(name="钱美玲")
    [(digest,)] = worker.sql("SELECT sha256 FROM attachment")
    purging.purge(world.server, Household.KIND, home.id.bytes, "本人要求")
    worker.sync()
    worker.sync()
    assert worker.store.blobs.has(digest)
    codes = {i.code for i in worker.store.read(status.not_accepted).result()}
    assert codes == {"purged"}
    (save,) = saves(worker, Which.REFUSED)
    assert save.purged
    assert worker.status().broken_photos == 0  # nobody is told to attach it once more
    assert worker.status().photos == 0
    worker.write(lambda uow: refused.dismiss(uow, save.save_id))
    assert saves(worker, Which.REFUSED) == saves(worker, Which.SEEN) == ()
    assert worker.find(Visit, visit) is None
    assert worker.count("attachment") == 0
    assert not worker.store.blobs.has(digest)
    assert worker.sql("SELECT count(*) FROM outbox WHERE code='purged'") == [(0,)]
    assert worker.get(Household, kept_visit.id).name == "钱美玲"
    world.settle()
