"""A computer whose clock is years off: it hears the time from the server, and what it recorded is taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gridapp.clock import Instant
from gridapp.domain.visit import Visit
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
