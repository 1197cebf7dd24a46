"""What was not accepted is sent once more: taken where something has changed, refused again where not."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from gridapp.domain.household import Household
from gridapp.domain.person import PersonFile
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.store import refused, status
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.reviews import review_page
from tests.sync.late import accept, give_back, waiting
from tests.sync.world import Client, World


def items(client: Client) -> list[status.Item]:
    return list(client.store.read(status.not_accepted).result())


def send_again(client: Client) -> int:
    """The save that was not accepted."""
    (save,) = {item.save_id for item in items(client)}
    return client.write(lambda uow: refused.send_again(uow, save))


def test_what_was_parked_is_taken_once_the_role_is_back(world: World) -> None:
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        visit = a.visit(home.id, "离线时走访", photo=b"")
        a.change(Household, home.id, own_number="7")
    world.end_role(a)
    head.sync()
    a.sync()
    saves = {item.save_id for item in items(a)}
    assert {item.code for item in items(a)} == {"role_ended"}
    assert len(saves) == 2
    # Nothing has changed: refused again, and told again.
    for save in saves:
        a.write(lambda uow, save=save: refused.send_again(uow, save))
    a.sync()
    assert {item.code for item in items(a)} == {"role_ended"}
    assert len(items(a)) == 2
    world.give_role(a, "worker", world.grid1)
    for save in {item.save_id for item in items(a)}:
        a.write(lambda uow, save=save: refused.send_again(uow, save))
    a.sync()
    assert items(a) == []
    world.settle()
    assert head.get(Visit, visit).situation == "离线时走访"
    assert head.get(Household, home.id).own_number == "7"
    assert a.get(Visit, visit).version == 1


def test_what_was_changed_meanwhile_is_no_loss(world: World) -> None:
    """It says what it said before: another value that came meanwhile is seen, and both are kept."""
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(Household, home.id, own_number="7")
    world.end_role(a)
    a.sync()
    world.give_role(a, "worker", world.grid1)
    head.change(Household, home.id, own_number="8")
    head.sync()
    assert send_again(a) == 1
    assert a.last() == ("waiting", "")
    a.sync()
    assert a.last() == ("conflict", "")
    world.settle()
    assert a.get(Household, home.id).own_number == "8"
    assert [c[2:] for c in a.conflicts()] == [("8", "7")]


def test_a_whole_save_goes_up_in_its_order(world: World) -> None:
    """A household that was refused whole, with all that hangs on it."""
    a = world.join("甲")
    with world.offline():
        home = a.household()
    world.end_role(a)
    a.sync()
    assert len({item.save_id for item in items(a)}) == 1
    codes = {item.code for item in items(a)}
    assert codes <= {"role_ended", "waits_for_owner"}
    count = len(items(a))
    assert count >= 7
    world.give_role(a, "worker", world.grid1)
    assert send_again(a) == count
    a.sync()
    assert items(a) == []
    world.settle()
    assert world.row("household", home.id)["name"] == "赵桂兰"


def test_a_chain_of_edits_stays_one(world: World) -> None:
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    opened = a.get(Household, home.id)

    def twice(uow: UnitOfWork) -> None:
        first = dataclasses.replace(opened, own_number="1")
        uow.edit(opened, first)
        uow.edit(first, dataclasses.replace(first, own_number="2"))

    with world.offline():
        a.write(twice)
    world.end_role(a)
    a.sync()
    world.give_role(a, "worker", world.grid1)
    a.sync()  # the household is back
    assert send_again(a) == 2
    assert a.get(Household, home.id).own_number == "2"
    a.sync()
    assert a.verdicts()[-2:] == [("applied", ""), ("applied", "")]
    world.settle()
    assert head.get(Household, home.id).own_number == "2"
    assert a.conflicts() == []


def test_a_chain_that_was_undone_says_nothing(world: World) -> None:
    """Of a map too: what follows an attempt follows the new attempt."""
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    opened = a.get(PersonFile, home.file)
    changed = dataclasses.replace(opened, phones={"13800000001": "邻居"})

    def there_and_back(uow: UnitOfWork) -> None:
        uow.edit(opened, changed)
        uow.edit(changed, opened)

    with world.offline():
        a.write(there_and_back)
    world.end_role(a)
    a.sync()
    world.give_role(a, "worker", world.grid1)
    head.change(PersonFile, home.file, phones={"13800000001": "女儿"})
    head.sync()
    a.sync()
    assert send_again(a) == 2
    world.settle()
    assert a.conflicts() == []
    assert dict(a.get(PersonFile, home.file).phones) == {"13800000001": "女儿"}


def test_what_has_left_this_computer_is_sent_and_not_shown(world: World) -> None:
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        a.change(Household, home.id, own_number="7")
        head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    a.sync()
    assert a.last() == ("parked", "moved_away")
    a.sync()
    assert a.find(Household, home.id) is None
    for _ in range(2):
        assert send_again(a) == 1
        assert a.find(Household, home.id) is None
        a.sync()
        assert a.last() == ("parked", "moved_away")
        assert a.find(Household, home.id) is None
    assert send_again(a) == 1
    head.change(Household, home.id, grid_id=world.grid1)
    head.sync()
    a.sync()
    world.settle()
    assert head.get(Household, home.id).own_number == "7"
    assert a.get(Household, home.id).own_number == "7"


def test_what_was_seen_is_sent_when_asked_for_and_once(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    world.settle()
    with world.offline():
        a.visit(home.id)
    world.end_role(a)
    a.sync()
    (save,) = {item.save_id for item in items(a)}
    a.write(lambda uow: refused.dismiss(uow, save))
    assert items(a) == []
    a.sync()
    assert items(a) == []
    assert a.write(lambda uow: refused.send_again(uow, save)) == 1
    # a new attempt stands in its place: the old one is never sent beside it
    assert a.write(lambda uow: refused.send_again(uow, save)) == 0
    assert a.write(lambda uow: refused.send_again(uow, new_id().bytes)) == 0
    a.sync()
    (again,) = {item.save_id for item in items(a)}
    assert again != save


# --- what waits for a head meanwhile ------------------------------------------------------------


def parked_visit(world: World) -> tuple[Client, Client, Any, UUID]:
    """A visit and a change of its household that came when the role was over, and wait for the office."""
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        visit = a.visit(home.id, "离线时走访", photo=b"")
        a.change(Household, home.id, own_number="7")
    world.end_role(a)
    a.sync()
    head.sync()
    assert len(waiting(head)) == 2
    return a, head, home, visit


def all_again(a: Client) -> None:
    for save in {item.save_id for item in items(a)}:
        a.write(lambda uow, save=save: refused.send_again(uow, save))
    a.sync()


def test_what_is_registered_by_its_author_waits_for_nobody(world: World) -> None:
    a, head, _, visit = parked_visit(world)
    world.give_role(a, "worker", world.grid1)
    all_again(a)
    head.sync()
    assert waiting(head) == []
    cases = head.store.read(review_page).result().decided
    assert {(c.accepted, c.decided_by, c.decided_at is not None) for c in cases} == {
        (True, "", True)
    }
    assert sum(len(c.records) for c in cases) == 2
    world.settle()
    assert items(a) == []
    assert a.count("conflict") == 0
    assert world.row("visit", visit)["version"] == 1


def test_a_decision_that_comes_after_it_is_too_late(world: World) -> None:
    a, head, home, visit = parked_visit(world)
    with world.offline():
        for review in waiting(head):
            give_back(head, "没去过", review)
    world.give_role(a, "worker", world.grid1)
    all_again(a)
    a.change(Visit, visit, situation="改过")
    a.change(Household, home.id, own_number="8")
    a.sync()
    head.sync()
    assert head.verdicts()[-2:] == [("rejected", "already_decided")] * 2
    world.settle()
    assert head.get(Visit, visit).situation == "改过"
    assert head.get(Household, home.id).own_number == "8"
    assert world.rows("conflict") == []
    assert {r["state"] for r in world.rows("review")} == {"accepted"}


def test_what_was_not_sent_again_waits_on(world: World) -> None:
    """One save of two; and what was written into a visit after it was recorded."""
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    with world.offline():
        visit = a.visit(home.id, "离线时走访")
        a.change(Household, home.id, own_number="7")
        world.clock.forward(minutes=5)
        a.change(Visit, visit, result="好转")
    world.end_role(a)
    a.sync()
    world.give_role(a, "worker", world.grid1)
    (first,) = [i for i in items(a) if i.entity == "visit" and i.code == "role_ended"]
    assert a.write(lambda uow: refused.send_again(uow, first.save_id)) == 1
    a.sync()
    head.sync()
    # What hung on the visit came along by itself; it was not in what was sent again, and is not lost.
    assert [r.target_kind for r in waiting(head)] == ["household"]
    world.settle()
    held = head.get(Visit, visit)
    assert (held.situation, held.result) == ("离线时走访", "好转")
    accept(head)
    world.settle()
    assert head.get(Household, home.id).own_number == "7"
    assert a.conflicts() == []


def test_another_value_of_ones_own_does_not_close_what_waits(small_world: World) -> None:
    world = small_world
    a, head, home, _ = parked_visit(world)
    world.give_role(a, "worker", world.grid1)
    a.sync()
    a.change(Household, home.id, own_number="9")
    a.sync()
    head.sync()
    assert sorted(r.target_kind for r in waiting(head)) == ["household", "visit"]


def test_what_another_says_closes_nothing(small_world: World) -> None:
    world = small_world
    _, head, home, _ = parked_visit(world)
    head.change(Household, home.id, own_number="7")
    world.settle()
    assert sorted(r.target_kind for r in waiting(head)) == ["household", "visit"]


def test_parked_again_there_is_one_case_for_each_record(world: World) -> None:
    a, head, _, visit = parked_visit(world)
    all_again(a)
    all_again(a)
    head.sync()
    assert sorted(r.target_kind for r in waiting(head)) == ["household", "visit"]
    a.change(Visit, visit, situation="更正")
    a.sync()
    head.sync()
    accept(head, next(r for r in waiting(head) if r.target_kind == "visit"))
    world.settle()
    assert [r.target_kind for r in waiting(head)] == ["household"]
    assert head.get(Visit, visit).situation == "更正"
    assert head.count("conflict") == 0


def test_a_decision_and_the_second_attempt_at_once(world: World) -> None:
    """Whichever comes first counts; the archive and the case say the same."""
    a, head, _, visit = parked_visit(world)
    give_back(head, "没去过", next(r for r in waiting(head) if r.target_kind == "visit"))
    world.give_role(a, "worker", world.grid1)
    for save in {item.save_id for item in items(a)}:
        a.write(lambda uow, save=save: refused.send_again(uow, save))
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(client.sync) for client in (a, head)]:
            done.result()
    world.settle()
    states = {r["target_kind"]: r["state"] for r in world.rows("review")}
    told = head.verdicts()[-1]
    assert (states["visit"], told) in [
        ("accepted", ("rejected", "already_decided")),
        ("returned", ("applied", "")),
    ]
    assert states["household"] == "accepted"
    assert head.get(Visit, visit).situation == "离线时走访"
