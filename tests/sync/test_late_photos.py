"""Photos of work that was parked or rejected, on their author's computer: sent once, and never said to be broken."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from gridapp.domain.visit import Visit
from gridapp.store import attaching, photo_rows, refused
from gridapp.store import status as told
from gridapp.store.drafting import Picture
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.broken_photos import broken_photos
from gridapp.sync.engine import Engine
from gridapp.sync.transport import Refused
from tests.sync.late import accept, give_back, late
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def _parked(world: World) -> tuple[Client, Client, UUID]:
    """A worker with a late visit that has a photo; its records have come, the photo has not."""
    worker, head, home = late(world)
    with world.offline():
        visit = worker.visit(home.id, photo=picture())
    world.end_role(worker)
    Engine(worker.store, worker.transport, with_photos=False).run()
    head.sync()
    return worker, head, visit


def _alone(world: World) -> tuple[Client, Client]:
    """A late photo of a visit that is registered: the head decides about the photo itself."""
    worker, head, home = late(world)
    visit = worker.visit(home.id)
    world.settle()
    with world.offline():
        seen, taken = worker.get(Visit, visit), Picture(picture(), "p.jpg")
        worker.write(lambda uow: attaching.attach(uow, seen, [taken]))
    world.end_role(worker)
    Engine(worker.store, worker.transport, with_photos=False).run()
    head.sync()
    return worker, head


def _digest(client: Client) -> str:
    """The photo that the only attachment here names."""
    ((digest,),) = client.sql("SELECT sha256 FROM attachment")
    return str(digest)


def _sync(client: Client) -> None:
    client.sync()


def _states(client: Client) -> list[tuple[str, int]]:
    return [(state, tries) for state, tries in client.sql("SELECT state, tries FROM blob")]


def _parts(client: Client) -> list[str]:
    return [line for line in client.network.log if line.startswith("PUT")]


def _failing(client: Client, monkeypatch: pytest.MonkeyPatch, status: int, code: str) -> list[int]:
    """From now on the server says this to every photo of the client; the returned list grows with each try."""
    tried: list[int] = []

    def fail(*_: object) -> None:
        tried.append(status)
        raise Refused(status, code)

    monkeypatch.setattr(client.transport, "put_blob", fail)
    return tried


def test_that_waiting_work_is_unknown_does_not_count(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it did not work: when it is wanted, it still goes."""
    worker, head, _ = _parked(small_world)
    _failing(worker, monkeypatch, 404, "no_blob")
    for _ in range(photo_rows.MOST_TRIES + 1):
        worker.sync()
        assert worker.status().broken_photos == 0
    assert _states(worker) == [("waiting", 0)]
    monkeypatch.undo()
    accept(head)
    small_world.settle(3)
    assert worker.status().photos == 0
    assert head.store.blobs.get(_digest(head)) is not None


