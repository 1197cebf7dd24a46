"""Bundles on a stick: there and back without any network, beside the network, and late."""

from __future__ import annotations

from typing import Any

import pytest

from gridapp.domain.household import Household
from gridapp.domain.visit import Visit
from gridapp.server import bundles, schema
from gridapp.sync import bundle_out, photos
from gridapp.sync.engine import Engine
from gridapp.sync.transport import Offline
from tests.sync.late import accept, late
from tests.sync.stick import Stick
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def digest_of(client: Client) -> str:
    return str(client.sql("SELECT sha256 FROM attachment")[0][0])


def test_there_and_back_without_any_network(world: World) -> None:
    """Records and photos of a worker who never has signal, and what others did meanwhile."""
    a, office = world.join("甲"), world.office()
    stick = Stick(world)
    home = a.household()
    a.visit(home.id, "血压高", photo=picture())
    came = stick.round_trip(a)
    assert came.outcomes == len(a.verdicts())
    assert {state for state, _ in a.verdicts()} == {"applied"}
    assert (a.status().waiting, a.status().photos) == (0, 0)
    office.sync()
    assert office.find(Household, home.id)
    assert office.store.blobs.get(digest_of(office)) == a.store.blobs.get(digest_of(a))
    office.change(Household, home.id, own_number="12")
    visit = office.visit(home.id, "电话问过", photo=picture("blue"))
    office.sync()
    stick.round_trip(a)
    assert a.get(Household, home.id).own_number == "12"
    assert a.get(Visit, visit).situation == "电话问过"
    theirs = str(a.sql("SELECT sha256 FROM attachment ORDER BY id DESC")[0][0])
    assert a.store.blobs.get(theirs) is None
    assert a.status().photos == 0
    stick.round_trip(a)
    assert a.store.blobs.get(theirs) == office.store.blobs.get(theirs)
    world.settled()
    world.settle()


def test_a_first_sync_by_stick_alone(small_world: World) -> None:
    """A computer that heard of the server only once, when it was enrolled."""
    world = small_world
    office = world.office()
    homes = [office.household(grid=world.grid1, name=f"张{n}").id for n in range(5)]
    office.sync()
    member = world.staff("乙", ("worker", world.grid1))
    b = world.computer(member)
    b.write(_forget_all)
    Stick(world).round_trip(b)
    assert all(b.find(Household, home) for home in homes)
    office.sync()
    world.settled()


def _forget_all(uow: Any) -> None:
    from gridapp.domain.kinds import KINDS

    for table in (*KINDS, "channel", "membership", "search_doc", "search_stale"):
        uow.connection.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("order", ["network first", "bundle first", "answer after"])
def test_history_18_bundle_and_network_bring_the_same(world: World, order: str) -> None:
    a, office, stick = world.join("甲"), world.office(), Stick(world)
    home = a.household()
    a.visit(home.id, photo=picture())
    path = stick.write(a)
    if order == "network first":
        a.sync()
        taken = stick.to_server(path)
    else:
        taken = stick.to_server(path)
    answer = stick.answer(taken.asked)
    if order == "answer after":
        a.sync()
        a.change(Household, home.id, own_number="7")
        a.sync()
    before = a.verdicts()
    stick.take(a, answer)
    if order != "bundle first":
        assert a.verdicts() == before
    stick.take(a, answer)  # and once more
    logged = world.operations()
    assert (
        len(logged)
        == len({o["op_id"] for o in logged})
        == len([o for o in logged if o["device_id"] != b""])
    )
    assert len([o for o in logged if o["entity"] == "visit"]) == 1
    world.settle()
    assert office.count("visit") == a.count("visit") == 1
    assert not a.conflicts()


def test_history_18_an_old_page_after_a_newer_one(world: World) -> None:
    """A letter that lay about: it takes nothing back, not even what it knows better than the cursor says."""
    a, office, stick = world.join("甲"), world.office(), Stick(world)
    home = a.household()
    a.sync()
    office.sync()
    office.change(Household, home.id, own_number="1")
    office.sync()
    letter = stick.answer(stick.to_server(stick.write(a)).asked)
    office.change(Household, home.id, own_number="2")
    gone = office.household(grid=world.grid1, name="李四")
    office.sync()
    a.sync()
    office.delete(Household, gone.id)
    office.sync()
    a.sync()
    cursors = dict(a.sql("SELECT name, cursor FROM channel"))
    came = stick.take(a, letter)
    assert came.old
    assert a.get(Household, home.id).own_number == "2"
    assert dict(a.sql("SELECT name, cursor FROM channel")) == cursors
    world.settled()


def test_history_18_an_old_letter_brings_the_body_of_before(world: World) -> None:
    """A row that was asked for alone stands in the letter as it was; meanwhile it went on."""
    a, office, stick = world.join("甲"), world.office(), Stick(world)
    home = a.household()
    world.settle()
    office.change(Household, home.id, registered_address="一")
    office.sync()
    a.change(Household, home.id, own_number="2")
    a.network.answer_next("/sync/rows", 503)
    with pytest.raises(Offline):
        a.sync()
    assert a.sql("SELECT count(*) FROM wanted") == [(1,)]
    letter = stick.answer(stick.to_server(stick.write(a)).asked)
    office.sync()
    office.change(Household, home.id, registered_address="二")
    office.sync()
    a.sync()
    assert stick.take(a, letter).old
    assert a.get(Household, home.id).registered_address == "二"
    world.settled()


