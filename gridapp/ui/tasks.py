"""Brings what the store and other threads worked out back to the GUI thread.

Pages hand over a future and say what to do with the result; nothing here or in a page ever waits.
A ``Problem`` goes to the place on the page that asked; anything else is a defect: one calm message
for the user, and the place in the program (never values, which may be personal) in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from gridapp.errors import Problem
from gridapp.ui.running.defects import kind_and_places

log = logging.getLogger(__name__)

S = TypeVar("S")
T = TypeVar("T")
Failed = Callable[[Problem], None]


class Tasks(QObject):
    """Runs work away from the GUI thread and returns its results there."""

    refused = Signal(object)  # a Problem that nobody asked to place
    broken = Signal()  # a defect met somebody's work
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="gridapp-work")
        self._latest: dict[tuple[int, str], Future[Any]] = {}
        self._open = 0
        self._closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._open > 0

    def run(
        self,
        owner: QObject,
        future: Future[T],
        done: Callable[[T], None] | None = None,
        failed: Failed | None = None,
        *,
        only_latest: str = "",
    ) -> None:
        """Calls ``done(result)`` or ``failed(problem)`` on the GUI thread while ``owner`` lives.

        With ``only_latest`` a result is dropped when ``owner`` has asked again under that name since.
        """
        key = (id(owner), only_latest)
        if only_latest:
            self._latest[key] = future
        self._open += 1
        delivery = _Delivery(owner, future, done, failed, key if only_latest else None)
        future.add_done_callback(lambda _: self._finished.emit(delivery))

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Work that is not the store's (a file, a picture, a print) on another thread; none once closed."""
        if self._closed:
            dropped: Future[T] = Future()
            dropped.cancel()
            return dropped
        return self._pool.submit(work)

    def close(self) -> None:
        """No more work; what has not begun is dropped."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    @Slot(object)
    def _deliver(self, delivery: _Delivery) -> None:
        self._open -= 1
        if delivery.key is not None and self._latest.get(delivery.key) is not delivery.future:
            return
        if delivery.key is not None:
            del self._latest[delivery.key]
        if not shiboken6.isValid(delivery.owner) or delivery.future.cancelled():
            return
        error = delivery.future.exception()
        if error is None:
            if delivery.done:
                delivery.done(delivery.future.result())
        elif isinstance(error, Problem):
            (delivery.failed or self.refused.emit)(error)
        elif not isinstance(error, CancelledError):
            self._report(error)

    def _report(self, error: BaseException) -> None:
        log.error("%s", kind_and_places(error))
        self.broken.emit()


def chained(first: Future[S], second: Callable[[S], Future[T]]) -> Future[T]:
    """What ``second`` makes of the result of ``first``, without a thread that waits in between."""
    whole: Future[T] = Future()

    def pass_on(done: Future[T]) -> None:
        error = done.exception()
        if error is None:
            whole.set_result(done.result())
        else:
            whole.set_exception(error)

    def go_on(done: Future[S]) -> None:
        error = done.exception()
        if error is None:
            second(done.result()).add_done_callback(pass_on)
        else:
            whole.set_exception(error)

    first.add_done_callback(go_on)
    return whole


class _Delivery:
    """One result on its way to the GUI thread."""

    __slots__ = ("done", "failed", "future", "key", "owner")

    def __init__(
        self,
        owner: QObject,
        future: Future[Any],
        done: Callable[[Any], None] | None,
        failed: Failed | None,
        key: tuple[int, str] | None,
    ) -> None:
        self.owner = owner
        self.future = future
        self.done = done
        self.failed = failed
        self.key = key
