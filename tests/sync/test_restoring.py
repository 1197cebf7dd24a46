"""A server that was set back to an older copy of itself gets everything back that anybody still holds."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from gridapp.domain.household import Household
from gridapp.domain.visit import Visit
from gridapp.server.copying import copy_in, copy_out
from tests.sync.world import World


class Copy:
    """A copy of the server's database as it was then."""

    def __init__(self, world: World, name: str = "copy") -> None:
        self.world = world
        self.path = world.folder / f"{name}.db"
        copy_out(world.database, self.path)

    def put_back(self) -> None:
        """The server is set back and started."""
        copy_in(self.world.database, self.path)
        self.world.restart_server()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_history_4_restored_server(world: World) -> None:
    """Agreed a→b (A), then b→c (B); S is set back to a; B offers first. The end is c, no conflict."""
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    a.change(Household, home.id, own_number="a")
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, own_number="b")
    a.sync()
    b.sync()
    b.change(Household, home.id, own_number="c")
    b.sync()
    assert world.row("household", home.id)["own_number"] == "c"
    then.put_back()
    assert world.row("household", home.id)["own_number"] == "a"
    assert world.server.epoch == 2
    b.sync()
    a.sync()
    world.settle()
    assert world.row("household", home.id)["own_number"] == "c"
    assert world.rows("conflict") == []
    assert {c.get(Household, home.id).own_number for c in (a, b)} == {"c"}
