"""A computer whose clock is years off: it hears the time from the server, and what it recorded is taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from gridapp.clock import EARLIEST, LATEST, Instant, within_calendar
from gridapp.domain.exchange import Operation
from gridapp.domain.visit import Visit
from gridapp.server.wellformed import timely
from gridapp.ui.words.wording import short_instant
from tests.sync.late import accept, late, waiting
from tests.sync.world import World

DAY = 86_400_000
CLOCKS: dict[str, Callable[[Instant], Instant]] = {
    "1970": lambda _: 0,
    "400 days back": lambda now: now - 400 * DAY,
    "2099": lambda _: 4_086_950_400_000,
}


@pytest.mark.parametrize("wrong", CLOCKS.values(), ids=CLOCKS)
def test_its_work_goes_up_and_its_day_is_the_servers(
    world: World, wrong: Callable[[Instant], Instant]
) -> None:
    a, office = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    now = world.clock()
    a.store.clock = lambda: wrong(now)
    a.sync()  # a contact at a wrong time is not mistaken for the right one
    heard = a.store.read(lambda reader: reader.last_known).result()
    assert abs(heard - world.clock()) < DAY
    assert (
        a.store.read(lambda reader: reader.today).result()
        == office.store.read(lambda reader: reader.today).result()
    )
    visit = a.visit(home.id)
    a.sync()
    office.sync()
    assert office.get(Visit, visit).situation == "精神好。"
    assert a.last()[0] == "applied"


@pytest.mark.parametrize("wild", [1 << 61, -(1 << 61), 253_402_300_800_000])
def test_a_time_that_no_calendar_knows_loses_nothing(world: World, wild: int) -> None:
    """A clock gone wild: what it recorded is taken, told to everybody alike, and can be shown."""
    a, office = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    right = a.store.clock
    a.store.clock = lambda: wild
    visit = a.visit(home.id)
    a.store.clock = right
    world.settle()
    told = world.row("visit", visit)["recorded_at"]
    assert told == within_calendar(wild) != wild
    assert {c.get(Visit, visit).recorded_at for c in (a, office)} == {told}
    assert a.last()[0] == "applied"
    (sent,) = [o for o in world.operations() if o["record_id"] == visit.bytes]
    assert EARLIEST <= sent["recorded_at"] + sent["clock_offset"] <= LATEST


def test_a_head_can_look_at_work_of_any_time(small_world: World) -> None:
    worker, head, home = late(small_world)
    with small_world.offline():
        right = worker.store.clock
        worker.store.clock = lambda: -(1 << 61)
        worker.visit(home.id)
        worker.store.clock = right
    small_world.end_role(worker)
    worker.sync()
    head.sync()
    (review,) = waiting(head)
    assert review.stated_at is not None
    assert review.stated_at >= EARLIEST
    assert short_instant(review.stated_at, date(2026, 11, 20)).startswith("1900年1月1日")
    accept(head, review)
    small_world.settle()
    assert worker.last()[0] == "applied"


@pytest.mark.parametrize("wild", [1 << 62, -(1 << 62), 253_402_300_800_000])
def test_any_number_is_shown_as_some_time(wild: int) -> None:
    assert short_instant(wild, date(2026, 11, 20))[:4] in ("1900", "2200")


def test_two_wrong_times_that_make_a_right_one_keep_it() -> None:
    """The clock is thousands of years off, and the server's answer says by how much."""
    sent = Operation(
        b"o" * 16, 1, "visit", b"r" * 16, 0, {}, 1 << 61, 1_795_136_400_000 - (1 << 61)
    )
    mended = timely(sent)
    assert mended.recorded_at == LATEST
    assert mended.recorded_at + mended.clock_offset == 1_795_136_400_000
    assert timely(mended) == mended
