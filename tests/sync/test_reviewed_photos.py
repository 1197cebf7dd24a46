"""Photos of late work: who decides sees them before deciding, as far as they have come, and nobody else ever."""

from __future__ import annotations

from uuid import UUID

import pytest

from gridapp.domain.exchange import Change, Operation
from gridapp.domain.household import Household
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.server import schema
from gridapp.server.purging import purge
from gridapp.store import attaching, inbox, photo_rows
from gridapp.store.drafting import Picture
from gridapp.sync import photos
from gridapp.sync.engine import Engine
from gridapp.sync.protocol import SmallRequest
from gridapp.sync.transport import Refused
from tests.sync.late import accept, give_back, late, waiting
from tests.sync.stick import Stick
from tests.sync.test_scope import picture
from tests.sync.world import Client, Home, World

NOWHERE = "0" * 64  # the digest of no photo


def _late_visit(world: World, *, with_photos: bool = True) -> tuple[Client, Client, Home, str]:
    """A visit with a photo that came too late: its author, the head, the household, the photo."""
    worker, head, home = late(world)
    with world.offline():
        worker.visit(home.id, photo=picture())
    world.end_role(worker)
    (digest,) = worker.sql("SELECT sha256 FROM attachment")[0]
    Engine(worker.store, worker.transport, with_photos=with_photos).run()
    return worker, head, home, digest


def _small(client: Client, digest: str) -> dict[str, bytes]:
    return client.transport.small_pictures(SmallRequest({}, [digest])).pictures


def _sees(client: Client, digest: str) -> bool:
    """Whether the server shows the photo; small and whole it is the same."""
    try:
        said = "shown" if client.transport.get_blob(digest, 0) else "empty"
    except Refused as refused:
        said = f"{refused.status} {refused.code}"
    assert said == ("shown" if _small(client, digest) else "404 no_blob")
    return said == "shown"


def _holds(client: Client, digest: str) -> bool:
    """Whether anything of the photo is on this computer."""
    rows = client.sql(f"SELECT 1 FROM blob WHERE sha256='{digest}'")
    assert client.store.blobs.has(digest) == bool(rows)
    return bool(rows)


def test_the_head_has_the_photo_before_deciding(world: World) -> None:
    worker, head, _, digest = _late_visit(world, with_photos=False)
    head.sync()
    assert [review.target_kind for review in waiting(head)] == ["visit"]
    assert not _holds(head, digest)
    worker.sync()
    head.sync()
    assert head.store.blobs.get(digest) == worker.store.blobs.get(digest) is not None
    assert head.sql("SELECT state, thumbnail IS NOT NULL FROM blob") == [("done", 1)]
    assert head.sql("SELECT id FROM attachment") == []
    world.settle()


def test_the_small_picture_comes_first(small_world: World) -> None:
    worker, head, _, digest = _late_visit(small_world, with_photos=False)
    worker.transport.small_pictures(SmallRequest({digest: photos._thumbnail(picture()) or b""}, []))
    head.sync()
    assert head.sql("SELECT state, thumbnail IS NOT NULL FROM blob") == [("wanted", 1)]
    assert not head.store.blobs.has(digest)
    worker.sync()
    head.sync()
    assert head.sql("SELECT state FROM blob") == [("done",)]


def test_nobody_sees_it_who_may_not_decide(world: World) -> None:
    """And what they are told is what is said of a photo that is nowhere."""
    others = [
        world.join("邻格长", "grid_head", world.grid2),
        world.join("乙"),
        world.join("西街", "office", world.west),
    ]
    office = world.office()
    worker, head, _, digest = _late_visit(world)
    assert _sees(head, digest)
    assert _sees(office, digest)
    for client in (*others, worker):
        assert not _sees(client, digest)
        assert not _sees(client, NOWHERE)
        client.sync()
    world.settle()
    assert [_holds(client, digest) for client in others] == [False] * 3


def test_who_decides_learns_nothing_about_sending_it(small_world: World) -> None:
    """To see a photo of waiting work is not to have sent it: nothing is said of what others sent."""
    _, head, _, digest = _late_visit(small_world)
    head.sync()
    for known in (digest, NOWHERE):
        with pytest.raises(Refused) as refused:
            head.transport.blob_state(known)
        assert refused.value.code == "no_blob"
        with pytest.raises(Refused) as refused:
            head.transport.put_blob(known, 0, 4, b"fake")
        assert refused.value.code == "no_blob"
    assert head.transport.small_pictures(SmallRequest({digest: b"\xff\xd8\xffX"}, [])).kept == []


def _attachment_of(visit: UUID, digest: str) -> Operation:
    """What another program might send: a photo named by its digest alone."""
    fields = {
        "target_kind": "visit",
        "target_id": visit.bytes,
        "sha256": digest,
        "media_type": "image/jpeg",
        "size": 900,
    }
    changes = {name: Change(None, value) for name, value in fields.items()}
    return Operation(new_id().bytes, 900, "attachment", new_id().bytes, 0, changes, 0, 0)


