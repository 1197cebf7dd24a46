"""When to sync: soon after a save, on a timer with jitter, on demand, and patiently when there is no signal."""

from __future__ import annotations

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from gridapp.errors import Problem
from gridapp.store.changes import Changes
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.sync.engine import Engine
from gridapp.sync.live import Watch
from gridapp.sync.patience import JITTER, LONGEST_RETRY, retry_delay
from gridapp.sync.photo_queue import PhotoQueue
from gridapp.sync.questions import Questions
from gridapp.sync.transport import Offline, Refused, Transport

AFTER_SAVE = 2.0  # seconds, from the first save of a series
EVERY = 300.0

_log = logging.getLogger(__name__)


class Phase(StrEnum):
    """What the service is doing. What waits is asked of the store, never of this."""

    IDLE = "idle"
    RUNNING = "running"
    OFFLINE = "offline"
    STOPPED = "stopped"  # it needs a person: revoked, a newer server


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The phase, and where it stopped the reason."""

    phase: Phase
    problem: Problem | None = None


class SyncService:
    """Runs rounds on a thread of its own. ``changed`` is called on that thread at every change of state."""

    def __init__(
        self,
        store: Store,
        changed: Callable[[ServiceState], None] = lambda _state: None,
        clock: Callable[[], float] = time.monotonic,
        *,
        live: bool = True,
    ) -> None:
        """``live``: wait at the server between rounds, so that news comes at once."""
        self._store = store
        self._changed = changed
        self._clock = clock
        self._wake = threading.Condition()
        self._due = 0.0
        self._stop = False
        self._asked = False  # a round was asked for while one was running
        self._failures = 0
        self.state = ServiceState(Phase.IDLE)
        self._questions = Questions(store, self._connect)
        self._photos = PhotoQueue(store, self._connect)
        self._watch = Watch(store, self._connect, self.sync_now, clock) if live else None
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._forget = store.listen(self._saved)

    def start(self) -> None:
        """Begin with a round at once."""
        self._thread.start()

    def sync_now(self) -> None:
        """A round as soon as possible: the button, a reconnect, the lid opening."""
        with self._wake:
            self._due = 0.0
            self._asked = True
            self._wake.notify()

    def fetch_history(
        self, record_id: UUID, *, older: bool = False, kind: str = "household"
    ) -> Future[bool]:
        """Ask what changed in a record (or with ``older`` what changed before), on another thread.

        True when the answer is in the store; False without signal, and nobody is told of it.
        """
        return self._questions.fetch_history(record_id, older=older, kind=kind)

    def stop(self) -> None:
        """End the thread; what waits stays in the store. Once more does nothing."""
        with self._wake:
            stopped, self._stop = self._stop, True
            self._wake.notify()
        if not stopped:
            self._forget()
        if self._watch:
            self._watch.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._questions.stop()
        self._photos.stop()

    def _saved(self, changes: Changes) -> None:
        if not changes.sync or not changes.kinds:
            return
        with self._wake:
            # While there is no signal a save changes nothing about when to try again.
            if self._failures == 0 and self.state.phase is Phase.IDLE:
                self._due = min(self._due, self._clock() + AFTER_SAVE)
                self._wake.notify()

    def _run(self) -> None:
        transport = self._connect()
        engine = Engine(self._store, transport, with_photos=False)
        try:
            while self._wait():
                self._round(engine)
        finally:
            transport.close()

    def _connect(self) -> Transport:
        return Transport(self._store.who.server_url, self._store.who.fingerprint)

    def _round(self, engine: Engine) -> None:
        self._set(ServiceState(Phase.RUNNING))
        if self._watch:
            self._watch.round_begins()
        state, delay = self._attempt(engine)
        with self._wake:
            self._due = self._clock() + delay
            if self._asked:
                self._due = 0.0
        if self._watch:
            self._watch.round_ended(heard=state.phase is Phase.IDLE)
        self._set(state)

    def _attempt(self, engine: Engine) -> tuple[ServiceState, float]:
        try:
            engine.run()
            left = self._store.read(_left_over).result()
        except Offline as offline:
            return ServiceState(Phase.OFFLINE), self._patience(offline.retry_after)
        except Refused as refused:
            return ServiceState(Phase.STOPPED, refusal(refused)), self._patience(
                refused.retry_after
            )
        except Problem as problem:
            self._failures += 1
            return ServiceState(Phase.STOPPED, problem), LONGEST_RETRY
        except Exception as error:  # noqa: BLE001 - the last stop of this thread, which must live on
            _log.error("defect in sync: %s", kind_and_place(error))
            return ServiceState(Phase.STOPPED, _defect()), self._patience(None)
        self._failures = 0
        self._photos.wake()
        # What was saved while the round ran was not seen by it.
        delay = AFTER_SAVE if left else EVERY * (1 - JITTER + 2 * JITTER * random.random())
        return ServiceState(Phase.IDLE), delay

    def _patience(self, retry_after: float | None) -> float:
        self._failures += 1
        return retry_delay(self._failures, retry_after, random.random())

    def _wait(self) -> bool:
        with self._wake:
            while not self._stop and (left := self._due - self._clock()) > 0:
                self._wake.wait(left)
            self._asked = False
            return not self._stop

    def _set(self, state: ServiceState) -> None:
        self.state = state
        self._changed(state)


def _left_over(reader: Reader) -> bool:
    return bool(reader.value("SELECT EXISTS (SELECT 1 FROM outbox WHERE state='waiting')"))


def kind_and_place(error: Exception) -> str:
    """The type of a defect and where it came up. Never its text: that may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place


def _defect() -> Problem:
    return Problem(
        "defect",
        "同步出了差错，稍后会自动再试。",
        remedy="已记录的内容都在本机，一直这样请联系区管理员。",
    )


def refusal(refused: Refused) -> Problem:
    """A refusal of the server in words."""
    message, remedy = _REFUSALS.get(refused.code, ("服务器没有接受这次同步。", "请稍后再试。"))
    return Problem(refused.code, message, remedy=remedy)


_REFUSALS = {
    "revoked": (
        "这台电脑的登记已被停用，本机的资料已交回并清除。",
        "还要在这台电脑上工作，请向区管理员要新的登记码。",
    ),
    "not_enrolled": ("服务器不认识这台电脑。", "请联系区管理员重新登记。"),
    "older_server": (
        "区里的服务器回到了以前的样子，这次没有传。",
        "请告诉区管理员；已记录的内容都在本机。",
    ),
    "bad_signature": (
        "服务器没有认出这台电脑，这次没有收下。",
        "请告诉区管理员；已记录的内容都在本机。",
    ),
}
