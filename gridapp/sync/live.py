"""While the server is heard, somebody waits there: what others do is on this screen within a second.

A thread and a connection of its own ask the server to be answered as soon as a pull would bring something, and
then a round is asked for. It waits only after rounds that succeeded, never while one runs. Where it fails it
goes on later, and the timer of the rounds does what it always did; nobody is told.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from gridapp.errors import Problem
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.sync.asking import pull_request
from gridapp.sync.patience import retry_delay
from gridapp.sync.protocol import WaitReply, WaitRequest
from gridapp.sync.session import open_session
from gridapp.sync.transport import Held, Offline, Refused, Transport

_SECONDS = 110.0  # of one question: below what most proxies and address translations bear
_FEWEST = 20.0
_OLDER_SERVER = 3600.0
_ANSWERED_NOT = (404, 405)
_PATIENCE = 0.5  # seconds for the thread to end; where it is still connecting it ends by itself

_log = logging.getLogger(__name__)


class Watch:
    """Waits at the server of one store. ``news`` is called on its thread when a round would bring something."""

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Transport],
        news: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._connect = connect
        self._news = news
        self._clock = clock
        self._changed = threading.Condition()
        self._stop = False
        self._heard = (
            False  # the last round that ended succeeded, and none is under way or asked for
        )
        self._due = 0.0
        self._failures = 0
        self._seconds = _SECONDS
        self._told: WaitRequest | None = None  # what had news when a round was asked for last
        self._fruitless = 0
        self._transport: Transport | None = None
        self._held: Held | None = None
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def round_begins(self) -> None:
        """Until it ends nothing is asked, and no answer counts."""
        with self._changed:
            self._heard = False

    def round_ended(self, *, heard: bool) -> None:
        """``heard``: the server was there and took everything."""
        with self._changed:
            self._heard = heard
            if heard and not self._stop and self._thread.ident is None:
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """End at once, also in the middle of a wait. Once more does nothing."""
        with self._changed:
            self._stop = True
            self._changed.notify()
            held = self._held
        if held is not None:
            held.cut()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        try:
            while self._ready():
                self._turn()
        finally:
            if self._transport:
                self._transport.close()

    def _ready(self) -> bool:
        with self._changed:
            while not self._stop and not (self._heard and self._due <= self._clock()):
                left = self._due - self._clock()
                self._changed.wait(left if self._heard and left > 0 else None)
            return not self._stop

    def _turn(self) -> None:
        began = self._clock()
        try:
            asked = self._question()
            reply = self._ask(asked)
            if reply.news:
                self._pass_on(asked)
            self._leave(reply.again)
            self._failures = 0
        except Offline as offline:
            self._failed(began, offline.retry_after)
        except Refused as refused:
            older = refused.status in _ANSWERED_NOT
            self._leave(_OLDER_SERVER) if older else self._failed(began, refused.retry_after)
        except Problem:
            self._failed(began, None)  # the next round says what it is
        except Exception as error:  # noqa: BLE001 - the rounds go on without it, and so must this thread
            if not self._stop:  # else the store is being closed
                _log.error("defect in waiting: %s", type(error).__name__)
            self._failed(began, None)

    def _question(self) -> WaitRequest:
        return self._store.read(lambda reader: _request(reader, self._seconds)).result()

    def _ask(self, request: WaitRequest) -> WaitReply:
        if self._transport is None:
            self._transport = self._connect()
            open_session(self._store, self._transport)
        try:
            held = self._transport.wait(request)
        except Refused as refused:
            if refused.code != "no_session":
                raise
            open_session(self._store, self._transport)
            held = self._transport.wait(request)
        with self._changed:
            self._held = held
            stopped = self._stop
        if stopped:  # it may have come between
            held.cut()
        try:
            return held.result()
        finally:
            with self._changed:
                self._held = None

    def _pass_on(self, asked: WaitRequest) -> None:
        now = self._question()
        with self._changed:
            if not self._heard or now.cursors != asked.cursors:
                return  # a round runs, or ran meanwhile: ask again with what it brought
            if asked == self._told:
                # The last round did not bring it: a kind or a channel that is not understood here.
                self._fruitless += 1
                self._due = self._clock() + retry_delay(self._fruitless, None, random.random())
            else:
                self._fruitless = 0
            self._told = asked
            self._heard = False  # until that round has ended
        self._news()

    def _leave(self, seconds: float) -> None:
        with self._changed:
            self._due = max(self._due, self._clock() + seconds)

    def _failed(self, began: float, retry_after: float | None) -> None:
        if self._held_long(began):
            # Something between here and the server does not bear it: ask for less the next time.
            self._seconds = max(_FEWEST, (self._clock() - began) * 0.8)
            self._failures = 0
        self._failures += 1
        self._leave(retry_delay(self._failures, retry_after, random.random()))

    def _held_long(self, began: float) -> bool:
        return _FEWEST < self._clock() - began < self._seconds


def _request(reader: Reader, seconds: float) -> WaitRequest:
    pull = pull_request(reader)
    return WaitRequest(pull.cursors, pull.outcome_cursor, seconds)