def test_to_name_a_photo_is_not_to_show_it(world: World) -> None:
    """Late work names the photo of a grid that its author never saw: who decides about it does not see it either."""
    stranger = world.join("丙", unit=world.grid3)
    stranger.visit(stranger.household(name="密").id, photo=picture("blue"))
    worker, head, home = late(world)
    visit = worker.visit(home.id)
    world.settle()
    (digest,) = stranger.sql("SELECT sha256 FROM attachment")[0]
    world.end_role(worker)
    who = worker.store.who
    (outcome,) = world.apply_as(
        worker.staff_id.bytes, who.device_id.bytes, _attachment_of(visit, digest)
    )
    assert (outcome.verdict.value, outcome.code) == ("parked", "role_ended")
    head.sync()
    assert [review.target_kind for review in waiting(head)] == ["attachment"]
    assert not _sees(head, digest)
    assert not _holds(head, digest)
    # Nor does the one who guessed it learn that it is there.
    state = worker.transport.blob_state(digest)
    assert (state.received, state.complete) == (0, False)


def test_a_small_picture_of_somebody_else_stands_for_nothing(small_world: World) -> None:
    """Two name the photo in work that waits, one has it: the other's small picture is not shown in its place."""
    worker, head, home = late(small_world)
    liar = small_world.join("乙")
    seen = worker.visit(home.id)
    small_world.settle()
    with small_world.offline():
        worker.visit(home.id, photo=picture())
    (digest,) = worker.sql("SELECT sha256 FROM attachment")[0]
    for client in (worker, liar):
        small_world.end_role(client)
    who, fake = liar.store.who, b"\xff\xd8\xffFAKE"
    small_world.apply_as(liar.staff_id.bytes, who.device_id.bytes, _attachment_of(seen, digest))
    assert liar.transport.small_pictures(SmallRequest({digest: fake}, [])).kept == [digest]
    worker.sync()
    assert _small(head, digest)[digest] not in (fake, b"")


def test_given_back_it_is_seen_no_more(world: World) -> None:
    worker, head, _, digest = _late_visit(world)
    head.sync()
    assert _holds(head, digest)
    give_back(head)
    head.write(inbox.finish_round)
    photos.erase(head.store)
    assert _holds(head, digest)  # the server may still refuse that
    head.sync()
    assert not _holds(head, digest)
    assert not _sees(head, digest)
    worker.sync()
    assert worker.store.blobs.get(digest) is not None
    assert worker.sql("SELECT thumbnail IS NOT NULL FROM blob") == [(1,)]
    world.settle()


def test_a_photo_by_itself_given_back(small_world: World) -> None:
    """Added to a visit that is registered: the photo is all that waits."""
    world = small_world
    worker, head, home = late(world)
    visit = worker.visit(home.id)
    world.settle()
    with world.offline():
        seen, taken = worker.get(Visit, visit), Picture(picture(), "p.jpg")
        worker.write(lambda uow: attaching.attach(uow, seen, [taken]))
    world.end_role(worker)
    worker.sync()
    head.sync()
    (digest,) = worker.sql("SELECT sha256 FROM attachment")[0]
    assert [review.target_kind for review in waiting(head)] == ["attachment"]
    assert _holds(head, digest)
    give_back(head)
    head.sync()
    assert not _holds(head, digest)
    assert not _sees(head, digest)


def test_given_back_and_corrected_it_is_seen_again(small_world: World) -> None:
    world = small_world
    worker, head, _, digest = _late_visit(world)
    head.sync()
    give_back(head)
    world.settle()
    ((visit,),) = worker.sql("SELECT id FROM visit")
    worker.change(Visit, UUID(bytes=visit), situation="11月18日，精神好。")
    world.settle()
    assert _holds(head, digest)
    accept(head)
    world.settle()
    assert _holds(head, digest)
    assert len(head.sql("SELECT id FROM attachment")) == 1


def test_accepted_it_is_not_fetched_again(world: World) -> None:
    worker, head, _, digest = _late_visit(world)
    head.sync()
    head.network.log.clear()
    accept(head)
    head.sync()
    assert head.sql("SELECT sha256 FROM attachment") == [(digest,)]
    assert _holds(head, digest)
    assert [line for line in head.network.log if "/blobs/" in line] == []
    worker.sync()
    world.settle()
    assert _holds(head, digest)


def test_what_was_accepted_goes_with_its_household(small_world: World) -> None:
    """The review stays, among what was decided: it keeps no photo of a household that went to another grid."""
    world = small_world
    _, head, home, digest = _late_visit(world)
    office = world.office()
    head.sync()
    accept(head)
    world.settle()
    office.change(Household, home.id, grid_id=world.grid2)
    world.settle()
    assert len(head.sql("SELECT 1 FROM review WHERE state='accepted'")) == 2
    assert not _holds(head, digest)
    assert _holds(office, digest)


