"""Photos go with what is purged, also where only work that waits, or work of a revoked computer, names them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gridapp.server import schema
from gridapp.server.purging import purge
from gridapp.sync.transport import Refused
from tests.sync.late import late
from tests.sync.test_scope import picture
from tests.sync.world import World

PHOTOS = (schema.blob, schema.blob_part, schema.thumbnail)


def _rows(world: World, *tables: object) -> list[int]:
    with world.database.snapshot() as connection:
        return [len(connection.execute(select(table)).all()) for table in tables]  # type: ignore[call-overload]


def test_the_photo_of_work_that_waits_for_the_head(small_world: World) -> None:
    worker, _, home = late(small_world)
    with small_world.offline():
        worker.visit(home.id, photo=picture())
    small_world.end_role(worker)
    worker.sync()
    worker.sync()
    assert _rows(small_world, *PHOTOS) == [1, 1, 1]
    assert purge(small_world.server, "household", home.id.bytes, "申请").photos == 1
    assert _rows(small_world, *PHOTOS) == [0, 0, 0]


def test_the_photo_that_a_revoked_computer_handed_over(small_world: World) -> None:
    """With the visit and its attachment, which does not speak of the household itself."""
    a = small_world.join("甲")
    home, other = a.household(), a.household(name="钱", id_number="")
    small_world.settle()
    with small_world.offline():
        a.visit(home.id, photo=picture("red"))
        a.visit(other.id, "另一户", photo=picture("blue"))
    small_world.revoke(a)
    with pytest.raises(Refused):
        a.sync()
    assert _rows(small_world, schema.quarantine, schema.blob) == [4, 2]
    assert purge(small_world.server, "household", home.id.bytes, "申请").photos == 1
    assert _rows(small_world, schema.quarantine, schema.blob, schema.blob_part) == [2, 1, 1]


def test_a_photo_that_other_work_names_stays(small_world: World) -> None:
    """One picture of two households: it goes with the last of them."""
    worker, _, home = late(small_world)
    other = worker.household(name="钱", id_number="")
    small_world.settle()
    with small_world.offline():
        for one in (home, other):
            worker.visit(one.id, photo=picture())
    small_world.end_role(worker)
    worker.sync()
    worker.sync()
    assert purge(small_world.server, "household", home.id.bytes, "申请").photos == 0
    assert _rows(small_world, schema.blob) == [1]
    assert purge(small_world.server, "household", other.id.bytes, "申请").photos == 1
    assert _rows(small_world, *PHOTOS) == [0, 0, 0]


def test_a_purged_record_waits_for_nobody_elses_photo(small_world: World) -> None:
    """One picture of two visits, still to go up for the second: of the first nothing is kept for it."""
    a = small_world.join("甲")
    home = a.household()
    visit = a.visit(home.id, photo=picture())
    small_world.settle()
    purge(small_world.server, "visit", visit.bytes, "申请")
    kept = a.visit(home.id, "又去了", photo=picture())
    a.sync()
    assert a.sql("SELECT target_id FROM attachment") == [(kept.bytes,)]
    small_world.settle()
    assert a.sql("SELECT state FROM blob") == [("done",)]
    assert _rows(small_world, schema.blob) == [1]
