"""A revoked device reads nothing from its next contact on, hands over what waited, and erases itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from gridapp.domain.exchange import Operation
from gridapp.errors import Problem
from gridapp.server import accounts, quarantine, schema
from gridapp.store import drafts, erasing, keys, opening
from gridapp.sync.protocol import QuarantineRequest, encode
from gridapp.sync.session import device_key
from gridapp.sync.transport import Offline, Refused
from tests.store.decrypted import plain_bytes
from tests.sync.test_scope import picture
from tests.sync.world import PASSWORD, QUICK, Client, World

NAME, LATE, DRAFT = "欧阳霏霏霁", "貔貅还没上传", "翡翠鹦鹉草稿"


def at_work(world: World) -> Client:
    """Somebody with a household that the server knows, and a visit with a photo that it does not."""
    worker = world.join("甲")
    home = worker.household(name=NAME)
    worker.visit(home.id, "已上传", photo=picture("blue"))
    worker.sync()
    worker.sync()
    with world.offline():
        worker.visit(home.id, LATE, photo=picture())
        drafts.keep(worker.store, f"visit:{home.id}", {"situation": DRAFT}).result()
    accounts.revoke(world.server, str(worker.store.who.device_id))
    return worker


def kept(world: World, client: Client) -> list[Operation]:
    with world.database.snapshot() as connection:
        found = quarantine.kept_of(connection, client.store.who.device_id.bytes)
    return [one.operation for one in found]


def device(world: World, client: Client) -> Any:
    key = client.store.who.device_id.bytes
    with world.database.snapshot() as connection:
        return connection.execute(select(schema.device).where(schema.device.c.id == key)).one()


def refused(client: Client) -> str:
    with pytest.raises(Refused) as answer:
        client.sync()
    return answer.value.code


def left(client: Client) -> list[str]:
    return sorted(p.name for p in client.folder.rglob("*") if p.is_file())


def test_what_waited_is_kept_and_the_computer_forgets(world: World) -> None:
    head = world.office()
    worker = at_work(world)
    waiting = [key for (key,) in worker.sql("SELECT op_id FROM outbox WHERE state='waiting'")]
    digest = worker.sql("SELECT sha256 FROM blob WHERE state='waiting'")[0][0]
    assert refused(worker) == "revoked"
    assert [o.op_id for o in kept(world, worker)] == waiting
    assert [o.entity for o in kept(world, worker)] == ["visit", "attachment"]
    assert kept(world, worker)[0].fields["situation"].after == LATE
    assert device(world, worker).erased_at == world.clock()
    # Nobody reads it: neither the visit nor the photo is anywhere but in quarantine.
    head.sync()
    assert head.count("visit") == 1
    assert head.store.blobs.get(digest) is None
    with pytest.raises(Refused):
        head.transport.get_blob(digest, 0)
    worker.store.close()
    assert left(worker) == []
    assert opening.profiles(worker.folder) == ()
    world.clients.remove(worker)
    world.settle()


def test_nothing_can_be_read_from_the_first_moment_on(small_world: World) -> None:
    world = small_world
    worker = at_work(world)
    key = keys.unwrap(worker.store.folder, PASSWORD)
    path = worker.store.folder / "store.db"
    worker.network.lose_next_reply("/quarantine")
    with pytest.raises(Offline):
        worker.sync()
    # Cut in the middle: what others may not read is gone, what waits is still here.
    data = plain_bytes(path, key)
    assert NAME.encode() not in data
    assert DRAFT.encode() not in data
    assert LATE.encode() in data
    assert worker.count("household") == worker.count("visit") == 0
    worker.reopen()
    assert refused(worker) == "revoked"
    assert len(kept(world, worker)) == 2  # the lost reply doubled nothing
    assert LATE.encode() not in plain_bytes(path, key)
    assert not (worker.store.folder / "key.json").exists()
    assert not (worker.store.folder / "device.secret").exists()
    assert refused(worker) == "revoked"  # until the program ends
    with pytest.raises(Problem) as problem:
        opening.open_store(worker.store.folder, PASSWORD)
    assert problem.value.code == "erased"


def test_what_is_recorded_before_the_contact_is_kept_too(small_world: World) -> None:
    world = small_world
    worker = at_work(world)
    with world.offline():
        worker.event(None, "路灯不亮", grid_id=world.grid1)
    assert refused(worker) == "revoked"
    assert [o.entity for o in kept(world, worker)] == ["visit", "attachment", "event"]


def test_many_operations_and_a_large_photo_go_in_parts(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridapp.sync import batches, revoked

    monkeypatch.setattr(batches, "MOST_OPERATIONS", 3)
    monkeypatch.setattr(revoked, "BLOB_PART", 100)
    world = small_world
    worker = at_work(world)
    with world.offline():
        for n in range(8):
            worker.event(None, f"路灯{n}", grid_id=world.grid1)
    digest = worker.sql("SELECT sha256 FROM blob WHERE state='waiting'")[0][0]
    assert refused(worker) == "revoked"
    assert len(kept(world, worker)) == 10
    with world.database.snapshot() as connection:
        blob = connection.execute(select(schema.blob).where(schema.blob.c.sha256 == digest)).one()
    assert blob.holder == worker.store.who.device_id.bytes


def test_only_a_revoked_device_hands_over_and_only_in_its_own_name(world: World) -> None:
    worker, other = at_work(world), world.join("乙")
    sent = QuarantineRequest(worker.store.who.device_id.bytes, [])
    strange = QuarantineRequest(b"x" * 16, [])
    good = QuarantineRequest(other.store.who.device_id.bytes, [])
    for request, signer in ((sent, other), (strange, worker), (good, other)):
        body = encode(request)
        with pytest.raises(Refused) as answer:
            other.transport.quarantine(body, device_key(signer.store).sign(body))
        assert (answer.value.status, answer.value.code) == (401, "not_enrolled")
    assert kept(world, worker) == []
    assert device(world, other).last_seen is not None
    assert device(world, worker).erased_at is None


def test_a_full_quarantine_loses_nothing_here(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = small_world
    worker = at_work(world)
    monkeypatch.setattr(quarantine, "MOST_KEPT", 1)
    assert refused(worker) == "quarantine_full"
    assert kept(world, worker) == []
    assert worker.sql("SELECT count(*) FROM outbox") == [(2,)]
    monkeypatch.undo()
    assert refused(worker) == "revoked"
    assert len(kept(world, worker)) == 2


def test_a_program_that_is_killed_while_it_erases(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys are gone first; the rest goes at the next start, and nobody else's."""
    world = small_world
    worker = at_work(world)
    other = opening.create_store(
        worker.folder,
        PASSWORD,
        world.join("乙").store.who,
        device_key=bytes(32),
        strength=QUICK,
    )
    other.close()
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "_empty", _killed)
        with pytest.raises(KeyboardInterrupt):
            worker.sync()
    worker.store.close()
    assert (worker.store.folder / "store.db").exists()
    assert not (worker.store.folder / "key.json").exists()
    assert [p.name for p in opening.profiles(worker.folder)] == ["乙"]
    assert not worker.store.folder.exists()
    assert (other.folder / "store.db").exists()


def _killed(_: object) -> None:
    raise KeyboardInterrupt


def test_the_same_person_enrols_the_same_computer_again(small_world: World) -> None:
    world = small_world
    worker = at_work(world)
    who = worker.store.who
    assert refused(worker) == "revoked"
    worker.store.close()
    with opening.room_for_users(worker.folder):
        again = opening.create_store(
            worker.folder, PASSWORD, who, device_key=bytes(32), strength=QUICK
        )
    again.close()
    assert (again.folder / "key.json").exists()