@pytest.mark.parametrize(("status", "code"), [(409, "bad_part"), (422, "bad_blob")])
def test_a_photo_of_waiting_work_that_never_fits_is_given_up_and_named(
    small_world: World, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    """It is not sent for ever; and once the work is taken it is tried anew, as every photo is."""
    worker, head, visit = _parked(small_world)
    tried = _failing(worker, monkeypatch, status, code)
    for _ in range(photo_rows.MOST_TRIES + 2):
        worker.sync()
    assert len(tried) == photo_rows.MOST_TRIES
    (broken,) = worker.store.read(broken_photos).result()
    assert (broken.code, broken.sha256) == (code, _digest(worker))
    assert worker.status().broken_photos == 1
    monkeypatch.undo()
    worker.sync()
    assert _parts(worker) == []
    accept(head)
    small_world.settle(3)
    assert worker.status().broken_photos == 0
    assert head.store.blobs.get(_digest(head)) is not None
    assert head.get(Visit, visit) is not None


def test_once_the_work_is_taken_it_is_given_up_for_good(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, *_ = _parked(small_world)
    tried = _failing(worker, monkeypatch, 422, "bad_blob")
    for _ in range(photo_rows.MOST_TRIES):
        worker.sync()
    worker.write(lambda uow: uow.connection.execute("UPDATE outbox SET state='applied'"))
    for _ in range(photo_rows.MOST_TRIES + 2):
        worker.sync()
    assert len(tried) == 2 * photo_rows.MOST_TRIES
    assert worker.status().photos == 0
    # Nothing of the scope that was lost is kept for it any longer.
    assert worker.sql("SELECT 1 FROM attachment UNION ALL SELECT 1 FROM blob") == []


def test_what_was_given_up_is_not_named_once_its_work_is_given_back(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, head = _alone(small_world)
    _failing(worker, monkeypatch, 422, "bad_blob")
    for _ in range(photo_rows.MOST_TRIES):
        worker.sync()
    assert worker.status().broken_photos == 1
    give_back(head)
    head.sync()
    worker.sync()
    assert _states(worker) == [("held", 0)]
    assert worker.status().broken_photos == 0


def test_given_back_while_its_photo_sets_out(small_world: World) -> None:
    """The head is faster than the photo: nothing is broken, it waits for what becomes of the work."""
    worker, head = _alone(small_world)
    give_back(head)
    worker.network.before_next("/blobs", lambda: _sync(head))
    worker.sync()
    assert _parts(worker) == []
    assert worker.status().broken_photos == 0
    worker.sync()
    assert worker.last() == ("rejected", "returned")
    assert _states(worker) == [("held", 0)]
    worker.network.log.clear()
    worker.sync()
    assert [line for line in worker.network.log if "/blobs/" in line] == []
    # Offered once more, and taken, it goes.
    (item,) = worker.store.read(told.not_accepted).result()
    worker.write(lambda uow: refused.send_again(uow, item.save_id))
    worker.sync()
    head.sync()
    accept(head)
    small_world.settle(3)
    assert len(_parts(worker)) == 1
    assert head.store.blobs.get(_digest(head)) is not None


def test_the_photo_of_rejected_work_waits_and_is_never_offered(small_world: World) -> None:
    """The server did not take the very record that names it. Added once more and taken, it goes, once."""
    a = small_world.join("甲")
    visit = a.visit(a.household().id, photo=picture())
    a.write(_spoil)
    for _ in range(photo_rows.MOST_TRIES + 1):
        a.sync()
        assert a.status().broken_photos == 0
    assert a.last() == ("rejected", "too_long")
    assert _states(a) == [("held", 0)]
    assert [line for line in a.network.log if "/blobs/" in line] == []
    seen, taken = a.get(Visit, visit), Picture(picture(), "p.jpg")
    a.write(lambda uow: attaching.attach(uow, seen, [taken]))
    a.sync()
    assert a.last()[0] == "applied"
    assert _states(a) == [("done", 0)]
    assert len(_parts(a)) == 1


def test_what_hangs_on_rejected_work_goes_up_once(small_world: World) -> None:
    """Its visit was not taken: the photo is at the server when the visit is corrected."""
    a = small_world.join("甲")
    visit = a.visit(a.household().id, photo=picture())
    a.write(lambda uow: _spoil(uow, "visit", "how"))
    for _ in range(photo_rows.MOST_TRIES + 1):
        a.sync()
        assert a.status().broken_photos == 0
    assert a.verdicts()[-2:] == [("rejected", "too_long"), ("parked", "waits_for_owner")]
    a.write(lambda uow: uow.connection.execute("UPDATE visit SET how='home'"))
    a.change(Visit, visit, situation="改正了")
    small_world.settle()
    assert {state for state, _ in a.verdicts()[-2:]} == {"applied"}
    assert _states(a) == [("done", 0)]
    assert len(_parts(a)) == 1


def _spoil(uow: UnitOfWork, entity: str = "attachment", name: str = "media_type") -> None:
    """Make a creation of this computer one that the server rejects."""
    ((counter, packed),) = uow.rows("SELECT counter, fields FROM outbox WHERE entity=?", (entity,))
    fields = msgspec.msgpack.decode(packed)
    fields[name][1] = "x" * 500
    uow.connection.execute(
        "UPDATE outbox SET fields=? WHERE counter=?", (msgspec.msgpack.encode(fields), counter)
    )


def test_whatever_is_decided_it_goes_up_once(world: World) -> None:
    """Parked, given back, corrected, parked again, taken."""
    worker, head, visit = _parked(world)
    worker.sync()
    give_back(head)
    world.settle()
    worker.change(Visit, visit, situation="11月18日，精神好。")
    world.settle()
    assert worker.last()[0] == "parked"
    accept(head)
    world.settle(3)
    assert len(_parts(worker)) == 1
    assert _states(worker) in ([], [("done", 0)])  # it left with what she may not read any more
    assert worker.status().broken_photos == 0
    assert head.store.blobs.get(_digest(head)) is not None


def test_what_was_taken_and_never_goes_is_named(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that the server took and a photo that it never does: somebody has to look."""
    a = small_world.join("甲")
    a.visit(a.household().id, photo=picture())
    Engine(a.store, a.transport, with_photos=False).run()

    def unknown(*_: object) -> None:
        raise Refused(404, "no_blob")

    monkeypatch.setattr(a.transport, "blob_state", unknown)
    for _ in range(photo_rows.MOST_TRIES):
        assert a.status().broken_photos == 0
        a.sync()
    assert a.status().broken_photos == 1
