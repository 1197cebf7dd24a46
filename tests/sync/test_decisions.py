"""Choosing between two values: on both databases, offline, twice, and while the values change."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from gridapp.domain.choice import Choice
from gridapp.domain.conflict import Conflict
from gridapp.domain.exchange import Change, Decision, Operation
from gridapp.domain.household import Household
from gridapp.domain.person import PersonFile
from gridapp.domain.record import new_id
from gridapp.domain.visit import Visit
from gridapp.store import status
from gridapp.store.deciding import Stake, decide, open_stakes
from gridapp.sync.transport import Offline
from tests.sync.world import Client, Home, World

STANDING, OTHER = Choice.STANDING, Choice.OTHER


def stakes(client: Client) -> list[Stake]:
    """The choices that a client is offered."""
    return list(client.store.read(open_stakes).result())


def choose(client: Client, choice: Choice, seen: Stake | None = None) -> Stake:
    """Choose as the only offered pair, or ``seen``, was shown."""
    shown = seen or stakes(client)[0]
    client.write(lambda uow: decide(uow, shown, choice))
    return shown


def address(client: Client, home: Home) -> str:
    return client.get(Household, home.id).registered_address


def changed_twice(world: World, a: Client, b: Client) -> Home:
    """The registered address was a; B made it z, A offline c: z stands, c stands aside."""
    home = a.household()
    a.change(Household, home.id, registered_address="a")
    world.settle()
    b.change(Household, home.id, registered_address="z")
    a.change(Household, home.id, registered_address="c")
    b.sync()
    world.settle()
    assert a.conflicts() == [("registered_address", "a", "z", "c")]
    return home


@pytest.mark.parametrize(("choice", "value"), [(STANDING, "z"), (OTHER, "c")])
def test_a_choice_reaches_everybody(world: World, choice: Choice, value: str) -> None:
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    home = changed_twice(world, a, b)
    assert [len(stakes(each)) for each in (a, b, head)] == [1, 1, 1]
    world.clock.forward(hours=1)
    with world.offline():
        choose(head, choice)
        # At once: the value is used here and nothing is asked any more.
        assert address(head, home) == value
        assert stakes(head) == []
        assert head.status().conflicts == 0
    world.settle()
    for client in (a, b, head):
        assert (address(client, home), client.conflicts(), stakes(client)) == (value, [], [])
        (found,) = client.store.read(lambda r: r.where(Conflict, "state='decided'")).result()
        assert (found.choice, found.decided_by) == (choice.value, head.staff_id)
        assert found.decided_at == world.clock.now
    assert head.last() == ("applied", "")


def test_a_conflict_says_who_and_when(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    world.settle()
    b.change(Household, home.id, own_number="z")
    first = world.clock.now
    b.sync()
    world.clock.forward(hours=2)
    a.change(Household, home.id, own_number="c")
    then = world.clock.now
    world.clock.forward(hours=3)
    world.settle()
    (found,) = stakes(b)
    assert (found.conflict.standing_by, found.conflict.standing_at) == (b.staff_id, first)
    assert (found.conflict.author_id, found.conflict.other_at) == (a.staff_id, then)


@pytest.mark.parametrize("order", ["first", "second"])
def test_history_16_two_decisions_offline(world: World, order: str) -> None:
    """Two people choose differently without signal: the first to arrive counts, the second is told."""
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    home = changed_twice(world, a, b)
    with world.offline():
        choose(b, STANDING)
        choose(head, OTHER)
    first, second = (b, head) if order == "first" else (head, b)
    first.sync()
    second.sync()
    assert first.last() == ("applied", "")
    assert second.last() == ("rejected", "already_decided")
    value = "z" if first is b else "c"
    assert address(second, home) == value
    assert [i.code for i in second.store.read(status.not_accepted).result()] == ["already_decided"]
    world.settle()
    assert {address(each, home) for each in (a, b, head)} == {value}
    assert world.rows("conflict")[0]["decided_by"] == first.staff_id.bytes


@pytest.mark.parametrize("choice", [STANDING, OTHER])
def test_history_16_what_stands_changes_in_between(world: World, choice: Choice) -> None:
    """The same conflict asks again, with what stands now; nobody overwrites what nobody saw."""
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    guide = world.join("丁", "guide")
    home = changed_twice(world, a, b)
    (before,) = stakes(head)
    with world.offline():
        choose(head, choice)
        guide.change(Household, home.id, registered_address="y")
    guide.sync()
    world.settle()
    assert head.last() == ("conflict", "values_changed")
    for client in (a, b, head):
        (now,) = stakes(client)
        assert now.conflict.id == before.conflict.id
        assert now.values.standing == {"registered_address": "y"}
        assert now.values.other == {"registered_address": "c"}
        assert now.conflict.standing_by == guide.staff_id
        assert now.again is (client is head)
        assert address(client, home) == "y"
    choose(head, OTHER)
    world.settle()
    assert {address(each, home) for each in (a, b, head)} == {"c"}
    assert head.status().conflicts == 0


def test_history_16_the_other_value_changes_in_between(world: World) -> None:
    """The losing device goes on with its own value while somebody chooses."""
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    home = a.household()
    a.change(Household, home.id, registered_address="a")
    world.settle()
    b.change(Household, home.id, registered_address="z")
    b.sync()
    opened = a.get(Household, home.id)
    second = a.edit(opened, registered_address="c")
    a.network.lose_next_reply()  # the conflict is opened; A does not hear of it
    with pytest.raises(Offline):
        a.sync()
    a.edit(second, registered_address="d")
    head.sync()
    (shown,) = stakes(head)
    choose(head, OTHER)
    a.sync()
    head.sync()
    assert head.last() == ("conflict", "values_changed")
    (again,) = stakes(head)
    assert again.conflict.id == shown.conflict.id
    assert again.values.other == {"registered_address": "d"}
    choose(head, OTHER)
    world.settle()
    assert {address(each, home) for each in (a, b, head)} == {"d"}


@pytest.mark.parametrize(("choice", "ends"), [(STANDING, "z"), (OTHER, "d")])
def test_the_losing_device_goes_on_after_the_choice(
    world: World, choice: Choice, ends: str
) -> None:
    """What it adds to its own chain without having seen the choice: taken on top of its value, else asked."""
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    a.change(Household, home.id, registered_address="a")
    world.settle()
    b.change(Household, home.id, registered_address="z")
    b.sync()
    chained = a.edit(a.get(Household, home.id), registered_address="c")
    a.network.lose_next_reply()
    with pytest.raises(Offline):
        a.sync()
    b.sync()
    choose(b, choice)
    b.sync()
    a.edit(chained, registered_address="d")
    world.settle()
    assert address(a, home) == address(b, home) == ends
    expected = [("registered_address", "a", "z", "d")] if choice is STANDING else []
    assert a.conflicts() == b.conflicts() == expected
    # And an edit of what is now shown is an edit like any other.
    a.change(Household, home.id, registered_address="e")
    world.settle()
    assert address(b, home) == "e"


def test_the_losing_device_chooses_itself(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = changed_twice(world, a, b)
    choose(a, OTHER)
    a.change(Household, home.id, registered_address="f")
    world.settle()
    assert a.verdicts()[-2:] == [("applied", ""), ("applied", "")]
    assert address(a, home) == address(b, home) == "f"
    assert a.conflicts() == []


def test_ones_own_unsent_change_is_what_was_seen(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = changed_twice(world, a, b)
    with world.offline():
        b.change(Household, home.id, registered_address="y")
        shown = choose(b, OTHER)
        assert shown.values.standing == {"registered_address": "y"}
    world.settle()
    assert b.last() == ("applied", "")
    assert address(a, home) == "c"


def test_of_a_map_only_the_keys_that_differ(world: World) -> None:
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    home = a.household()
    world.settle()
    b.change(PersonFile, home.file, phones={"13800000001": "儿子"})
    b.sync()
    a.change(PersonFile, home.file, phones={"13800000001": "邻居"})
    world.settle()
    (shown,) = stakes(head)
    with world.offline():
        b.change(PersonFile, home.file, phones={"13800000001": "儿子", "139": "女儿"})
        choose(head, OTHER, shown)
    b.sync()
    world.settle()
    assert head.last() == ("applied", "")
    for client in (a, b, head):
        phones = dict(client.get(PersonFile, home.file).phones)
        assert phones == {"13800000001": "邻居", "139": "女儿"}


def test_of_a_group_the_whole(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    world.settle()
    b.change(PersonFile, home.file, id_kind="passport", id_number="E1")
    b.sync()
    a.change(PersonFile, home.file, id_kind="passport", id_number="E2")
    world.settle()
    choose(b, OTHER)
    world.settle()
    assert a.get(PersonFile, home.file).id_number == b.get(PersonFile, home.file).id_number == "E2"
    assert a.conflicts() == []


@pytest.mark.parametrize(("choice", "deleted"), [(STANDING, False), (OTHER, True)])
def test_to_delete_after_all(world: World, choice: Choice, deleted: bool) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    visit = a.visit(home.id)
    world.settle()
    with world.offline():
        a.delete(Visit, visit)
        b.change(Visit, visit, result="好")
    b.sync()
    world.settle()
    choose(a, choice)
    world.settle()
    for client in (a, b):
        assert client.get(Visit, visit).deleted is deleted
        assert client.conflicts() == []
        assert client.status().conflicts == 0


def test_to_keep_what_was_deleted_meanwhile(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    visit = a.visit(home.id)
    world.settle()
    with world.offline():
        a.delete(Visit, visit)
        b.change(Visit, visit, result="好")
    b.sync()
    world.settle()
    with world.offline():
        choose(b, STANDING)
        a.delete(Visit, visit)  # seen this time
    a.sync()
    world.settle()
    # Deleted, with the other's work seen: nothing was left to choose.
    assert b.last() == ("rejected", "already_decided")
    assert a.get(Visit, visit).deleted
    assert b.get(Visit, visit).deleted


def test_to_delete_what_grew_meanwhile_asks_again(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    world.settle()
    with world.offline():
        a.delete(Household, home.id)
        b.change(Household, home.id, own_number="1")
    b.sync()
    world.settle()
    with world.offline():
        choose(a, OTHER)
        b.visit(home.id, "还住着")
    b.sync()
    world.settle()
    assert a.last() == ("conflict", "values_changed")
    assert not a.get(Household, home.id).deleted
    choose(a, OTHER)
    world.settle()
    assert b.get(Household, home.id).deleted


@pytest.mark.parametrize(("choice", "deleted"), [(STANDING, True), (OTHER, False)])
def test_a_choice_about_a_deleted_record(world: World, choice: Choice, deleted: bool) -> None:
    """Deleted meanwhile: the choice does not bring it back unseen. Asked again, the other value does."""
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    visit = a.visit(home.id)
    world.settle()
    b.change(Visit, visit, result="y")
    b.sync()
    a.change(Visit, visit, result="x")
    world.settle()
    with world.offline():
        choose(a, OTHER)
        b.delete(Visit, visit)
    b.sync()
    world.settle()
    assert a.last() == ("conflict", "values_changed")
    assert a.get(Visit, visit).deleted
    (shown,) = stakes(a)
    assert shown.deleted
    assert a.status().conflicts == 1
    choose(a, choice)
    world.settle()
    assert a.last() == ("applied", "")
    for client in (a, b):
        held = client.get(Visit, visit)
        assert (held.deleted, held.result) == (deleted, "y" if deleted else "x")
        assert stakes(client) == []
        assert client.status().conflicts == 0


@pytest.mark.parametrize("how", ["edit", "map", "group"])
def test_what_became_equal_closes_itself(world: World, how: str) -> None:
    """Somebody else writes the very value that stood aside: nothing is left to choose, anywhere."""
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    home = a.household()
    world.settle()
    values: dict[str, tuple[dict[str, Any], ...]] = {
        "edit": ({"own_number": "z"}, {"own_number": "c"}, {"own_number": "c"}),
        "map": (
            {"phones": {"13800000001": "儿子"}},
            {"phones": {"13800000001": "邻居"}},
            {"phones": {"13800000001": "邻居", "139": "女儿"}},
        ),
        "group": (
            {"id_kind": "passport", "id_number": "E1"},
            {"id_kind": "passport", "id_number": "E2"},
            {"id_number": "E2"},
        ),
    }
    first, second, third = values[how]
    kind, key = (Household, home.id) if how == "edit" else (PersonFile, home.file)
    b.change(kind, key, **first)
    b.sync()
    a.change(kind, key, **second)
    world.settle()
    assert len(stakes(head)) == 1
    head.change(kind, key, **third)
    world.settle()
    for client in (a, b, head):
        assert stakes(client) == []
        assert client.conflicts() == []
    assert [c["state"] for c in world.rows("conflict")] == ["closed"]


def test_what_stands_is_told_with_who_and_when(world: World) -> None:
    """Changed by a third person while it waits: the side by side says so, and what it was before."""
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    changed_twice(world, a, b)
    home = world.rows("household")[0]["id"]
    world.clock.forward(hours=1)
    head.change(Household, UUID(bytes=home), registered_address="y")
    then = world.clock.now
    world.settle()
    for client in (a, b, head):
        (shown,) = stakes(client)
        assert (shown.conflict.standing_by, shown.conflict.standing_at) == (head.staff_id, then)
        assert shown.start == {"registered_address": "a"}
        assert shown.values.standing == {"registered_address": "y"}
    assert a.conflicts() == [("registered_address", "a", "y", "c")]


def test_a_deletion_after_all_closes_its_conflict(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = a.household()
    visit = a.visit(home.id)
    world.settle()
    with world.offline():
        a.delete(Visit, visit)
        b.change(Visit, visit, result="好")
    b.sync()
    world.settle()
    assert len(stakes(b)) == 1
    b.delete(Visit, visit)
    world.settle()
    assert a.get(Visit, visit).deleted
    assert a.conflicts() == b.conflicts() == []


def test_a_lost_reply_decides_once(world: World) -> None:
    a, b = world.join("甲"), world.office("乙")
    home = changed_twice(world, a, b)
    choose(b, OTHER)
    b.network.lose_next_reply()
    with pytest.raises(Offline):
        b.sync()
    world.settle()
    assert b.last() == ("applied", "")
    assert address(a, home) == "c"


def test_only_who_may_write_it_decides(world: World) -> None:
    a, b, other = world.join("甲"), world.office("乙"), world.join("丁", unit=world.grid3)
    home = changed_twice(world, a, b)
    (shown,) = stakes(a)
    assert said(world, other, operation(home, shown)) == ("rejected", "not_allowed")
    # Neither a value that nobody proposed, nor the conflict of another record, nor one that is not there.
    elsewhere = a.household(name="别家", id_number="")
    a.sync()
    bad = ("rejected", "bad_operation")
    assert said(world, a, operation(home, shown, after="q")) == bad
    assert said(world, a, operation(elsewhere, shown)) == ("rejected", "not_allowed")
    assert said(world, a, operation(home, shown, conflict=new_id())) == ("rejected", "not_allowed")
    assert said(world, a, operation(home, shown, conflict=b"short")) == bad
    assert len(stakes(a)) == 1
    assert said(world, a, operation(home, shown)) == ("applied", "")


def test_at_the_same_moment_one_of_two_decides(world: World) -> None:
    """Really at once on PostgreSQL; SQLite's one writer puts them in some order."""
    a, b, head = world.join("甲"), world.office("乙"), world.join("丙", "grid_head")
    for _ in range(4):
        home = changed_twice(world, a, b)
        (shown,) = stakes(a)
        barrier = threading.Barrier(2)

        def at_once(client: Client, sent: Operation, gate: threading.Barrier = barrier) -> Any:
            gate.wait(30)
            return said(world, client, sent)

        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(at_once, b, operation(home, shown, after="z"))
            two = pool.submit(at_once, head, operation(home, shown))
            verdicts = sorted([one.result(), two.result()])
        assert verdicts == [("applied", ""), ("rejected", "already_decided")]
        world.settle()
        assert address(a, home) == address(b, home) == ("z" if one.result()[1] == "" else "c")


def operation(
    home: Home, seen: Stake, after: str = "c", conflict: UUID | bytes | None = None
) -> Operation:
    """A choice as another program might send it."""
    key = conflict or seen.conflict.id
    return Operation(
        new_id().bytes,
        1000,
        "household",
        home.id.bytes,
        seen.version,
        {"registered_address": Change("z", after)},
        0,
        0,
        [],
        Decision(key if isinstance(key, bytes) else key.bytes, {"registered_address": "c"}),
    )


def said(world: World, client: Client, sent: Operation) -> tuple[str, str]:
    who = client.store.who
    outcome = world.apply_as(who.staff_id.bytes, who.device_id.bytes, sent)[0]
    return outcome.verdict.value, outcome.code
