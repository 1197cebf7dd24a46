"""Grids that are about to change hands: whose, when told, and in which order."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from gridapp.domain.unit import Assignment, Unit
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.views.changing import Changing, changing
from gridapp.store.views.sync_page import sync_page
from gridapp.store.views.today import today
from tests.store.realistic import COMMUNITY, GRID, WORKER, arrive

TODAY = date(2026, 11, 20)
OTHER = Unit(parent_id=COMMUNITY.id, code="410702001016002", name="第二网格", kind="grid")


def announce(store: Store, grid: UUID, day: date | None) -> None:
    """As if the server had said so."""
    said = day.isoformat() if day else None
    store.write(
        lambda uow: uow.connection.execute(
            "UPDATE unit SET changing_on=? WHERE id=?", (said, grid.bytes)
        )
    ).result()


def told(store: Store) -> tuple[Changing, ...]:
    """What both pages say: the same."""

    def both(reader: Reader) -> tuple[Changing, ...]:
        found = changing(reader)
        assert today(reader).changing == sync_page(reader).changing == found
        return found

    return store.read(both).result()


@pytest.mark.parametrize(
    ("days", "is_told"), [(400, True), (8, True), (0, True), (-1, True), (-7, True), (-8, False)]
)
def test_it_is_told_until_a_week_after_the_day(store: Store, days: int, is_told: bool) -> None:
    day = TODAY + timedelta(days)
    announce(store, GRID.id, day)
    assert told(store) == ((Changing("第一网格", day),) if is_told else ())


def test_nothing_is_told_where_no_day_was_announced_or_it_was_taken_back(store: Store) -> None:
    assert told(store) == ()
    announce(store, GRID.id, TODAY)
    assert told(store)
    announce(store, GRID.id, None)
    assert told(store) == ()


def test_of_the_grid_of_somebody_else_nothing_is_told(store: Store) -> None:
    arrive(store, [replace(OTHER, changing_on=TODAY)])
    assert told(store) == ()


def test_the_nearest_day_comes_first_also_of_a_grid_looked_after_for_a_colleague(
    store: Store,
) -> None:
    cover = Assignment(staff_id=WORKER.id, unit_id=OTHER.id, role="worker", from_date=TODAY)
    arrive(store, [replace(OTHER, changing_on=TODAY + timedelta(3)), cover])
    announce(store, GRID.id, TODAY + timedelta(8))
    assert [one.name for one in told(store)] == ["第二网格", "第一网格"]


def test_it_is_told_whichever_grid_was_chosen(store: Store) -> None:
    announce(store, GRID.id, TODAY)
    found = store.read(lambda reader: today(reader, grid_id=OTHER.id)).result()
    assert [one.name for one in found.changing] == ["第一网格"]


def test_a_head_of_the_community_is_told_of_its_grids_and_of_a_grid_that_is_gone_nobody(
    store: Store,
) -> None:
    head = Assignment(staff_id=WORKER.id, unit_id=COMMUNITY.id, role="grid_head", from_date=TODAY)
    arrive(store, [replace(OTHER, changing_on=TODAY), head])
    assert [one.name for one in told(store)] == ["第二网格"]
    gone = "UPDATE unit SET deleted=1 WHERE id=?"
    store.write(lambda uow: uow.connection.execute(gone, (OTHER.id.bytes,))).result()
    assert told(store) == ()
