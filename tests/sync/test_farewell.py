"""A revoked computer that only meets sticks: it hands over what waits, is told by a letter, and erases itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select, update

from gridapp.domain.exchange import Operation
from gridapp.domain.household import Household
from gridapp.domain.unit import Staff
from gridapp.errors import Problem
from gridapp.server import bundles, quarantine, schema
from gridapp.store import erasing, keys, opening
from gridapp.sync import bundle_files, bundle_in, bundle_out, bundle_state, courier
from gridapp.sync import bundle_format as form
from gridapp.sync.bundle_format import Farewell, Writer, read_items
from gridapp.sync.protocol import encode
from gridapp.sync.sealing import DOWN, Damaged, Opener, Sealer, read_header
from gridapp.sync.transport import Refused
from tests.store.decrypted import plain_bytes
from tests.sync.restored import Copy
from tests.sync.stick import Stick
from tests.sync.test_bundle_refused import everything
from tests.sync.test_scope import picture
from tests.sync.world import PASSWORD, Client, Home, World

NAME, LATE, LATER = "欧阳霏霏霁", "貔貅还没上传", "麒麟后来写的"


def at_work(world: World) -> tuple[Client, Home]:
    """Somebody without network, with a visit and its photo that the server does not know."""
    worker = world.join("甲")
    home = worker.household(name=NAME)
    worker.sync()
    worker.network.online = False
    worker.visit(home.id, LATE, photo=picture())
    return worker, home


def told(stick: Stick, client: Client, path: Path) -> Path:
    """The server takes a bundle in, and answers."""
    taken = stick.to_server(path)
    assert taken.aside
    assert taken.accepted == 0
    return stick.answer(taken.asked)


def heeded(stick: Stick, client: Client, letter: Path) -> str:
    with pytest.raises(Problem) as caught:
        stick.take(client, letter)
    return caught.value.code


def kept(world: World, client: Client) -> list[Operation]:
    with world.database.snapshot() as connection:
        found = quarantine.kept_of(connection, client.store.who.device_id.bytes)
    return [one.operation for one in found]


def photos(world: World, client: Client) -> list[str]:
    mine = schema.blob.c.holder == client.store.who.device_id.bytes
    with world.database.snapshot() as connection:
        return sorted(connection.scalars(select(schema.blob.c.sha256).where(mine)))


def waiting(client: Client) -> list[bytes]:
    return [key for (key,) in client.sql("SELECT op_id FROM outbox WHERE state='waiting'")]


def is_gone(world: World, client: Client) -> bool:
    """Closed, and nothing is left of it."""
    client.store.close()
    world.clients.remove(client)
    return not [p for p in client.folder.rglob("*") if p.is_file()]


def items(client: Client, letter: Path) -> list[tuple[bytes, bytes]]:
    """All that a letter says, with the device's own key."""
    box = client.write(bundle_state.box_key)
    key = client.store.read(bundle_state.server_key).result()
    with letter.open("rb") as file:
        return list(read_items(Opener(file, box, key), lambda *_: True))


def test_a_letter_tells_it_and_it_forgets(world: World) -> None:
    worker, home = at_work(world)
    office, stick = world.office(), Stick(world)
    digest = worker.sql("SELECT sha256 FROM blob WHERE state='waiting'")[0][0]
    sent = waiting(worker)
    world.revoke(worker)
    office.change(Household, home.id, own_number="77")
    office.sync()
    letter = told(stick, worker, stick.write(worker))
    # No data at all: what it sent, by name.
    ((kind, body),) = items(worker, letter)
    assert kind == form.FAREWELL
    assert form.unpack(body, Farewell).operations == sorted(sent)
    assert form.unpack(body, Farewell).photos == [digest]
    assert len(body) < 500
    assert heeded(stick, worker, letter) == "erased"
    assert [o.op_id for o in kept(world, worker)] == sent
    assert photos(world, worker) == [digest]
    for name in ("key.json", "device.secret"):
        assert not (worker.store.folder / name).exists()
    with pytest.raises(Problem) as caught:
        opening.open_store(worker.store.folder, PASSWORD)
    assert caught.value.code == "erased"
    # Nobody reads what was put aside.
    office.sync()
    assert office.count("visit") == 0
    with pytest.raises(Refused):
        office.transport.get_blob(digest, 0)
    assert is_gone(world, worker)
    world.settle()


