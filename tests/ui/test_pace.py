"""Commits are heard of at once; while a sync runs gathered, and none is lost."""

from __future__ import annotations

from uuid import UUID

import pytest

from gridapp.store.changes import Changes
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.running.pace import Pace

RUNNING, IDLE = ServiceState(Phase.RUNNING), ServiceState(Phase.IDLE)


def commit(number: int, kind: str = "visit") -> Changes:
    return Changes(frozenset((kind,)), frozenset((UUID(int=number).bytes,)), number == 3)


@pytest.fixture
def heard(qapp) -> tuple[Pace, list[Changes]]:
    pace, found = Pace(), []
    pace.due.connect(found.append)
    return pace, found


def test_without_a_sync_each_commit_is_told_at_once(heard) -> None:
    pace, found = heard
    for number in range(3):
        pace.take(commit(number))
    assert found == [commit(n) for n in range(3)]


def test_while_a_sync_runs_the_first_is_told_and_the_rest_together(heard, qtbot) -> None:
    pace, found = heard
    pace.keep_up(RUNNING)
    for number in range(1, 4):
        pace.take(commit(number, f"kind{number}"))
    assert found == [commit(1, "kind1")]
    with qtbot.waitSignal(pace.due):
        pass
    (_, rest) = found
    assert rest.kinds == {"kind2", "kind3"}
    assert rest.ids == {UUID(int=2), UUID(int=3)}
    assert rest.sync


def test_the_end_of_the_sync_tells_what_is_left_at_once(heard) -> None:
    pace, found = heard
    pace.keep_up(RUNNING)
    pace.take(commit(1))
    pace.take(commit(2))
    pace.keep_up(IDLE)
    assert found == [commit(1), commit(2)]
    pace.take(commit(4))
    assert found[-1] == commit(4)
    pace.keep_up(IDLE)
    assert len(found) == 3
