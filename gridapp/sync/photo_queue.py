"""Photos go on a thread and a connection of their own: a record that is saved now never waits for one."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from gridapp.errors import Problem
from gridapp.store.store import Store
from gridapp.sync import photos
from gridapp.sync.session import open_session
from gridapp.sync.transport import Offline, Refused, Transport

_FIRST_RETRY = 10.0  # seconds
_LONGEST_RETRY = 600.0

_log = logging.getLogger(__name__)


class PhotoQueue:
    """Moves the photos of one store. It is woken after each round with the server; failures it keeps to itself.

    What waits and what is broken is asked of the store. Nobody is told of a missing network.
    """

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Transport],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._connect = connect
        self._clock = clock
        self._changed = threading.Condition()
        self._due: float | None = None  # None: nothing is known to move
        self._stop = False
        self._failures = 0
        self._transport: Transport | None = None
        self._thread = threading.Thread(target=self._run, name="photos", daemon=True)

    def wake(self) -> None:
        """The server was heard: see what moves."""
        with self._changed:
            self._due = self._clock()
            if not self._stop and self._thread.ident is None:
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """End after the part that is under way. Once more does nothing."""
        with self._changed:
            self._stop = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while self._wait():
                self._turn()
        finally:
            if self._transport:
                self._transport.close()

    def _wait(self) -> bool:
        with self._changed:
            while not self._stop and (self._due is None or self._due > self._clock()):
                self._changed.wait(None if self._due is None else self._due - self._clock())
            self._due = None
            return not self._stop

    def _turn(self) -> None:
        try:
            while not self._stop and self._move():
                pass  # a turn takes so many; those that are left follow
        except Offline as offline:
            self._again(offline.retry_after)
        except (Refused, Problem):
            self._transport = None  # the next round says what it is
        except Exception as error:  # noqa: BLE001 - a photo must not end the thread of all others
            _log.error("defect in photos: %s", type(error).__name__)
            self._again(None)
        else:
            self._failures = 0

    def _move(self) -> int:
        if self._transport is None:
            transport = self._connect()
            open_session(self._store, transport)
            self._transport = transport
        try:
            return photos.move(self._store, self._transport, lambda: self._stop)
        except Refused as refused:
            if refused.code != "no_session":
                raise
            open_session(self._store, self._transport)
            return photos.move(self._store, self._transport, lambda: self._stop)

    def _again(self, retry_after: float | None) -> None:
        self._failures += 1
        delay = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(self._failures - 1, 10))
        delay = max(delay * (0.8 + 0.4 * random.random()), retry_after or 0.0)
        with self._changed:
            if self._due is None:  # else it was woken meanwhile
                self._due = self._clock() + delay
