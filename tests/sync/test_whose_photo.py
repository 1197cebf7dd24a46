"""Whose photo it is: who made the record that names it says so, and the record names the same photo for ever."""

from __future__ import annotations

from typing import Any

import pytest

from gridapp.domain.exchange import Change, Operation
from gridapp.domain.record import new_id
from gridapp.domain.values import canonical_json
from gridapp.domain.visit import Visit
from gridapp.store import attaching
from gridapp.store.drafting import Picture
from gridapp.sync.protocol import SmallRequest
from gridapp.sync.transport import Refused
from tests.sync.late import accept, decision, late, waiting
from tests.sync.test_scope import picture
from tests.sync.world import Client, World

FAKE = b"\xff\xd8\xffFAKE"


def _edit(world: World, by: Client, attachment: dict[str, Any], **after: Any) -> tuple[str, str]:
    """What became of an edit of an attachment, sent by another program than ours."""
    fields = {name: Change(attachment[name], value) for name, value in after.items()}
    sent = Operation(new_id().bytes, 500, "attachment", attachment["id"], 1, fields, 0, 0)
    who = by.store.who
    (outcome,) = world.apply_as(by.staff_id.bytes, who.device_id.bytes, sent)
    return outcome.verdict.value, outcome.code


def test_a_refused_edit_makes_nobody_its_author(small_world: World) -> None:
    """Who may not even see the record sends an edit of it, and then a small picture of something else."""
    a, reader = small_world.join("甲"), small_world.office()
    stranger = small_world.join("乙", unit=small_world.grid3)
    home = a.household()
    a.visit(home.id, photo=picture())
    small_world.settle()
    (attachment,) = small_world.rows("attachment")
    digest = attachment["sha256"]
    assert _edit(small_world, stranger, attachment, width=1) == ("rejected", "not_allowed")
    assert stranger.transport.small_pictures(SmallRequest({digest: FAKE}, [])).kept == []
    with pytest.raises(Refused):
        stranger.transport.put_blob(digest, 0, 4, b"fake")
    shown = reader.transport.small_pictures(SmallRequest({}, [digest])).pictures
    assert shown[digest] not in (FAKE, b"")


def test_an_edit_that_was_taken_makes_nobody_its_author_either(small_world: World) -> None:
    """A colleague states the size of the picture: the small one that is shown stays the author's."""
    a, colleague, reader = small_world.join("甲"), small_world.join("丙"), small_world.office()
    home = a.household()
    a.visit(home.id, photo=picture())
    small_world.settle()
    (attachment,) = small_world.rows("attachment")
    digest = attachment["sha256"]
    assert _edit(small_world, colleague, attachment, purpose="after")[0] == "applied"
    colleague.transport.small_pictures(SmallRequest({digest: FAKE}, []))
    shown = reader.transport.small_pictures(SmallRequest({}, [digest])).pictures
    assert shown[digest] != FAKE


@pytest.mark.parametrize("name", ["sha256", "media_type", "size"])
def test_a_record_names_the_same_photo_for_ever(small_world: World, name: str) -> None:
    """Or its author could let it name a photo that others may not see, and open that to them."""
    a = small_world.join("甲")
    small_world.give_role(a, "worker", small_world.grid3)
    a.sync()
    b = small_world.join("乙")
    a.visit(a.household().id, photo=picture("red"))
    a.visit(a.household(grid=small_world.grid3, name="密").id, photo=picture("blue"))
    small_world.settle()
    rows = small_world.rows("attachment")
    seen = {key for (key,) in b.sql("SELECT id FROM attachment")}
    (mine,) = [row for row in rows if row["id"] in seen]
    (other,) = [row for row in rows if row["id"] not in seen]
    wanted = {"sha256": other["sha256"], "media_type": "image/png", "size": 7}[name]
    for one in (a, b):
        assert _edit(small_world, one, mine, **{name: wanted}) == ("rejected", "fixed_field")
    with pytest.raises(Refused):
        b.transport.get_blob(other["sha256"], 0)
    # Whose record it is not learns not even that: a guess of the digest is answered as any other.
    assert _edit(small_world, b, other, **{name: wanted}) == ("rejected", "not_allowed")
    # What was said already is no change.
    assert _edit(small_world, a, mine, **{name: mine[name]})[0] == "applied"


def test_a_head_who_decides_about_a_photo_cannot_name_another_one(small_world: World) -> None:
    worker, head, home = late(small_world)
    visit = worker.visit(home.id)
    small_world.settle()
    with small_world.offline():
        seen, taken = worker.get(Visit, visit), Picture(picture(), "p.jpg")
        worker.write(lambda uow: attaching.attach(uow, seen, [taken]))
    small_world.end_role(worker)
    worker.sync()
    head.sync()
    (review,) = waiting(head)
    assert review.target_id is not None
    changed = Change(None, canonical_json({"sha256": "0" * 64}))
    who = head.store.who
    sent = decision(review, "accepted", changed=changed)
    (outcome,) = small_world.apply_as(head.staff_id.bytes, who.device_id.bytes, sent)
    assert (outcome.verdict.value, outcome.code) == ("rejected", "bad_operation")
    accept(head, review)
    small_world.settle(3)
    assert small_world.row("attachment", review.target_id)["sha256"] != "0" * 64