def test_it_goes_where_the_decision_goes(world: World) -> None:
    """The household moves before anybody decided."""
    _, head, home, digest = _late_visit(world)
    office, second = world.office(), world.join("二组长", "grid_head", world.grid2)
    head.sync()
    assert _holds(head, digest)
    office.change(Household, home.id, grid_id=world.grid2)
    office.sync()
    world.settle()
    assert not _holds(head, digest)
    assert not _sees(head, digest)
    assert second.store.blobs.get(digest) is not None


def test_a_head_whose_post_ends_keeps_none(small_world: World) -> None:
    _, head, _, digest = _late_visit(small_world)
    head.sync()
    assert _holds(head, digest)
    small_world.end_role(head)
    head.sync()
    assert not _holds(head, digest)
    assert not _sees(head, digest)


@pytest.mark.parametrize("entity", ["household", "visit"])
def test_purged_it_is_nowhere(small_world: World, entity: str) -> None:
    """With its household, or with the visit on which a photo waits."""
    world = small_world
    worker, head, home = late(world)
    visit = worker.visit(home.id)
    world.settle()
    with world.offline():
        seen, taken = worker.get(Visit, visit), Picture(picture(), "p.jpg")
        worker.write(lambda uow: attaching.attach(uow, seen, [taken]))
    world.end_role(worker)
    worker.sync()
    head.sync()
    (digest,) = worker.sql("SELECT sha256 FROM attachment")[0]
    assert _holds(head, digest)
    purge(world.server, entity, (home.id if entity == "household" else visit).bytes, "申请")
    for client in (head, worker):
        client.sync()
        assert not _holds(client, digest)
        assert not _sees(client, digest)
    assert head.sql("SELECT 1 FROM review") == []
    with world.database.snapshot() as connection:
        for table in (schema.blob, schema.blob_part, schema.thumbnail, schema.blob_sender):
            assert connection.execute(table.select()).all() == []


@pytest.mark.parametrize("size", ["small", "whole"])
def test_a_photo_that_comes_when_its_review_has_left_is_not_kept(
    small_world: World, size: str
) -> None:
    """It was on its way while the round took the work away."""
    _, head, home, digest = _late_visit(small_world)
    Engine(head.store, head.transport, with_photos=False).run()
    wanted = head.store.read(photo_rows.missing).result()
    data, small = head.transport.get_blob(digest, 0), _small(head, digest)
    purge(small_world.server, "household", home.id.bytes, "申请")
    Engine(head.store, head.transport, with_photos=False).run()
    if size == "small":
        photos.take_small(head.store, small, wanted)
    else:
        photos.take(head.store, digest, data)
    photos.erase(head.store)
    assert not _holds(head, digest)


def test_the_photo_of_other_work_stays(small_world: World) -> None:
    """One picture of two households: purged or given back with one of them, it is still seen with the other."""
    world = small_world
    worker, head, home = late(world)
    other = worker.household(name="钱", id_number="")
    third = worker.household(name="孙", id_number="")
    world.settle()
    with world.offline():
        for one in (home, other, third):
            worker.visit(one.id, photo=picture())
    world.end_role(worker)
    worker.sync()
    head.sync()
    ((digest,),) = worker.sql("SELECT DISTINCT sha256 FROM attachment")
    head.network.log.clear()
    purge(world.server, "household", home.id.bytes, "申请")
    head.sync()
    give_back(head)
    world.settle()
    assert [review.about_id for review in waiting(head)] == [third.id]
    assert _holds(head, digest)
    assert [line for line in head.network.log if line.startswith("GET /blobs/")] == []
    assert _sees(head, digest)
    give_back(head)
    world.settle()
    assert not _holds(head, digest)


def test_it_comes_by_stick(small_world: World) -> None:
    world = small_world
    _, head, _, digest = _late_visit(world)
    stick = Stick(world)
    stick.round_trip(head)  # the review
    assert [review.target_kind for review in waiting(head)] == ["visit"]
    assert not head.store.blobs.has(digest)
    stick.round_trip(head)  # what it names
    assert head.store.blobs.get(digest) is not None


def test_photos_that_never_come_keep_no_others_waiting(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author of many late photos has no signal for long: those of registered visits come all the same."""
    world = small_world
    worker, head, home = late(world)
    colleague = world.join("乙")
    with world.offline():
        for colour in ("red", "green", "blue", "white"):
            worker.visit(home.id, photo=picture(colour))
    world.end_role(worker)
    Engine(worker.store, worker.transport, with_photos=False).run()
    colleague.visit(home.id, photo=picture("black"))
    colleague.sync()
    monkeypatch.setattr(photo_rows, "IN_ONE_ROUND", 4)
    head.sync()
    ((digest,),) = head.sql("SELECT sha256 FROM attachment")
    assert head.store.blobs.get(digest) is not None
    assert len(head.store.read(photo_rows.missing).result()) == 2
