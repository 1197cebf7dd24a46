"""Photos: after their records, in parts, checked, and only to who may see the record."""

from __future__ import annotations

import os

import pytest

from gridapp.server import schema
from gridapp.sync import photos
from gridapp.sync.transport import Offline, Refused
from tests.sync.test_scope import picture
from tests.sync.world import World


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "BLOB_PART", 200)


def _digest(client: object) -> str:
    return str(client.sql("SELECT sha256 FROM attachment")[0][0])  # type: ignore[attr-defined]


def test_a_photo_arrives(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.visit(home.id, photo=picture())
    assert a.status().photos == 1
    world.settle()
    assert a.status().photos == 0
    digest = _digest(b)
    assert b.store.blobs.get(digest) == a.store.blobs.get(digest) is not None
    assert b.sql("SELECT thumbnail FROM blob")[0][0]


def test_an_upload_cut_in_the_middle_goes_on(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.visit(home.id, photo=picture())
    digest = None
    for _ in range(2):
        a.network.log.clear()
        a.network.before_next("/blobs", lambda: None)
        a.network.lose_next_reply(f"/blobs/{_digest(a)}/parts")
        with pytest.raises(Offline):
            a.sync()
        a.reopen()
        digest = _digest(a)
    before = a.transport
    a.sync()
    assert before is a.transport
    with world.database.snapshot() as connection:
        parts = connection.execute(schema.blob_part.select()).all()
    data = a.store.blobs.get(digest or "")
    assert data is not None
    assert b"".join(p.data for p in sorted(parts, key=lambda p: p.start)) == data
    assert len(parts) == -(-len(data) // 200)
    world.settle()
    assert b.store.blobs.get(digest or "") == data


def test_a_download_cut_in_the_middle(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.visit(home.id, photo=picture())
    a.sync()
    b.network.lose_next_reply("/blobs")
    with pytest.raises(Offline):
        b.sync()
    assert b.count("attachment") == 1  # a record never waits for its photo
    b.reopen()
    world.settle()
    assert b.store.blobs.get(_digest(b)) is not None


def test_what_arrived_wrong_is_not_kept(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.visit(home.id, photo=picture())
    a.network.answer_next("/blobs", 503)
    with pytest.raises(Offline):
        a.sync()
    digest = _digest(a)
    size = len(a.store.blobs.get(digest) or b"")
    with pytest.raises(Refused) as refused:
        a.transport.put_blob(digest, 0, size, os.urandom(size))
    assert refused.value.code == "bad_blob"
    for start, total, data in ((5, size, b"x"), (0, size, b""), (0, -1, b"x"), (0, 1 << 40, b"x")):
        with pytest.raises(Refused) as refused:
            a.transport.put_blob(digest, start, total, data)
        assert refused.value.code == "bad_part"
    world.settle()
    office = world.office()
    assert office.store.blobs.get(digest) == a.store.blobs.get(digest)
    with world.database.snapshot() as connection:
        assert connection.execute(schema.blob.select()).one().size == size


def test_somebody_sent_a_wrong_part_of_it(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    a.visit(home.id, photo=picture())
    a.network.answer_next("/blobs", 503)
    with pytest.raises(Offline):
        a.sync()
    digest = _digest(a)
    b.sync()
    # Whoever may read the record that names it may not send bytes for it.
    with pytest.raises(Refused) as refused:
        b.transport.put_blob(digest, 0, len(a.store.blobs.get(digest) or b""), b"wrong")
    assert refused.value.code == "no_blob"
    world.settle(rounds=3)
    assert b.store.blobs.get(digest) == a.store.blobs.get(digest)
    assert a.status().photos == 0


def test_a_blob_needs_a_record_that_one_may_see(world: World) -> None:
    a, other = world.join("甲"), world.join("丙", unit=world.grid3)
    home = a.household()
    a.visit(home.id, photo=picture())
    a.sync()
    digest = _digest(a)
    with pytest.raises(Refused) as refused:
        other.transport.get_blob(digest, 0)
    assert (refused.value.status, refused.value.code) == (404, "no_blob")
    assert a.transport.get_blob(digest, 0)
    # The author may still upload after the scope is lost, and no more than that.
    a.visit(home.id, photo=picture("blue"))
    a.network.answer_next("/blobs", 503)
    with pytest.raises(Offline):
        a.sync()
    world.end_role(a)
    a.sync()
    with world.database.snapshot() as connection:
        assert len(connection.execute(schema.blob.select()).all()) == 2
    with pytest.raises(Refused):
        a.transport.get_blob(digest, 0)


def test_a_document_that_is_no_picture_does_not_stop_sync(small_world: World) -> None:
    from gridapp.domain.attachment import Attachment

    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    digest = a.store.blobs.put(b"%PDF-1.7 ...")
    a.write(
        lambda uow: uow.connection.execute(
            "INSERT INTO blob (sha256,size,state) VALUES (?,12,'waiting')", (digest,)
        )
    )
    a.create(
        Attachment(
            target_kind="household",
            target_id=home.id,
            sha256=digest,
            media_type="application/pdf",
            size=12,
        )
    )
    small_world.settle()
    assert b.store.blobs.get(digest) == b"%PDF-1.7 ..."


def test_a_lost_file_is_said_and_holds_up_nothing(small_world: World) -> None:
    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    a.visit(home.id, photo=picture())
    a.visit(home.id, photo=picture("blue"))
    first = str(a.sql("SELECT sha256 FROM attachment ORDER BY id")[0][0])
    a.store.blobs.remove(first)
    small_world.settle()
    assert a.sql("SELECT code FROM blob WHERE state='broken'") == [("lost",)]
    assert a.status().broken_photos == 1
    assert b.sql("SELECT count(*) FROM blob WHERE state='done'") == [(1,)]
