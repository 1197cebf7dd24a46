"""The office as a courier: it hands over what is sealed, and brings back what it cannot open."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gridapp.errors import Problem
from gridapp.server import bundle_spool, schema
from gridapp.sync import bundle_files, courier
from gridapp.sync.courier import Carried, carry
from gridapp.sync.transport import Refused
from tests.sync.stick import Stick
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def errand(office: Client, stick: Stick) -> Carried:
    found = [one.path for one in bundle_files.find(stick.folder) if one.header.way == "up"]
    return carry(office.store, found, office._transport)


def spooled(world: World) -> int:
    with world.database.snapshot() as connection:
        rows = connection.execute(schema.blob_part.select()).all()
    return len([r for r in rows if r.sha256.startswith("bundle:")])


def test_an_errand(world: World) -> None:
    a, b, office, stick = world.join("甲"), world.join("乙"), world.office(), Stick(world)
    home = a.household()
    a.visit(home.id, photo=picture())
    b.household(name="李四", id_number="")
    for one in (a, b):
        one.network.online = False
        stick.write(one)
    done = errand(office, stick)
    assert (done.done, done.problems) == (2, ())
    assert not list(stick.folder.glob("up-*"))
    assert spooled(world) == 0
    office.sync()
    assert office.count("household") == 2
    assert len(office.sql("SELECT 1 FROM blob WHERE state='done'")) == 1
    for one in (a, b):
        (letter,) = [
            f.path
            for f in bundle_files.find(stick.folder)
            if f.header.device == one.store.who.device_id.bytes
        ]
        with pytest.raises(Problem):
            stick.take(office, letter)
        stick.take(one, letter)
        assert one.status().to_send == 0
        one.network.online = True
    world.settle()


def test_a_cut_errand_goes_on(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world
    monkeypatch.setattr(courier, "BLOB_PART", 300)
    a, office, stick = world.join("甲"), world.office(), Stick(world)
    a.household()
    path = stick.write(a)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    office.network.lose_next_reply(f"/bundles/{digest}/parts")
    with pytest.raises(Problem) as caught:
        errand(office, stick)
    assert caught.value.code == "offline"
    assert path.exists()
    office.network.log.clear()
    office.network.cut_next_reply(lambda body: len(body) // 2, f"/bundles/{digest}/answer")
    with pytest.raises(Problem) as caught:
        errand(office, stick)
    assert caught.value.code == "offline"
    assert [p.name for p in stick.folder.iterdir()] == [path.name]
    sent = [line for line in office.network.log if line.startswith("PUT")]
    assert len(sent) == -(-path.stat().st_size // 300) - 1  # all but the one that had arrived
    assert errand(office, stick).done == 1
    (letter,) = bundle_files.find(stick.folder)
    stick.take(a, letter.path)
    assert a.status().to_send == 0
    world.settle()


def test_one_that_is_not_good_holds_up_no_other(small_world: World) -> None:
    world = small_world
    a, b, office, stick = world.join("甲"), world.join("乙"), world.office(), Stick(world)
    a.household()
    b.household(name="李四", id_number="")
    bad, good = stick.write(a), stick.write(b)
    bad.write_bytes(bad.read_bytes()[:-1])
    done = errand(office, stick)
    assert done.done == 1
    assert [p.code for p in done.problems] == ["bundle_damaged"]
    assert bad.name in done.problems[0].text()
    assert bad.exists()
    assert not good.exists()
    assert spooled(world) == 0
    office.sync()
    assert office.count("household") == 1


def test_what_a_courier_leaves_lying(small_world: World) -> None:
    """Parts of one bundle at a time; the next one takes the place of the last."""
    world = small_world
    office, other = world.office(), world.join("甲")
    for digest in ("a" * 64, "b" * 64):
        assert office.transport.put_bundle(digest, 0, 10, b"12345").received == 5
    assert office.transport.bundle_state("a" * 64).received == 0
    assert office.transport.bundle_state("b" * 64).received == 5
    assert other.transport.bundle_state("b" * 64).received == 0
    assert spooled(world) == 1
    wrong = (
        (4, 10, b"x", 409),
        (5, 10, b"123456", 409),
        (0, 1 << 40, b"x", 413),
        (0, 0, b"x", 413),
    )
    for start, total, data, status in wrong:
        with pytest.raises(Refused) as refused:
            office.transport.put_bundle("b" * 64, start, total, data)
        assert (refused.value.status, refused.value.code) == (status, "bad_part")
    with pytest.raises(Refused) as refused:
        list(other.transport.bundle_answer("b" * 64))
    assert refused.value.code == "no_blob"
    with pytest.raises(Refused) as refused:
        list(office.transport.bundle_answer("b" * 64))
    assert (refused.value.status, refused.value.code) == (422, "not_a_bundle")
    assert spooled(world) == 0


def test_parts_read_as_a_file(small_world: World) -> None:
    office = small_world.office()
    whole = bytes(range(200)) * 5
    for start in range(0, 1000, 130):
        office.transport.put_bundle("a" * 64, start, 1000, whole[start : start + 130])
    file = bundle_spool.Spooled(small_world.server, "a" * 64, office.staff_id.bytes)
    assert file.seek(0, 2) == 1000
    for at, size in ((0, 1000), (129, 2), (130, 130), (999, 5), (400, 333), (0, 0)):
        file.seek(at)
        assert file.read(size) == whole[at : at + size]
    file.seek(3)
    assert file.read() == whole[3:]


def test_what_lies_on_a_stick(small_world: World) -> None:
    a, stick = small_world.join("甲"), Stick(small_world)
    a.household()
    path = stick.write(a)
    (stick.folder / "photo.jpg").write_bytes(b"x")
    (stick.folder / "empty.gridapp").write_bytes(b"")
    (stick.folder / "other.gridapp").write_bytes(b"y" * 100)
    (stick.folder / "folder.gridapp").mkdir()
    (found,) = bundle_files.find(stick.folder)
    assert found.path == path
    assert found.header.device == a.store.who.device_id.bytes
    assert bundle_files.find(Path(stick.folder / "nothing")) == []
