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


def test_rows_that_only_others_hold_come_back(world: World) -> None:
    """What a laptop made that has vanished since, and what the district wrote, is handed back by whoever has it."""
    a, b, office = world.join("甲"), world.join("乙"), world.office()
    then = Copy(world)
    home = a.household()
    visit = a.visit(home.id, "一切都好。")
    event = a.event(home.id)
    a.sync()
    late = world.staff("新来的", ("worker", world.grid1))
    world.settle()
    numbers = {e: world.row(e, i)["number"] for e, i in (("household", home.id), ("event", event))}
    everything = world.readable(office)
    world.clients.remove(a)
    a.store.close()
    then.put_back()
    assert world.rows("visit") == []
    world.settle(3)
    assert world.readable(office).items() >= everything.items()
    assert world.row("visit", visit)["situation"] == "一切都好。"
    assert world.row("staff", late.id)["name"] == "新来的"
    # and no number is given twice
    again = {"household": b.household(name="李四").id, "event": b.event()}
    world.settle()
    assert all(world.row(e, i)["number"] != numbers[e] for e, i in again.items())


def test_edits_on_both_sides_of_a_restore(world: World) -> None:
    """Who edits before what was forgotten has come back loses nothing, and takes nothing from anybody."""
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    world.settle()
    then = Copy(world)
    with world.offline():
        b.network.online = True
        b.change(Household, home.id, own_number="后来", registered_address="乙写的")
        b.sync()
    then.put_back()
    with world.offline():
        a.network.online = True
        a.change(Household, home.id, own_number="恢复以后", name="赵桂兰二")
        a.sync()
    world.settle(3)
    row = world.row("household", home.id)
    assert (row["registered_address"], row["name"]) == ("乙写的", "赵桂兰二")
    assert row["own_number"] == "恢复以后"
    (conflict,) = a.conflicts()
    assert conflict[0] == "own_number"
    assert {conflict[2], conflict[3]} == {"恢复以后", "后来"}


def test_deletions_stay(world: World) -> None:
    a, b = world.join("甲"), world.join("乙")
    home = a.household()
    visit = a.visit(home.id)
    world.settle()
    then = Copy(world)
    a.delete(Visit, visit)
    world.settle()
    then.put_back()
    assert not world.row("visit", visit)["deleted"]
    b.sync()  # who only saw it
    assert world.row("visit", visit)["deleted"]
    world.settle(3)
    assert a.get(Visit, visit).deleted


def test_what_was_refused_stays_refused(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    world.settle()
    then = Copy(world)
    a.change(Household, home.id, grid_id=world.grid3)  # not hers
    a.sync()
    assert a.last() == ("rejected", "not_allowed")
    then.put_back()
    a.sync()
    assert a.last() == ("rejected", "not_allowed")
    world.settle()
