"""Photos have a queue of their own: small pictures first, parts that are kept, and records that never wait."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from gridapp.domain.attachment import Attachment
from gridapp.domain.visit import Visit
from gridapp.server import schema
from gridapp.store import photo_rows
from gridapp.store.changes import Changes
from gridapp.sync import photos
from gridapp.sync.engine import Engine
from gridapp.sync.photo_queue import PhotoQueue
from gridapp.sync.protocol import LARGEST_SMALL, SmallRequest
from gridapp.sync.transport import Offline, Refused
from tests.sync.test_scope import picture
from tests.sync.world import Client, World

WAIT = 60  # seconds, for a machine that is busy


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "BLOB_PART", 200)


def digest_of(client: Client) -> str:
    return str(client.sql("SELECT sha256 FROM attachment ORDER BY id DESC")[0][0])


def named(client: Client, digest: str) -> None:
    """A record that names a photo of which its author has nothing."""
    home = client.household(name="李四", id_number="")
    fields: dict[str, Any] = {"sha256": digest, "media_type": "image/jpeg", "size": 700}
    client.create(Attachment(target_kind="household", target_id=home.id, **fields))


def test_a_record_never_waits_for_a_photo(small_world: World) -> None:
    a, office = small_world.join("甲"), small_world.office()
    home = a.household()
    a.visit(home.id, "第一次", photo=picture())
    Engine(a.store, a.transport, with_photos=False).run()
    under_way, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        under_way.set()
        assert go_on.wait(WAIT)

    def listen(_changes: Changes) -> None:
        def look(reader: Any) -> None:
            if reader.value("SELECT state FROM blob") == "done":
                done.set()

        a.store.read(look)

    a.network.before_next(f"/blobs/{digest_of(a)}/parts", hold)
    a.store.listen(listen)
    queue = PhotoQueue(a.store, a._transport)
    try:
        queue.wake()
        assert under_way.wait(WAIT)
        visit = a.visit(home.id, "第二次")
        Engine(a.store, a.transport, with_photos=False).run()
        office.sync()
        assert office.get(Visit, visit).situation == "第二次"
        go_on.set()
        assert done.wait(WAIT)
    finally:
        go_on.set()
        queue.stop()
    office.sync()
    assert office.store.blobs.get(digest_of(office)) == a.store.blobs.get(digest_of(a))


def test_the_queue_goes_on_after_a_cut(small_world: World) -> None:
    a = small_world.join("甲")
    a.visit(a.household().id, photo=picture())
    Engine(a.store, a.transport, with_photos=False).run()
    a.network.lose_next_reply(f"/blobs/{digest_of(a)}/parts")
    queue = PhotoQueue(a.store, a._transport)
    queue._turn()
    assert a.status().photos == 1
    assert queue._due is not None  # by itself, later
    queue._turn()
    assert a.status().photos == 0
    queue.stop()


def test_small_pictures_go_first_both_ways(world: World) -> None:
    a, office = world.join("甲"), world.office()
    a.visit(a.household().id, photo=picture())
    a.network.answer_next(f"/blobs/{digest_of(a)}/state", 503)
    with pytest.raises(Offline):
        a.sync()
    office.sync()
    small, state = office.sql("SELECT thumbnail, state FROM blob")[0]
    assert (small, state) == (a.sql("SELECT thumbnail FROM blob")[0][0], "wanted")
    assert office.store.blobs.get(digest_of(a)) is None
    office.network.log.clear()
    world.settle()
    assert office.store.blobs.get(digest_of(a)) == a.store.blobs.get(digest_of(a))
    assert not [line for line in office.network.log if "/pictures" in line]  # it has it


def test_a_small_picture_is_no_wider_known_than_its_record(small_world: World) -> None:
    world = small_world
    a, stranger, office = world.join("甲"), world.join("丙", unit=world.grid3), world.office()
    a.visit(a.household().id, photo=picture())
    a.network.answer_next(f"/blobs/{digest_of(a)}/state", 503)
    with pytest.raises(Offline):
        a.sync()
    digest = digest_of(a)
    asked = SmallRequest(want=[digest])
    assert stranger.transport.small_pictures(asked).pictures == {}
    assert stranger.transport.small_pictures(SmallRequest(send={digest: picture()})).kept == []
    # To name a digest is not to have the photo, and what one sends for it only one's own readers see.
    named(stranger, digest)
    stranger.sync()
    sent = SmallRequest(send={digest: picture("blue")})
    assert stranger.transport.small_pictures(sent).kept == [digest]
    assert stranger.transport.small_pictures(asked).pictures == {digest: picture("blue")}
    real = a.sql("SELECT thumbnail FROM blob")[0][0]
    assert office.transport.small_pictures(asked).pictures == {digest: real}


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff" + bytes(LARGEST_SMALL)])
def test_what_is_no_small_picture_is_refused(small_world: World, data: bytes) -> None:
    a = small_world.join("甲")
    with pytest.raises(Refused) as refused:
        a.transport.small_pictures(SmallRequest(send={"a" * 64: data}))
    assert (refused.value.status, refused.value.code) == (413, "bad_part")


def test_a_client_believes_no_small_picture_that_is_none(small_world: World) -> None:
    """It is JPEG by its first bytes only, or a picture of 3,000 pixels: somebody tries something."""
    a, office = small_world.join("甲"), small_world.office()
    a.visit(a.household().id, photo=picture())
    Engine(a.store, a.transport, with_photos=False).run()
    with small_world.database.write() as connection:
        connection.execute(
            schema.thumbnail.insert().values(
                sha256=digest_of(a), staff_id=a.staff_id.bytes, data=b"\xff\xd8\xff nothing"
            )
        )
    office.sync()
    assert office.sql("SELECT 1 FROM blob") == []


def test_a_download_goes_on_where_it_was_cut(world: World) -> None:
    a, b = world.join("甲"), world.office()
    a.visit(a.household().id, photo=picture())
    a.sync()
    data = a.store.blobs.get(digest_of(a)) or b""
    parts = -(-len(data) // 200)
    assert parts > 2
    fetched = f"GET /blobs/{digest_of(a)}"
    for _ in range(2):  # one part comes, the answer to the next is lost
        real = b.transport.get_blob
        seen: list[int] = []

        def once(digest: str, start: int, real: Any = real, seen: list[int] = seen) -> bytes:
            if seen:
                raise Offline("cut")
            seen.append(start)
            return bytes(real(digest, start))

        b.transport.get_blob = once  # type: ignore[method-assign]
        with pytest.raises(Offline):
            b.sync()
        b.reopen()
    b.sync()
    assert b.store.blobs.get(digest_of(a)) == data
    assert len([line for line in b.network.log if line.startswith(fetched)]) == parts
    assert not b.store.blobs.has_parts()


def test_parts_that_nobody_waits_for_are_forgotten(small_world: World) -> None:
    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    a.visit(home.id, photo=picture())
    a.sync()
    b.store.blobs.keep_part(digest_of(a), 0, b"damaged")
    b.store.blobs.keep_part("f" * 64, 0, b"of a record that left")
    plain = b"".join(p.read_bytes() for p in b.store.folder.glob("blobs/coming/*/*"))
    assert b"record that left" not in plain
    b.sync()
    assert b.store.blobs.get(digest_of(a)) is None  # what had come was not it
    assert not b.store.blobs.has_parts()
    b.sync()
    assert b.store.blobs.get(digest_of(a)) == a.store.blobs.get(digest_of(a))


def test_who_may_read_a_photo_need_not_send_it(world: World) -> None:
    a, office, stranger = world.join("甲"), world.office(), world.join("丙", unit=world.grid3)
    home = a.household()
    a.visit(home.id, photo=picture())
    a.sync()
    office.sync()
    for one in (office, stranger):
        where = home.id if one is office else one.household(name="李四", id_number="").id
        one.visit(where, photo=picture())
        one.network.log.clear()
        one.sync()
        sent = [line for line in one.network.log if line.startswith("PUT")]
        assert bool(sent) is (one is stranger)
    with world.database.snapshot() as connection:
        senders = connection.execute(schema.blob_sender.select()).all()
    assert len(senders) == 3
    assert office.status().photos == stranger.status().photos == 0
    world.settle()


def test_a_photo_that_never_fits_is_given_up_and_named(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = small_world.join("甲")
    a.visit(a.household().id, photo=picture())
    Engine(a.store, a.transport, with_photos=False).run()

    def broken(*_: object) -> None:
        raise Refused(422, "bad_blob")

    monkeypatch.setattr(a.transport, "put_blob", broken)
    for tries in range(photo_rows.MOST_TRIES):
        assert a.status().broken_photos == 0, tries
        a.sync()
    assert a.sql("SELECT state, code FROM blob") == [("broken", "bad_blob")]
    # The same photo attached once more begins anew.
    home = a.household(name="王五", id_number="")
    monkeypatch.undo()
    a.visit(home.id, photo=picture())
    a.sync()
    assert a.sql("SELECT state, code, tries FROM blob") == [("done", "", 0)]


def test_a_file_that_is_too_large_is_named(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = small_world.join("甲")
    a.visit(a.household().id, photo=picture())
    monkeypatch.setattr(photos, "LARGEST_BLOB", 10)
    a.sync()
    assert a.sql("SELECT state, code FROM blob") == [("broken", "too_large")]


def test_an_older_server_knows_no_small_pictures(small_world: World) -> None:
    a, office = small_world.join("甲"), small_world.office()
    a.visit(a.household().id, photo=picture())
    for one in (a, office):
        refuse = partial(_unknown, one)
        one.transport.small_pictures = refuse  # type: ignore[method-assign,assignment]
    small_world.settle()
    assert office.store.blobs.get(digest_of(a)) == a.store.blobs.get(digest_of(a))


def _unknown(_client: Client, _request: SmallRequest) -> None:
    raise Refused(404, "bad_request")
