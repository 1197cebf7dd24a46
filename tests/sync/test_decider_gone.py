"""Who was to decide about late work is not there any more: it waits for who decides now, and nothing was taken."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from datetime import date

import pytest

from gridapp.cli import standing_in
from gridapp.domain.household import Household
from gridapp.domain.place import Building
from gridapp.domain.review import Review
from gridapp.domain.visit import Visit
from gridapp.server.undecided import undecided
from gridapp.store import status
from gridapp.sync.transport import Refused
from tests.sync.late import accept, give_back, late, waiting
from tests.sync.stick import Stick
from tests.sync.test_scope import picture
from tests.sync.world import EAST, Client, Home, World


def _decided_without_signal(world: World, *, accepted: bool) -> tuple[Client, Client, Home]:
    """A late visit, and a head who decides about it while offline."""
    worker, head, home = late(world)
    with world.offline():
        worker.visit(home.id, "精神不好", photo=picture())
    world.end_role(worker)
    worker.sync()
    head.sync()
    if accepted:
        accept(head, note="按新的记", situation="精神好")
    else:
        give_back(head)
    return worker, head, home


@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "given back"])
@pytest.mark.parametrize("way", ["network", "stick"])
def test_a_head_whose_post_ended_before_the_decision_came(
    world: World, accepted: bool, way: str
) -> None:
    worker, head, home = _decided_without_signal(world, accepted=accepted)
    office = world.office()
    world.end_role(head)
    if way == "stick":
        Stick(world).round_trip(head)
    head.sync()
    assert head.last() == ("rejected", "not_allowed")
    assert world.rows("visit") == []
    assert [row["state"] for row in world.rows("review")] == ["waiting"] * 2
    # The head is told, and keeps nothing of a grid that is not hers any more.
    (told,) = head.store.read(status.not_accepted).result()
    assert (told.entity, told.code) == ("review", "not_allowed")
    assert [head.count(kind) for kind in ("review", "household", "visit")] == [0, 0, 0]
    assert head.sql("SELECT 1 FROM blob") == []
    # It stands before the office, and before the next head.
    worker.sync()
    assert worker.verdicts()[-2:] == [("parked", "role_ended"), ("parked", "waits_for_owner")]
    office.sync()
    following = world.join("新组长", "grid_head")
    for decider in (office, following):
        (review,) = waiting(decider)
        assert (review.target_kind, review.about_id) == ("visit", home.id)
        assert decider.sql("SELECT state FROM blob") == [("done",)]
    accept(following)
    world.settle(3)
    assert {verdict for verdict, _ in worker.verdicts()[-2:]} == {"applied"}
    (row,) = world.rows("visit")
    assert (row["situation"], row["recorded_by"]) == ("精神不好", worker.staff_id.bytes)


def test_a_head_whose_computer_was_revoked(world: World) -> None:
    """What she had decided is kept aside with the rest of that computer; the work waits on."""
    worker, head, _ = _decided_without_signal(world, accepted=True)
    world.revoke(head)
    with pytest.raises(Refused):
        head.sync()
    world.clients.remove(head)
    following = world.join("新组长", "grid_head")
    accept(following)
    world.settle(3)
    assert {verdict for verdict, _ in worker.verdicts()[-2:]} == {"applied"}
    head.store.close()


def test_a_head_who_is_put_elsewhere(small_world: World) -> None:
    """Still a head, of another grid: there she decides, here not."""
    world = small_world
    _, head, _ = _decided_without_signal(world, accepted=True)
    world.end_role(head)
    world.give_role(head, "grid_head", world.grid2)
    world.settle()
    assert head.last() == ("rejected", "not_allowed")
    assert head.count("review") == 0
    assert [review.target_kind for review in waiting(world.join("新组长", "grid_head"))] == [
        "visit"
    ]


def test_the_work_of_a_head_who_left(small_world: World) -> None:
    """Nobody follows yet: the office decides, and never the author about her own."""
    world = small_world
    head, office = world.join("组长", "grid_head"), world.office()
    home = head.household()
    world.settle()
    with world.offline():
        visit = head.visit(home.id, "离任前一天")
    world.end_role(head)
    world.settle()
    assert head.last() == ("parked", "role_ended")
    accept(office)
    world.settle()
    assert office.get(Visit, visit).recorded_by == head.staff_id


def test_a_grid_without_a_head(world: World) -> None:
    """A building that is new, and a visit: before the office at once, and before the first head that comes."""
    worker, office = world.join("甲"), world.office()
    home = worker.household()
    world.settle()
    with world.offline():
        visit = worker.visit(home.id, "晚到")
        building = worker.create(Building(grid_id=world.grid1, name="新楼"))
    world.end_role(worker)
    worker.sync()
    office.sync()
    assert len(waiting(office)) == 2
    head = world.join("组长", "grid_head")
    assert waiting(head) == waiting(office)
    for review in waiting(head):
        accept(head, review)
    world.settle()
    assert office.get(Visit, visit).situation == "晚到"
    assert office.get(Building, building.id).grid_id == world.grid1


def test_a_grid_that_nobody_leads_at_all(small_world: World) -> None:
    """Neither head nor office: it waits, for as long as it takes, and whoever comes finds it."""
    world = small_world
    worker = world.join("甲")
    home = worker.household()
    world.settle()
    with world.offline():
        visit = worker.visit(home.id, "晚到", photo=picture())
    world.end_role(worker)
    worker.sync()
    world.clock.forward(hours=24 * 40)
    worker.sync()
    assert worker.get(Visit, visit).situation == "晚到"  # she still has it, and why
    head = world.join("组长", "grid_head")
    head.sync()
    assert head.sql("SELECT state FROM blob") == [("done",)]
    accept(head)
    world.settle(3)
    assert head.get(Visit, visit).situation == "晚到"


def test_it_moves_to_a_grid_without_a_head(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    office = world.office()
    with world.offline():
        visit = worker.visit(home.id, "晚到")
    world.end_role(worker)
    worker.sync()
    office.sync()
    office.change(Household, home.id, grid_id=world.grid2)
    world.settle()
    assert waiting(head) == []
    (review,) = waiting(office)
    assert review.grid_id == world.grid2
    accept(office)
    world.settle()
    assert office.get(Visit, visit).situation == "晚到"
    assert office.get(Review, review.id).state == "accepted"


def test_who_ends_a_role_is_told_what_nobody_decides_now(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command: the grid, from when on, and how much waits there."""
    worker, head, home = late(world)
    other = world.join("二组长", "grid_head", world.grid2)
    with world.offline():
        worker.visit(home.id, photo=picture())
        worker.change(Household, home.id, own_number="7")
    world.end_role(worker)
    worker.sync()

    def end(user: str, last: date | None = None) -> list[str]:
        asked = argparse.Namespace(user=user, role="", unit="", last_day=last)
        standing_in.run_on(lambda _: nullcontext(world.server), standing_in._do_role_end, asked)
        return [line for line in capsys.readouterr().out.splitlines() if "没有人定" in line]

    office = world.office()
    assert end("组长") == []  # the office decides
    east = f"网格001（{EAST}001）从 2026-11-26 起没有网格长，社区也没有人："
    said = [f"{east}晚传上来的记录没有人定，现在有 2 件等着。请派一位。"]
    assert end(office.name, date(2026, 11, 25)) == said
    # The other grid has its head for as long as that, and the office until then.
    (line,) = end(other.name)
    assert f"网格002（{EAST}002）从 2026-11-26 起" in line
    assert "现在有 0 件" in line
    world.give_role(head, "grid_head", world.grid1)
    left = undecided(world.server, date(2026, 11, 20), {EAST})
    assert [(one.code, one.since) for one in left] == [(EAST + "002", date(2026, 11, 26))]
    # Of who never decided nothing is to be said.
    plain = world.join("乙", unit=world.grid2)
    assert end(plain.name) == []
