"""A clock that is years off: nothing is refused for it, the day stays believable, and it can be told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gridapp.cli.client import stated_day
from gridapp.clock import Instant, day_of
from gridapp.domain.household import Household
from gridapp.domain.unit import Assignment, Unit
from gridapp.domain.visit import Visit
from gridapp.store import status
from gridapp.store.acting import standing
from gridapp.store.authority import may_write, own_assignments
from gridapp.store.best_time import likely, looks_wrong
from gridapp.store.drafting import VisitDraft
from gridapp.store.recording import add_visit
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from tests.store.realistic import NOON, SetClock

DAY = 86_400_000
FAR_AHEAD = 4_086_950_400_000  # 2099
CLOCKS = {
    "1970": 0,
    "400 days back": NOON - 400 * DAY,
    "a year ahead": NOON + 365 * DAY,
    "2099": FAR_AHEAD,
}
GRID = Unit(code="11", name="一网格", kind="grid")
HOME = Household(grid_id=GRID.id, name="张三", kind="family", status="active")


def _in_office(store: Store, heard: Instant | None = NOON - DAY, **more: date) -> None:
    """A worker since a month, until the end of next month."""
    today = day_of(NOON)
    days = {"from_date": today - timedelta(30), "to_date": today + timedelta(40)} | more

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute("DELETE FROM assignment")
        uow.create(GRID)
        uow.create(HOME)
        post = Assignment(staff_id=uow.who.staff_id, unit_id=GRID.id, role="worker", **days)
        uow.create(post)
        if heard is not None:
            uow.set_meta("server_time", str(heard))

    store.write(write).result()


@pytest.mark.parametrize("clock_says", CLOCKS.values(), ids=CLOCKS)
def test_a_visit_is_saved_whatever_the_clock_says(
    store: Store, clock: SetClock, clock_says: Instant
) -> None:
    _in_office(store)
    clock.now = clock_says
    draft = VisitDraft(HOME.id, "2026-11-20", situation="好")
    store.write(lambda uow: add_visit(uow, draft)).result()
    assert store.read(lambda r: r.value("SELECT count(*) FROM visit")).result() == 1
    assert [p.role for p in store.read(standing).result().posts] == ["worker"]


def test_before_the_server_was_ever_heard(store: Store, clock: SetClock) -> None:
    _in_office(store, heard=None)
    clock.now = 0
    assert store.read(lambda r: may_write(r, "visit", r.today.isoformat())).result()


@pytest.mark.parametrize(
    ("more", "days_on"),
    [
        ({"to_date": day_of(NOON) - timedelta(1)}, 0),  # ended yesterday, and the clock is right
        ({"to_date": day_of(NOON)}, 30),  # offline for a month: ended meanwhile
        ({"from_date": day_of(NOON) + timedelta(1)}, 0),  # begins tomorrow
        ({"to_date": day_of(NOON) - timedelta(9)}, -400),  # had ended when the server was heard
    ],
)
def test_who_is_not_in_office_stays_out(
    store: Store, clock: SetClock, more: dict[str, date], days_on: int
) -> None:
    _in_office(store, **more)
    clock.now = NOON + days_on * DAY
    assert store.read(lambda r: own_assignments(r, r.today.isoformat())).result() == []


def test_the_day_is_the_servers_where_the_clock_is_behind_or_beyond_belief(
    store: Store, clock: SetClock
) -> None:
    _in_office(store)
    for now, day in (
        (NOON, date(2026, 11, 20)),
        (0, date(2026, 11, 19)),
        (NOON - 400 * DAY, date(2026, 11, 19)),
        (FAR_AHEAD, date(2026, 11, 19)),
        (NOON + 200 * DAY, day_of(NOON + 200 * DAY)),  # it may be so
    ):
        clock.now = now
        assert store.read(lambda r: r.today).result() == day


@pytest.mark.parametrize("wrong", [0, NOON - 400 * DAY, FAR_AHEAD])
def test_the_command_line_goes_by_the_believable_day_too(
    store: Store, clock: SetClock, wrong: Instant
) -> None:
    _in_office(store)
    clock.now = wrong
    day = store.read(lambda reader: stated_day(reader, Visit, None)).result()
    assert day == day_of(NOON - DAY).isoformat()


def test_what_is_told_of_the_clock(store: Store, clock: SetClock) -> None:
    _in_office(store)
    for now, told in (
        (NOON, None),
        (NOON - DAY - 3_600_000, None),  # an hour back
        (NOON + 60 * DAY, None),
        (NOON - 400 * DAY, day_of(NOON - 400 * DAY)),
        (NOON + 365 * DAY, day_of(NOON + 365 * DAY)),
    ):
        clock.now = now
        assert store.read(status.current).result().wrong_day == told


def test_a_time_of_the_server_outweighs_its_older_marks() -> None:
    assert likely(NOON, 0) == NOON
    assert likely(0, 0) == 0
    assert looks_wrong(0, 0)
    assert not looks_wrong(NOON, 0)


def test_the_server_is_heard_by_its_own_clock(store: Store) -> None:
    """A contact while the clock was wrong is no later than the server said."""
    for meta, heard in (
        ({}, 0),
        ({"last_contact": str(NOON)}, NOON),
        ({"last_contact": str(FAR_AHEAD), "clock_offset": str(NOON - FAR_AHEAD)}, NOON),
        ({"server_time": str(NOON - DAY)}, NOON - DAY),
    ):
        for key, value in meta.items():
            store.write(lambda uow, k=key, v=value: uow.set_meta(k, v)).result()
        assert store.read(lambda r: r.last_known).result() == heard
