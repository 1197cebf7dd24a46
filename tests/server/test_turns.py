"""Whose turn it is: who waits is taken along, everybody is answered, and none suffers for another."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from gridapp.server.turns import Turns


class Desk:
    """Work that can be held up, and what was done together."""

    def __init__(self, bad: frozenset[int] = frozenset()) -> None:
        self.turns: Turns[int, int] = Turns()
        self.bad = bad
        self.runs: list[list[int]] = []
        self.begun = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def take(self, waiting: Sequence[int]) -> list[int]:
        """All that are as odd or even as the first."""
        return [n for n, job in enumerate(waiting) if job % 2 == waiting[0] % 2]

    def run(self, jobs: Sequence[int]) -> list[int]:
        self.begun.set()
        assert self.open.wait(30)
        self.runs.append(list(jobs))
        if self.bad.intersection(jobs):
            raise ValueError(sorted(self.bad.intersection(jobs)))
        return [job * 10 for job in jobs]

    def do(self, job: int, writers: int = 1) -> int:
        return self.turns.do(job, self.take, self.run, writers)

    def hold(self, pool: ThreadPoolExecutor, jobs: Sequence[int]) -> list[Future[int]]:
        """The first is being done; the others have come meanwhile, in this order."""
        self.open.clear()
        first = pool.submit(self.do, jobs[0])
        assert self.begun.wait(30)
        rest = []
        for number, job in enumerate(jobs[1:], 1):
            rest.append(pool.submit(self.do, job))
            while len(self.turns._waiting) < number:  # until it stands in the queue
                threading.Event().wait(0.001)
        return [first, *rest]


def test_alone_nothing_waits() -> None:
    desk = Desk()
    assert [desk.do(n) for n in (1, 2, 3)] == [10, 20, 30]
    assert desk.runs == [[1], [2], [3]]


def test_what_came_meanwhile_goes_together() -> None:
    desk = Desk()
    with ThreadPoolExecutor(8) as pool:
        found = desk.hold(pool, [1, 2, 4, 3, 6, 5])
        desk.open.set()
        assert [f.result(30) for f in found] == [10, 20, 40, 30, 60, 50]
    assert desk.runs == [[1], [2, 4, 6], [3, 5]]
    assert desk.do(7) == 70


def test_only_the_guilty_one_is_refused() -> None:
    desk = Desk(bad=frozenset({4}))
    with ThreadPoolExecutor(8) as pool:
        found = desk.hold(pool, [1, 2, 4, 6])
        desk.open.set()
        assert [found[n].result(30) for n in (0, 1, 3)] == [10, 20, 60]
        with pytest.raises(ValueError, match="4"):
            found[2].result(30)
    assert desk.runs == [[1], [2, 4, 6], [2], [4], [6]]
    assert desk.do(8) == 80  # and the next turn is free


def test_two_may_write_at_a_time() -> None:
    desk = Desk()
    desk.open.clear()
    both = threading.Barrier(3)

    def meet(jobs: Sequence[int]) -> list[int]:
        both.wait(30)
        return [job * 10 for job in jobs]

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(desk.turns.do, n, desk.take, meet, 2) for n in (1, 2)]
        both.wait(30)
        assert [f.result(30) for f in found] == [10, 20]
