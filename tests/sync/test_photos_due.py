"""History 20: photos after the author lost the scope, and a verification before the photo arrived."""

from __future__ import annotations

from uuid import UUID

import pytest

from gridapp.domain.attachment import Attachment
from gridapp.domain.event import EventAction
from gridapp.server import schema
from gridapp.store import attaching
from gridapp.store.drafting import Picture
from gridapp.sync.engine import Engine
from gridapp.sync.transport import Refused
from tests.sync.stick import Stick
from tests.sync.test_event_steps import BLOCKED, report, state, step
from tests.sync.test_scope import picture
from tests.sync.world import Client, World


def handled(worker: Client, purpose: str = "after", colour: str = "red") -> UUID:
    """An event that its worker handled on the spot, with a photo."""
    told = report(worker, BLOCKED)
    done = step(worker, told, "handle_on_spot", "搬走了")
    hang(worker, worker.get(EventAction, done), purpose, colour)
    return told


def hang(client: Client, target: EventAction, purpose: str, colour: str = "red") -> None:
    taken = Picture(picture(colour), "p.jpg", purpose)
    client.write(lambda uow: attaching.attach(uow, target, [taken]))


def without_photos(client: Client) -> None:
    """A round that is cut before the photos."""
    Engine(client.store, client.transport, with_photos=False).run()


def test_history_20_verified_before_the_photo_arrived(world: World) -> None:
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    told = handled(worker)
    without_photos(worker)
    head.sync()
    step(head, told, "verify")
    head.sync()
    assert head.last() == ("parked", "waits_for_photo")
    assert world.rows("review") == []  # nobody has to decide it
    worker.sync()
    head.sync()
    assert head.last()[0] == "applied"
    world.settle()
    assert state(worker, told) == state(head, told) == "verified"


def test_the_photo_comes_by_stick(small_world: World) -> None:
    world = small_world
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    told = handled(worker)
    without_photos(worker)
    head.sync()
    step(head, told, "verify")
    head.sync()
    Stick(world).round_trip(worker)
    head.sync()
    assert head.last()[0] == "applied"
    assert state(head, told) == "verified"


def test_two_photos_are_both_waited_for(small_world: World) -> None:
    world = small_world
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    told = handled(worker)
    [done] = [s.id for s in worker.store.read(lambda r: r.where(EventAction, "1")).result()]
    hang(worker, worker.get(EventAction, done), "before", "blue")
    without_photos(worker)
    head.sync()
    step(head, told, "verify")
    head.sync()
    first, second = worker.sql("SELECT sha256 FROM attachment ORDER BY id")
    for (digest,), expected in ((first, "parked"), (second, "applied")):
        data = worker.store.blobs.get(digest)
        assert data is not None
        worker.transport.put_blob(digest, 0, len(data), data)
        head.sync()
        assert head.last()[0] == expected
    world.settle()


def test_what_is_not_required_is_not_waited_for(small_world: World) -> None:
    world = small_world
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    other = handled(worker, "other")
    without_photos(worker)
    head.sync()
    step(head, other, "verify")
    head.sync()
    assert head.last()[0] == "applied"


def test_a_photo_that_was_taken_away_is_not_waited_for(small_world: World) -> None:
    world = small_world
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    told = handled(worker)
    [photo] = [a.id for a in worker.store.read(lambda r: r.where(Attachment, "1")).result()]
    worker.delete(Attachment, photo)
    without_photos(worker)
    head.sync()
    step(head, told, "verify")
    head.sync()
    assert head.last()[0] == "applied"


def test_a_step_that_was_taken_meanwhile_is_said(small_world: World) -> None:
    """Judged again it is judged as what it is then."""
    world = small_world
    worker, head = world.join("李秀英"), world.join("王芳", "grid_head")
    other = world.join("刘洋", "grid_head")
    told = handled(worker)
    without_photos(worker)
    for one in (head, other):
        one.sync()
    step(head, told, "verify")
    head.sync()
    step(other, told, "send_back", "还有一半")
    other.sync()
    worker.sync()
    head.sync()
    assert head.last() == ("rejected", "step_no_longer_fits")


def test_history_20_photos_of_work_that_waits_for_the_head(world: World) -> None:
    """It goes up before the decision, for who decides alone: to its author the way is write-only."""
    a, office, colleague = world.join("甲"), world.office(), world.join("乙")
    home = a.household()
    a.sync()
    a.visit(home.id, "走之前", photo=picture())
    world.end_role(a)
    a.sync()
    assert {s for s, _ in a.verdicts()[-2:]} == {"parked"}
    with world.database.snapshot() as connection:
        [row] = connection.execute(schema.blob_sender.select()).all()
    assert row.staff_id == a.staff_id.bytes
    assert a.status().photos == 0
    (digest,) = a.sql("SELECT sha256 FROM blob")[0]
    office.sync()
    assert office.sql("SELECT sha256, state FROM blob") == [(digest, "done")]
    colleague.sync()
    assert colleague.sql("SELECT 1 FROM blob") == []
    for client in (a, colleague):
        with pytest.raises(Refused):
            client.transport.get_blob(digest, 0)
