"""Own work that was taken as sent: kept many at once, and in the end the same as one by one."""

from __future__ import annotations

from typing import Any

import pytest

from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.person import Person
from gridapp.store import acknowledged, search
from gridapp.store.changes import Changes
from tests.sync.world import Client, World


@pytest.mark.parametrize(
    ("held", "to", "operations", "leads"),
    [
        (0, 1, [("applied", 0, 1)], True),
        (1, 4, [("applied", 1, 2), ("applied", 2, 2), ("applied", 2, 4)], True),
        (1, 3, [("applied", 1, 2)], False),  # somebody else came after
        (1, 3, [("applied", 2, 3)], False),  # or between
        (1, 3, [], False),
        (1, 2, [("applied", 1, 2), ("waiting", None, None)], False),
        (1, 2, [("merged", 1, 2)], False),
        (1, 2, [("conflict", 1, 2)], False),
        (2, 2, [], False),
        (3, 2, [("applied", 1, 2)], False),
    ],
)
def test_what_leads_to_the_server_s_row(
    held: int, to: int, operations: list[Any], leads: bool
) -> None:
    assert acknowledged._leads(held, to, operations) is leads


def _found(client: Client, typed: str) -> set[str]:
    return {hit.name for hit in client.store.read(lambda r: search.find(r, typed)).result()}


def _edits(client: Client, household: object, *numbers: str) -> None:
    for number in numbers:
        client.change(Household, household, own_number=number)  # type: ignore[arg-type]


def test_creations_and_chains_of_edits_become_the_server_s_rows(small_world: World) -> None:
    a = small_world.join("甲")
    homes = [a.household(name=f"户{n}", id_number="") for n in range(5)]
    a.sync()
    told: list[Changes] = []
    for home in homes:
        _edits(a, home.id, "1", "2", "3")
        a.change(HouseholdFile, home.household_file, wishes="读报")
    extra = a.household(name="新来的", id_number="")
    _edits(a, extra.id, "9")
    a.store.listen(told.append)
    answered: list[Changes] = []
    a.network.before_next("/sync/pull", lambda: answered.extend(told))
    a.sync()
    assert extra.id in set().union(*(c.ids for c in answered))
    assert all(h.id in set().union(*(c.ids for c in told)) for h in [*homes, extra])
    assert any(changes.touches("household_file") for changes in told)
    assert a.sql("SELECT count(*) FROM base") == [(0,)]
    assert a.sql("SELECT count(*) FROM outbox WHERE live=1") == [(0,)]
    assert a.sql("SELECT count(*) FROM wanted") == [(0,)]
    assert "/sync/rows" not in " ".join(a.network.log)
    small_world.settle()
    assert _found(a, "新来的") == {"新来的"}


def test_what_is_saved_between_answer_and_echo_stays_on_top(small_world: World) -> None:
    a = small_world.join("甲")
    home = a.household()
    a.sync()
    _edits(a, home.id, "1")
    a.network.before_next("/sync/pull", lambda: _edits(a, home.id, "2"))
    a.sync()
    assert a.get(Household, home.id).own_number == "2"
    assert a.sql("SELECT count(*) FROM base") == [(1,)]
    a.sync()
    small_world.settle()
    assert a.get(Household, home.id).own_number == "2"


def test_another_s_change_between_two_of_ones_own(small_world: World) -> None:
    a, b = small_world.join("甲"), small_world.join("乙")
    home = a.household()
    a.sync()
    b.sync()
    _edits(a, home.id, "1")
    b.change(Household, home.id, kind="collective")
    b.sync()
    a.sync()
    small_world.settle()
    held = a.get(Household, home.id)
    assert (held.own_number, held.kind) == ("1", "collective")


def test_an_answer_that_comes_after_the_row(small_world: World) -> None:
    a = small_world.join("甲")
    home = a.household()
    a.sync()
    _edits(a, home.id, "1")
    a.change(Person, home.person, name="赵桂兰二")
    a.network.lose_next_reply()
    try:
        a.sync()
    except Exception:  # noqa: BLE001 - the reply is lost, that is the point
        a.engine._pull()  # the rows come first
    a.sync()
    small_world.settle()
    assert a.sql("SELECT count(*) FROM outbox WHERE live=1") == [(0,)]
    assert "赵桂兰二" in _found(a, "赵桂兰二")
