"""Whose turn it is to write: what waits meanwhile is taken together, in one transaction and one commit.

A thread that finds nobody writing begins. Those that come while it writes wait; when it is done, the first of
them takes as many of the others with it as fit. So nothing waits for company, and the busier the server is,
the more share a commit. On SQLite one writes at a time; on PostgreSQL a few may.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")


@dataclass(slots=True)
class _Waiting(Generic[J, R]):
    job: J
    woken: threading.Event = field(default_factory=threading.Event)
    answer: R | None = None
    error: BaseException | None = None
    done: bool = False


class Turns(Generic[J, R]):
    """The turns of one server.

    ``take`` says which of the waiting jobs, oldest first, go together: the first always does. ``run`` does them and
    gives their answers in order. It raises where nothing was done: then each is run by itself.
    """

    def __init__(self) -> None:
        self._writing = 0
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[J, R]] = deque()

    def do(
        self,
        job: J,
        take: Callable[[Sequence[J]], Sequence[int]],
        run: Callable[[Sequence[J]], Sequence[R]],
        writers: int = 1,
    ) -> R:
        """Have a job done, by this thread or by one that takes it along; at most ``writers`` run at a time."""
        mine = _Waiting[J, R](job)
        with self._lock:
            leads = self._writing < writers
            if leads:
                self._writing += 1
            else:
                self._waiting.append(mine)
        if not leads:
            mine.woken.wait()
        if not mine.done:
            self._lead(mine, take, run)
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _lead(
        self,
        first: _Waiting[J, R],
        take: Callable[[Sequence[J]], Sequence[int]],
        run: Callable[[Sequence[J]], Sequence[R]],
    ) -> None:
        group = [first]
        try:
            with self._lock:
                waiting = [first, *self._waiting]
                group = [waiting[i] for i in take([w.job for w in waiting])]
                taken = {id(one) for one in group}
                self._waiting = deque(w for w in self._waiting if id(w) not in taken)
            if not _settle(group, run):
                for one in group:  # none suffers for another
                    _settle([one], run)
        finally:
            self._hand_over(group)

    def _hand_over(self, finished: list[_Waiting[J, R]]) -> None:
        with self._lock:
            heir = self._waiting.popleft() if self._waiting else None
            if heir is None:
                self._writing -= 1
        if heir is not None:
            heir.woken.set()
        for one in finished:
            one.done = True
            one.woken.set()


def _settle(group: Sequence[_Waiting[J, R]], run: Callable[[Sequence[J]], Sequence[R]]) -> bool:
    """Run these and note answers, or what was raised: whatever it is, nobody may be left waiting."""
    try:
        answers = run([one.job for one in group])
    except BaseException as error:  # noqa: BLE001 - raised again by each that waits
        for one in group:
            one.error = error
        return len(group) == 1
    for one, answer in zip(group, answers, strict=True):
        one.answer, one.error = answer, None
    return True
