"""What the head of a grid is shown of late work, and its author of the answer: complete, and in words."""

from __future__ import annotations

from typing import Any

import pytest

from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.person import PersonFile
from gridapp.errors import Problem
from gridapp.store import status
from gridapp.store.views.reviews import ReviewPage, count_waiting, review_page
from gridapp.ui.operations import reviewing
from tests.sync.world import Client, World


def page(client: Client) -> ReviewPage:
    return client.store.read(review_page).result()


def late(world: World) -> tuple[Client, Client, Any]:
    worker, head = world.join("甲"), world.join("组长", "grid_head")
    home = worker.household()
    world.settle()
    return worker, head, home


def test_a_case_says_who_when_whom_and_what(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    recorded = world.clock.now
    with world.offline():
        opened = worker.get(Household, home.id)
        worker.edit(opened, own_number="7", registered_address="x")
        world.clock.forward(hours=1)
        worker.visit(home.id, "精神好")
    world.end_role(worker)
    world.clock.forward(hours=5)
    head.change(Household, home.id, own_number="9")
    head.sync()
    worker.sync()
    head.sync()
    found = page(head)
    assert (found.count, head.store.read(count_waiting).result()) == (2, 2)
    edit, visit = found.waiting
    assert (edit.author, edit.author_id) == ("甲", worker.staff_id)
    assert (edit.stated_at, edit.arrived_at) == (recorded, world.clock.now)
    assert (edit.grid, edit.may_decide, edit.state) == ("网格001", True, "waiting")
    assert "任职已结束" in edit.why
    assert edit.about is not None
    assert (edit.about.name, edit.about.page, edit.about.id) == ("赵桂兰", "household", home.id)
    (record,) = edit.records
    assert (record.what, record.kind.name, record.along, record.already) == (
        "changed",
        "household",
        (),
        False,
    )
    by_name = {f.declared.name: f for f in record.fields}
    number, address = by_name["own_number"], by_name["registered_address"]
    assert (number.before, number.sent, number.held) == (None, "7", "9")
    assert (number.meanwhile, number.may_change) == (True, True)
    assert (address.before, address.sent, address.held) == (None, "x", None)
    assert (address.meanwhile, address.already) == (False, False)
    (new,) = visit.records
    assert (new.what, visit.about and visit.about.name) == ("created", "赵桂兰")
    fields = {f.declared.name: f for f in new.fields}
    assert fields["situation"].sent == "精神好"
    assert fields["situation"].may_change
    assert not fields["recorded_by"].may_change
    assert found.names[worker.staff_id.bytes] == "甲"
    assert found.names[home.id.bytes] == "赵桂兰"


def test_what_was_saved_together_is_one_case(small_world: World) -> None:
    world = small_world
    worker, head, _ = late(world)
    with world.offline():
        home = worker.household(name="钱二", id_number="")
    world.end_role(worker)
    worker.sync()
    head.sync()
    (case,) = page(head).waiting
    assert case.about is not None
    assert (case.about.name, case.about.id) == ("钱二", None)  # nothing of it is here yet
    assert sorted(r.kind.name for r in case.records) == ["building", "person"]
    along = [a.kind.name for r in case.records for a in r.along]
    assert sorted(along) == [
        "dwelling",
        "household",
        "household_file",
        "person_file",
        "residence",
    ]
    reviewing.accept(head.store, case.records, "欢迎").result()
    assert page(head).waiting == ()
    world.settle()
    assert head.get(Household, home.id).name == "钱二"
    (done,) = page(head).decided
    assert (done.state, done.note, done.decided_by, done.accepted) == (
        "accepted",
        "欢迎",
        "组长",
        True,
    )
    assert done.decided_at == world.clock.now


def test_sets_and_numbers_as_they_would_be(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    worker.change(HouseholdFile, home.household_file, benefits=("低保",))
    world.settle()
    with world.offline():
        worker.change(HouseholdFile, home.household_file, benefits=("低保", "老龄"))
        worker.change(PersonFile, home.file, id_kind="passport", id_number="E1")
    world.end_role(worker)
    worker.sync()
    head.change(HouseholdFile, home.household_file, benefits=("低保", "残疾"))
    head.sync()
    cases = page(head).waiting
    benefits = next(
        f for c in cases for r in c.records for f in r.fields if f.declared.name == "benefits"
    )
    assert benefits.held == '["低保","残疾"]'
    assert benefits.sent == '["低保","残疾","老龄"]'
    assert benefits.before == '["低保"]'
    # The head corrects the number; of an identity all of its fields go together.
    record = next(r for c in cases for r in c.records if r.kind.name == "person_file")
    values = {f.declared.name: f.sent for f in record.fields} | {"id_number": "E2"}
    reviewing.accept(head.store, [record], "", {record.review.id: values}).result()
    head.sync()
    assert head.last() == ("applied", "")
    assert head.get(PersonFile, home.file).id_number == "E2"
    (done,) = page(head).decided
    numbers = {f.declared.name: f for f in done.records[0].fields}
    assert (numbers["id_number"].decided, numbers["id_number"].was_changed) == ("E2", True)


def test_what_was_shown_is_what_is_replaced(small_world: World) -> None:
    """The page names what it showed: a value that came after is not overwritten unseen."""
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.change(Household, home.id, own_number="7")
    world.end_role(worker)
    worker.sync()
    head.change(Household, home.id, own_number="9")
    head.sync()
    (case,) = page(head).waiting
    (record,) = case.records
    reviewing.accept(head.store, [record], "", {record.review.id: {"own_number": "17"}}).result()
    world.settle()
    assert head.get(Household, home.id).own_number == "17"
    assert head.conflicts() == []


def test_decided_elsewhere_nothing_is_written(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.visit(home.id, "一")
        worker.visit(home.id, "二")
    world.end_role(worker)
    worker.sync()
    head.sync()
    (case,) = page(head).waiting  # recorded in the same moment
    first, second = case.records
    reviewing.give_back(head.store, [first], "没有这户").result()
    with pytest.raises(Problem) as refused:
        reviewing.accept(head.store, [second, first]).result()
    assert refused.value.code == "already_decided"
    assert [r.review.id for c in page(head).waiting for r in c.records] == [second.review.id]


def test_the_author_is_told_until_it_was_read(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    with world.offline():
        worker.visit(home.id, "带了药")
    with world.offline():
        world.clock.forward(minutes=1)
        worker.change(Household, home.id, own_number="7")
    world.end_role(worker)
    worker.sync()
    assert worker.status().told == 0
    head.sync()
    visit, edit = page(head).waiting
    reviewing.accept(head.store, visit.records, "已登记").result()
    reviewing.give_back(head.store, edit.records, "门牌不对").result()
    world.settle()
    assert (worker.status().told, worker.status().rejected, worker.status().parked) == (1, 1, 0)
    (item,) = worker.store.read(status.told).result()
    assert (item.entity, item.note, item.decided_by) == ("visit", "已登记", head.staff_id)
    assert dict(item.values)["situation"] == "带了药"
    (back,) = worker.store.read(status.not_accepted).result()
    assert (back.code, back.note, back.decided_by) == ("returned", "门牌不对", head.staff_id)
    reviewing.seen(worker.store, item.save_id).result()
    assert worker.status().told == 0
    # Read, and not hers any more: no word of it is left.
    assert worker.sql("SELECT count(*) FROM outbox WHERE op_id=?", item.op_id) == [(0,)]
    world.settle()


def test_who_decides_nothing_sees_nothing(small_world: World) -> None:
    world = small_world
    worker, head, home = late(world)
    guide = world.join("丁", "guide")
    with world.offline():
        worker.visit(home.id, "带了药")
    world.end_role(worker)
    world.settle()
    assert len(page(head).waiting) == 1
    assert page(guide) == page(worker) == ReviewPage((), (), 0, {})
    world.end_role(head)
    head.sync()
    assert page(head) == ReviewPage((), (), 0, {})
    assert head.count("review") == 0
