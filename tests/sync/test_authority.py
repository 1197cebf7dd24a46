"""Who may say what: nobody else's photo, household, name or post opens by knowing its id."""

from __future__ import annotations

from typing import Any

import pytest

from gridapp.domain.exchange import Change, Operation, Outcome
from gridapp.domain.household import Household
from gridapp.domain.record import new_id
from gridapp.sync import engine
from tests.sync.test_scope import picture
from tests.sync.world import World

WHEN = "2026-11-20T08:00"


def sent(
    world: World, client: Any, entity: str, record_id: bytes | None = None, **fields: Any
) -> Outcome:
    """One creation as a hostile or faulty program would send it."""
    changes = {name: Change(None, value) for name, value in fields.items()}
    operation = Operation(
        new_id().bytes, 900, entity, record_id or new_id().bytes, 0, changes, world.clock(), 0
    )
    return world.apply_as(client.staff_id.bytes, client.store.who.device_id.bytes, operation)[0]


def event(world: World, client: Any, **fields: Any) -> Outcome:
    plain = {
        "grid_id": world.grid1.bytes,
        "item_code": "0101",
        "text": "x",
        "happened_at": WHEN,
        "reported_by": client.staff_id.bytes,
    }
    return sent(world, client, "event", **(plain | fields))


def test_a_newcomer_is_never_sent_what_has_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, head = world.join("甲"), world.office()
    home = a.household()
    for _ in range(3):
        a.household()
    a.sync()
    head.sync()
    world.join("丙")  # the server keeps the pages that this first sync was made of
    head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    seen: list[bytes] = []
    real = engine._read_pages

    def spy(frames: Any) -> Any:
        for page in real(frames):
            seen.extend(row[0] for table in page.tables for row in table.rows)
            yield page

    monkeypatch.setattr(engine, "_read_pages", spy)
    world.join("丁")
    assert seen
    assert home.id.bytes not in seen
    assert home.file.bytes not in seen


def test_naming_a_digest_opens_nobodys_photo(world: World) -> None:
    a, b = world.join("甲"), world.join("乙", unit=world.grid2)
    home = b.household()
    b.visit(home.id, photo=picture())
    b.sync()
    b.sync()
    digest = b.sql("SELECT sha256 FROM attachment")[0][0]
    assert b.store.blobs.get(digest) is not None
    mine = a.household()
    a.sync()
    target = {"target_kind": "household", "target_id": mine.id.bytes, "media_type": "image/jpeg"}
    assert sent(world, a, "attachment", sha256=digest, size=10, **target).verdict == "applied"
    a.sync()
    assert a.store.blobs.get(digest) is None
    assert not a.transport.blob_state(digest).complete
    assert a.transport.blob_state(digest).received == 0


def test_the_same_photo_of_two_people_is_both_of_theirs(world: World) -> None:
    a, b = world.join("甲"), world.join("乙", unit=world.grid2)
    photo = picture()
    for client in (a, b):
        client.visit(client.household().id, photo=photo)
        client.sync()
        client.sync()
        assert client.status().photos == 0
    office = world.office()
    digests = {row[0] for row in office.sql("SELECT sha256 FROM attachment")}
    assert len(digests) == 1
    assert office.store.blobs.get(digests.pop()) is not None


def test_a_role_elsewhere_gives_no_say_here(world: World) -> None:
    member = world.staff("双", ("worker", world.grid1), ("office", world.west))
    client = world.computer(member)
    reported = client.event(None, "灯坏了", grid_id=world.grid1)
    client.sync()
    step = {
        "event_id": reported.bytes,
        "action": "accept",
        "actor_id": client.staff_id.bytes,
        "happened_at": WHEN,
    }
    outcome = sent(world, client, "event_action", **step)
    assert (outcome.verdict, outcome.code) == ("rejected", "step_not_allowed")


def test_an_event_names_no_household_of_others(world: World) -> None:
    a, b = world.join("甲"), world.join("乙", unit=world.grid2)
    home = b.household()
    b.sync()
    foreign = event(world, a, household_id=home.id.bytes)
    nothing = event(world, a, household_id=new_id().bytes)
    elsewhere = event(world, a, grid_id=world.grid2.bytes)
    assert {(o.verdict, o.code) for o in (foreign, nothing, elsewhere)} == {
        ("rejected", "not_allowed")
    }


def test_nobody_reports_in_anothers_name(world: World) -> None:
    a, b = world.join("甲"), world.join("乙")
    outcome = event(world, a, reported_by=b.staff_id.bytes)
    assert (outcome.verdict, outcome.code) == ("rejected", "not_the_sender")
    assert event(world, a).verdict == "applied"


def test_an_id_is_one_records_alone(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.sync()
    outcome = sent(
        world,
        a,
        "event",
        home.id.bytes,
        grid_id=world.grid1.bytes,
        item_code="0101",
        text="x",
        happened_at=WHEN,
        reported_by=a.staff_id.bytes,
    )
    assert (outcome.verdict, outcome.code) == ("rejected", "id_taken")


def test_who_is_not_active_any_more_reads_and_writes_nothing(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.sync()
    world.district_edit(a.staff_id, "staff", active=0)
    a.visit(home.id, "still")
    a.sync()
    assert a.verdicts()[-1] == ("parked", "role_ended")
    assert a.count("household") == 0
