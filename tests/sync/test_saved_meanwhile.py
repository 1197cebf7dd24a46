"""What is saved between the push and the pull of a round that takes the scope away: it waits, and is handed in next."""

from __future__ import annotations

from uuid import UUID

from gridapp.domain.household import Household
from gridapp.domain.visit import Visit
from tests.sync.world import World


def test_work_saved_while_the_scope_was_lost_is_handed_in(world: World) -> None:
    worker, head = world.join("甲"), world.join("组长", "grid_head")
    home = worker.household()
    world.settle()
    world.end_role(worker)
    saved: list[UUID] = []

    def work() -> None:
        worker.change(Household, home.id, own_number="7")
        saved.append(worker.visit(home.id, "正在存"))

    worker.network.before_next("/sync/pull", work)
    worker.sync()
    # What is on its way to the server stays, and what it is about.
    assert worker.get(Household, home.id).own_number == "7"
    assert worker.get(Visit, saved[0]).situation == "正在存"
    assert worker.status().waiting == 2
    worker.sync()
    assert worker.find(Household, home.id) is None
    assert worker.last() == ("parked", "role_ended")
    head.sync()
    assert head.count("review") == 2