def test_what_was_recorded_later_waits_for_the_next_bundle(world: World) -> None:
    worker, home = at_work(world)
    stick = Stick(world)
    world.revoke(worker)
    path = stick.write(worker)
    worker.visit(home.id, LATER, photo=picture("blue"))
    everything_sent = waiting(worker)
    key = keys.unwrap(worker.store.folder, PASSWORD)
    with pytest.raises(Problem) as caught:
        stick.take(worker, told(stick, worker, path))
    assert caught.value.code == "revoked_waiting"
    assert "3" in caught.value.text()  # visit, attachment, photo
    # Nothing can be read; what only this computer has is still here, and nothing else.
    data = plain_bytes(worker.store.folder / "store.db", key)
    assert NAME.encode() not in data
    assert LATE.encode() not in data
    assert LATER.encode() in data
    assert worker.count("household") == worker.count("visit") == 0
    worker.reopen()
    worker.network.online = False
    letter = told(stick, worker, stick.write(worker))
    assert heeded(stick, worker, letter) == "erased"
    assert {o.op_id for o in kept(world, worker)} == set(everything_sent)
    assert len(photos(world, worker)) == 2
    assert is_gone(world, worker)


def test_or_for_the_network(small_world: World) -> None:
    world = small_world
    worker, home = at_work(world)
    stick = Stick(world)
    world.revoke(worker)
    path = stick.write(worker)
    worker.visit(home.id, LATER)
    sent = waiting(worker)
    assert heeded(stick, worker, told(stick, worker, path)) == "revoked_waiting"
    worker.network.online = True
    with pytest.raises(Refused):
        worker.sync()
    assert {o.op_id for o in kept(world, worker)} == set(sent)
    assert is_gone(world, worker)


def test_old_letters_and_old_news_are_not_heeded(small_world: World) -> None:
    """The server was heard after the bundle was written, and said nothing of it."""
    world = small_world
    worker, home = at_work(world)
    stick = Stick(world)
    path = stick.write(worker)
    answer = stick.answer(stick.to_server(stick.write(worker)).asked)
    worker.network.online = True
    worker.sync()
    worker.network.online = False
    worker.visit(home.id, LATER)
    world.revoke(worker)
    letter = told(stick, worker, path)
    before = everything(worker)
    assert heeded(stick, worker, letter) == "old_farewell"
    assert everything(worker) == before
    assert not worker.store.read(erasing.is_revoked).result()
    # A true one; after it nothing of before is read any more.
    path = stick.write(worker)
    worker.visit(home.id, LATER)
    assert heeded(stick, worker, told(stick, worker, path)) == "revoked_waiting"
    assert heeded(stick, worker, answer) == "revoked_here"
    assert worker.count("household") == 0


def test_nobody_else_can_say_farewell(small_world: World) -> None:
    world = small_world
    worker, _ = at_work(world)
    other, stick = world.join("乙"), Stick(world)
    path = stick.write(worker)
    world.revoke(other)
    theirs = told(stick, other, stick.write(other))
    box = worker.write(bundle_state.box_key)
    contact = worker.store.read(bundle_state.contacts).result()
    with path.open("rb") as file:
        letter_of_its_own = read_header(file).bundle
    ours = (worker.store.who.district_id.bytes, worker.store.who.device_id.bytes)
    forged = stick.folder / "forged.gridapp"
    said = Farewell(2, contact, waiting(worker))
    server = worker.store.read(bundle_state.server_key).result()
    before = everything(worker)
    own = box.public_key().public_bytes_raw()
    # By a stranger; by nobody; to another reader.
    # As an answer to a letter that was written here, and to one that was not.
    named = ((letter_of_its_own, "bundle_damaged"), (b"\3" * 16, "other_letter"))
    for reader, sender in ((own, X25519PrivateKey.generate()), (own, None), (server, box)):
        for bundle, code in named:
            with forged.open("wb") as file:
                out = Writer(Sealer(file, DOWN, (*ours, bundle), reader, sender))
                out.put(form.FAREWELL, encode(said))
                out.finish(lambda _: b"")
            assert heeded(stick, worker, forged) == code
    assert heeded(stick, worker, theirs) == "other_device"
    whole = theirs.read_bytes()
    theirs.write_bytes(
        whole.replace(other.store.who.device_id.bytes, worker.store.who.device_id.bytes, 1)
    )
    assert heeded(stick, worker, theirs) == "other_letter"
    # And a true one that was cut or changed on the way.
    world.revoke(worker)
    letter = told(stick, worker, path)
    whole = letter.read_bytes()
    for spoilt in (whole[:-1], whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:], whole + b"x"):
        letter.write_bytes(spoilt)
        assert heeded(stick, worker, letter) == "bundle_damaged"
    assert everything(worker) == before
    assert not worker.store.read(erasing.is_revoked).result()