def test_history_18_an_old_letter_says_that_what_was_decided_waits(small_world: World) -> None:
    """Its answers are of the day on which it was written: a later one, which came by the network, stands."""
    world = small_world
    worker, head, home = late(world)
    stick = Stick(world)
    visit = worker.visit(home.id, "带了药")
    world.end_role(worker)
    letter = stick.answer(stick.to_server(stick.write(worker)).asked)
    worker.sync()
    assert worker.last() == ("parked", "role_ended")
    head.sync()
    accept(head)
    head.sync()
    worker.sync()
    assert worker.last() == ("applied", "")
    assert stick.take(worker, letter).old
    assert worker.last() == ("applied", "")
    assert head.get(Visit, visit).situation == "带了药"
    world.settle()


def test_an_old_letter_opens_no_channel_again(small_world: World) -> None:
    world = small_world
    a, stick = world.join("甲"), Stick(world)
    home = a.household()
    a.sync()
    a.write(lambda uow: uow.connection.execute("UPDATE channel SET cursor=0"))
    letter = stick.answer(stick.to_server(stick.write(a)).asked)
    world.end_role(a)
    a.sync()
    assert a.find(Household, home.id) is None
    channels = a.sql("SELECT name FROM channel ORDER BY name")
    assert stick.take(a, letter).old
    assert a.find(Household, home.id) is None
    assert a.sql("SELECT name FROM channel ORDER BY name") == channels
    world.settle()


def test_a_letter_takes_no_channel_that_was_granted_since(small_world: World) -> None:
    world = small_world
    a, office, stick = world.join("甲"), world.office(), Stick(world)
    far = office.household(grid=world.grid2)
    office.sync()
    letter = stick.answer(stick.to_server(stick.write(a)).asked)
    world.give_role(a, "worker", world.grid2)
    a.sync()
    assert a.find(Household, far.id)
    stick.take(a, letter)
    assert a.find(Household, far.id)
    office.sync()
    world.settled()


def test_a_role_that_ended_is_told_by_stick(small_world: World) -> None:
    """The scope goes, and what was done in it before is on the server."""
    world = small_world
    a, stick = world.join("甲"), Stick(world)
    home = a.household()
    a.sync()
    a.visit(home.id, "最后一次", photo=picture())
    world.end_role(a)
    stick.round_trip(a)
    assert {state for state, _ in a.verdicts()[-2:]} == {"parked"}
    with world.database.snapshot() as connection:
        assert len(connection.execute(schema.blob.select()).all()) == 1


def test_history_12_a_late_bundle_is_no_fork(world: World) -> None:
    a, stick = world.join("甲"), Stick(world)
    home = a.household()
    early = stick.write(a)
    a.visit(home.id, "第一次")
    a.sync()
    a.visit(home.id, "第二次")
    a.sync()
    taken = stick.to_server(early)
    assert taken.accepted == taken.operations > 0
    a.sync()
    world.settle()
    assert a.count("visit") == 2
    with world.database.snapshot() as connection:
        assert connection.execute(schema.fork.select()).all() == []


def test_a_late_bundle_does_not_take_the_place_of_a_newer_one(small_world: World) -> None:
    world = small_world
    a, stick = world.join("甲"), Stick(world)
    a.household()
    early = stick.write(a)
    a.household(name="李四", id_number="")
    newer = stick.to_server(stick.write(a))
    stick.to_server(early)
    asked = bundles.last_asked(world.server, a.store.who.device_id.bytes)
    assert asked == newer.asked
    assert asked is not None
    stick.take(a, stick.answer(asked))
    assert a.status().waiting == 0


def test_a_photo_that_went_up_in_part_goes_on_by_stick(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "BLOB_PART", 200)
    a, office, stick = world.join("甲"), world.office(), Stick(world)
    home = a.household()
    a.visit(home.id, photo=picture())
    Engine(a.store, a.transport, with_photos=False).run()
    digest = digest_of(a)
    data = a.store.blobs.get(digest)
    assert data is not None
    a.transport.put_blob(digest, 0, len(data), data[:200])
    monkeypatch.setattr(bundle_out, "BLOB_PART", 150)
    assert stick.to_server(stick.write(a)).photos == 1
    office.sync()
    assert office.store.blobs.get(digest) == data


def test_photos_that_find_no_room_wait_for_the_next_one(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    home = a.household()
    a.visit(home.id, photo=picture())
    a.visit(home.id, photo=picture("blue"))
    size = max(s for (s,) in a.sql("SELECT size FROM blob"))
    monkeypatch.setattr(bundle_out, "_MOST_PHOTOS", size + 5000)
    written = bundle_out.write(a.store, stick.folder)
    assert (written.photos, written.left) == (1, 1)
    taken = stick.to_server(written.path)
    assert (taken.operations, taken.photos) == (len(a.verdicts()), 1)
