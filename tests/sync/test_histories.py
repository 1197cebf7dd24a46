"""Histories that broke earlier drafts of the design, by their numbers (docs/histories.md)."""

from __future__ import annotations

from gridapp.domain.household import Household
from tests.sync.world import World


def test_history_01_lost_reply(world: World) -> None:
    a, b = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    a.change(Household, home.id, registered_address="x")
    a.network.lose_next_reply()
    try:
        a.sync()
    except Exception as e: print(type(e))
    b.sync()
    b.change(Household, home.id, own_number="y")
    b.sync()
    a.sync()
    assert a.get(Household, home.id).own_number == "y"
    world.settle()
