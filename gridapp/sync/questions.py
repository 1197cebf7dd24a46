"""What is not held here is asked of the server when somebody wants to see it, beside the rounds of sync.

Questions have a thread, a connection and a session of their own: they need not wait until the photos are up.
No answer is the usual state of a village. It is said by ``False`` and nothing else; what was answered last
time stays in the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar
from uuid import UUID

from gridapp.errors import Problem
from gridapp.store import history
from gridapp.store.store import Store
from gridapp.sync.protocol import HistoryReply, HistoryRequest, RecordHistoryRequest
from gridapp.sync.session import open_session
from gridapp.sync.transport import Offline, Refused, Transport

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Questions:
    """Asks one server for one store. May be used from any thread."""

    def __init__(self, store: Store, connect: Callable[[], Transport]) -> None:
        self._store = store
        self._connect = connect
        self._transport: Transport | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="questions")
        self._stopped = False

    def fetch_history(
        self, record_id: UUID, *, older: bool = False, kind: str = "household"
    ) -> Future[bool]:
        """Keep what changed in a record, the newest (or with ``older`` the next) entries.

        True when the server answered and the answer is in the store.
        """
        if self._stopped:
            return _no_answer()
        return self._thread.submit(self._quietly, partial(self._history, kind, record_id, older))

    def stop(self) -> None:
        """Ask nothing more; waits for a question that is under way."""
        self._stopped = True
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._transport:
            self._transport.close()

    def _quietly(self, ask: Callable[[], None]) -> bool:
        try:
            ask()
        except (Offline, Refused, Problem):
            return False
        except Exception as error:  # noqa: BLE001 - a question that failed must not disturb anybody's work
            _log.error("defect in a question: %s", type(error).__name__)
            return False
        return True

    def _history(self, kind: str, record_id: UUID, older: bool) -> None:
        before = None
        if older:
            before = self._store.read(partial(history.cursor, record_id=record_id)).result()
            if before is None:
                return  # all of it is here
        reply = self._asked(lambda transport: _history_of(transport, kind, record_id, before))
        keep = history.keep_older if older else history.keep_newest
        self._store.write(
            partial(keep, kind=kind, record_id=record_id, entries=reply.entries, more=reply.more)
        ).result()

    def _asked(self, ask: Callable[[Transport], T]) -> T:
        """The answer, with a new session where there is none or it has run out."""
        transport = self._transport
        if transport is not None:
            try:
                return ask(transport)
            except Refused as refused:
                if refused.code != "no_session":
                    raise
        transport = transport or self._connect()
        open_session(self._store, transport)
        self._transport = transport
        return ask(transport)


def _history_of(
    transport: Transport, kind: str, record_id: UUID, before: tuple[int, bytes] | None
) -> HistoryReply:
    if kind == "household":  # servers of before know this one alone
        return transport.history(HistoryRequest(record_id.bytes, before))
    return transport.record_history(RecordHistoryRequest(kind, record_id.bytes, before))


def _no_answer() -> Future[bool]:
    future: Future[bool] = Future()
    future.set_result(False)
    return future
