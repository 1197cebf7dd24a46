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
    """``take`` says which of the waiting jobs, oldest first, go together: the first always does.

    ``run`` does them and gives their answers in order; it raises where that is the fate of all of them.
    """

    def __init__(
        self,
        take: Callable[[Sequence[J]], list[int]],
        run: Callable[[list[J]], Sequence[R | BaseException]],
        writers: int = 1,
    ) -> None:
        self._take, self._run = take, run
        self._free = writers
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[J, R]] = deque()

    def do(self, job: J) -> R:
        """Have a job done, by this thread or by one that takes it along."""
        mine = _Waiting[J, R](job)
        with self._lock:
            leads = self._free > 0
            if leads:
                self._free -= 1
            else:
                self._waiting.append(mine)
        if not leads:
            mine.woken.wait()
        if not mine.done:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _lead(self, first: _Waiting[J, R]) -> None:
        group = [first]
        try:
            with self._lock:
                waiting = [first, *self._waiting]
                group = [waiting[i] for i in self._take([w.job for w in waiting])]
                taken = {id(one) for one in group}
                self._waiting = deque(w for w in self._waiting if id(w) not in taken)
            for one, answer in zip(group, self._run([w.job for w in group]), strict=True):
                if isinstance(answer, BaseException):
                    one.error = answer
                else:
                    one.answer = answer
        except BaseException as error:
            # Whatever it was, nobody may be left waiting for an answer.
            for one in group:
                one.error = error
        finally:
            self._hand_over(group)

    def _hand_over(self, finished: list[_Waiting[J, R]]) -> None:
        with self._lock:
            heir = self._waiting.popleft() if self._waiting else None
            if heir is None:
                self._free += 1
        if heir is not None:
            heir.woken.set()
        for one in finished:
            one.done = True
            one.woken.set()