def test_a_letter_of_before_the_same_person_enrolled_again(small_world: World) -> None:
    world = small_world
    worker, _ = at_work(world)
    stick = Stick(world)
    world.revoke(worker)
    letter = told(stick, worker, stick.write(worker))
    again = world.computer(Staff(id=worker.staff_id, name="甲"))
    before = everything(again)
    assert heeded(stick, again, letter) == "other_device"
    letter.write_bytes(
        letter.read_bytes().replace(
            worker.store.who.device_id.bytes, again.store.who.device_id.bytes, 1
        )
    )
    assert heeded(stick, again, letter) == "other_letter"
    assert everything(again) == before


def test_a_courier_carries_it(world: World) -> None:
    worker, _ = at_work(world)
    office, stick = world.office(), Stick(world)
    sent = waiting(worker)
    world.revoke(worker)
    path = stick.write(worker)
    done = courier.carry(office.store, [path], office._transport)
    assert (done.done, done.problems) == (1, ())
    (letter,) = bundle_files.find(stick.folder)
    assert heeded(stick, worker, letter.path) == "erased"
    assert [o.op_id for o in kept(world, worker)] == sent


def test_what_was_judged_before_need_not_come_again(small_world: World) -> None:
    world = small_world
    worker, _ = at_work(world)
    stick = Stick(world)
    asked = stick.to_server(stick.write(worker)).asked
    world.revoke(worker)
    assert heeded(stick, worker, stick.answer(asked)) == "erased"
    assert kept(world, worker) == []
    assert len(world.rows("visit")) == 1


def test_the_newest_bundle_is_answered(small_world: World) -> None:
    """As the command does it: one answer for each computer, and none where nothing is left to tell."""
    world = small_world
    worker, home = at_work(world)
    stick = Stick(world)
    stick.to_server(stick.write(worker))
    worker.visit(home.id, LATER)
    path = stick.write(worker)
    world.revoke(worker)
    stick.to_server(path)
    (asked,) = bundles.to_answer(world.server)
    assert heeded(stick, worker, stick.answer(asked)) == "erased"
    with world.database.write() as connection:
        connection.execute(update(schema.device).values(erased_at=1))
    with pytest.raises(Problem) as caught:
        bundles.to_answer(world.server)
    assert caught.value.code == "no_bundle_came"


def test_a_full_quarantine_loses_nothing(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = small_world
    worker, _ = at_work(world)
    stick = Stick(world)
    sent = waiting(worker)
    world.revoke(worker)
    with monkeypatch.context() as patch:
        patch.setattr(quarantine, "MOST_KEPT", 1)
        patch.setattr(quarantine, "MOST_PHOTO_BYTES", 1)
        assert heeded(stick, worker, told(stick, worker, stick.write(worker))) == "revoked_waiting"
    assert waiting(worker) == sent
    assert heeded(stick, worker, told(stick, worker, stick.write(worker))) == "erased"
    assert [o.op_id for o in kept(world, worker)] == sent
    assert len(photos(world, worker)) == 1


def test_of_a_server_that_was_restored(small_world: World) -> None:
    """Nothing of it is judged, so it need not know the epoch."""
    world = small_world
    worker, _ = at_work(world)
    stick, copy = Stick(world), Copy(world)
    sent = waiting(worker)
    world.revoke(worker)
    world.staff("丙", ("worker", world.grid2))
    copy.put_back()
    assert world.server.epoch == 2
    assert heeded(stick, worker, told(stick, worker, stick.write(worker))) == "erased"
    assert [o.op_id for o in kept(world, worker)] == sent


def test_killed_on_the_way(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world
    worker, _ = at_work(world)
    stick = Stick(world)
    world.revoke(worker)
    letter = told(stick, worker, stick.write(worker))

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "erase", kill)
        with pytest.raises(KeyboardInterrupt):
            stick.take(worker, letter)
    worker.reopen()
    assert worker.count("household") == 0
    assert heeded(stick, worker, letter) == "erased"
    # And what is open still neither writes nor reads anything.
    for act in (lambda: stick.take(worker, letter), lambda: stick.write(worker)):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.code == "erased"


def test_a_program_that_knows_no_farewell(small_world: World) -> None:
    """It takes the letter for damaged, and changes nothing."""
    world = small_world
    worker, _ = at_work(world)
    stick = Stick(world)
    world.revoke(worker)
    letter = told(stick, worker, stick.write(worker))
    box = worker.write(bundle_out.bundle_state.box_key)
    server = worker.store.read(bundle_state.server_key).result()
    with letter.open("rb") as file, pytest.raises(Damaged):
        bundle_in._check_all(file, box, server, letter.name)
