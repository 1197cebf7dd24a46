"""``gridapp bench live``: from a colleague's push to the record on this screen, while thousands of others wait.

One real client (its service, waiting thread, encrypted store, and its window off screen with the list of events
open) against a server process on loopback, on which a few thousand computers hold a wait each. A colleague of the
same grid reports an event; measured from the first byte of that push, so the server's own work is in it, until the
commit of the round that brought it here, and until its row was painted. Floor, in the same run: the same push, and
a round of the client begun by hand the moment it was acknowledged, without a window.
Memory per waiter is what the server process grew by when they came.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gridapp.bench.crowd import Worker, batch, settle
from gridapp.bench.district import serving
from gridapp.bench.filled import WEAK
from gridapp.bench.load import Line
from gridapp.bench.rows import Figure, child_mb, median, p95
from gridapp.clock import system_clock
from gridapp.domain.record import new_id
from gridapp.server import auth
from gridapp.server.database import Database, open_database
from gridapp.server.files import more_files
from gridapp.server.schema import device, session
from gridapp.store.store import Store
from gridapp.sync.engine import Engine
from gridapp.sync.enrolment import enrol
from gridapp.sync.protocol import SIGNATURE_HEADER, PushRequest, WaitRequest, encode
from gridapp.sync.transport import Transport

IDLE = 3000  # computers that wait
TRIES = 40
_WORKERS = 42


def measure(idle: int = IDLE, tries: int = TRIES) -> list[dict[str, Any]]:
    """p95 and median in ms, and KB of the server for each that waits."""
    from gridapp.ui.probes import live_probe

    idle = min(idle, more_files() - 500)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = open_database(_made(folder / "server"), None)
        _, workers = settle(database, _WORKERS)
        code = _code(database, workers[0])
        tokens = _computers(database, workers[2:], idle)
        database.close()
        with serving(folder / "server") as url:
            store = enrol(folder / "client", url, code, "bench-password", strength=WEAK)
            colleague = Colleague(url, workers[1], _token(folder / "server", workers[1]))
            try:
                floors = _by_hand(store, url, colleague, tries)
                before = child_mb()
                with _waiting(url, workers[2:], tokens):
                    memory = (child_mb() - before) * 1024 / idle
                    came = live_probe.watch(store, colleague.report, tries)
            finally:
                store.close()
                colleague.close()
    stored, shown = [one.stored for one in came], [one.shown for one in came]
    return [
        Figure("push sent to shown there, p95", p95(shown), "ms", p95(floors)).row(),
        Figure("push sent to shown there, median", median(shown), "ms", median(floors)).row(),
        Figure("push sent to stored there, p95", p95(stored), "ms", p95(floors)).row(),
        Figure("push sent to stored there, median", median(stored), "ms", median(floors)).row(),
        Figure("computers that wait", idle, "computers").row(),
        Figure("memory of the server for each", memory, "KB").row(),
    ]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _code(database: Database, worker: Worker) -> str:
    with database.write() as connection:
        return auth.make_code(connection, worker.staff.bytes, system_clock())


class Colleague:
    """The other computer of the grid."""

    def __init__(self, url: str, worker: Worker, token: str) -> None:
        self._worker = worker
        self._token = token
        self._loop = asyncio.new_event_loop()
        self._line = Line(url)
        self._turn = 0

    def report(self) -> None:
        """One event; returns when it is acknowledged."""
        self._turn += 1
        made = batch(self._worker, 10, system_clock(), turn=self._turn)[-1:]
        body = encode(PushRequest(self._worker.device.bytes, 1, 1, made))
        signature = self._worker.key.sign(body).hex()
        headers = f"Authorization: Bearer {self._token}\r\n{SIGNATURE_HEADER}: {signature}\r\n"
        self._loop.run_until_complete(self._line.post("/sync/push", body, headers))

    def close(self) -> None:
        """Hang up."""
        self._line.close()
        # a closed line goes with the loop's next turn
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


def _by_hand(store: Store, url: str, colleague: Colleague, tries: int) -> list[float]:
    transport = Transport(url)
    engine = Engine(store, transport)
    engine.run()
    took = []
    for _ in range(tries):
        before = _events(store)
        began = time.perf_counter()
        colleague.report()
        engine.run()
        took.append((time.perf_counter() - began) * 1000)
        assert _events(store) == before + 1
    transport.close()
    return took


def _events(store: Store) -> int:
    return int(store.read(lambda reader: reader.value("SELECT count(*) FROM event")).result())


# --- those who wait ---------------------------------------------------------------------------


def _computers(database: Database, workers: list[Worker], count: int) -> list[str]:
    """``count`` more computers of these workers, each with a session; their tokens."""
    from sqlalchemy import insert

    now = system_clock()
    tokens, devices, sessions = [], [], []
    for number in range(count):
        key, token = new_id().bytes, f"waiting-{number}"
        worker = workers[number % len(workers)]
        tokens.append(token)
        devices.append(_device(key, worker, now))
        sessions.append(_session(key, token, now))
    with database.write() as connection:
        connection.execute(insert(device), devices)
        connection.execute(insert(session), sessions)
    return tokens


def _token(folder: Path, worker: Worker) -> str:
    from sqlalchemy import insert

    database = open_database(folder, None)
    with database.write() as connection:
        row = _session(worker.device.bytes, "colleague", system_clock())
        connection.execute(insert(session), [row])
    database.close()
    return "colleague"


def _device(key: bytes, worker: Worker, now: int) -> dict[str, Any]:
    return {
        "id": key,
        "staff_id": worker.staff.bytes,
        "name": "bench",
        "public_key": worker.public_key,
        "incarnation": 1,
        "enrolled_at": now,
    }


def _session(key: bytes, token: str, now: int) -> dict[str, Any]:
    digest = hashlib.sha256(token.encode()).digest()
    return {"token_hash": digest, "device_id": key, "expires_at": now + 3_600_000}


@contextmanager
def _waiting(url: str, workers: list[Worker], tokens: list[str]) -> Iterator[None]:
    """All of them hold a wait, on an event loop of a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        everybody = _Everybody(url, workers, tokens)
        asyncio.run_coroutine_threadsafe(everybody.begin(), loop).result()
        yield
        asyncio.run_coroutine_threadsafe(everybody.end(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Everybody:
    def __init__(self, url: str, workers: list[Worker], tokens: list[str]) -> None:
        self._url = url
        self._asked = [
            (token, workers[number % len(workers)]) for number, token in enumerate(tokens)
        ]
        self._lines: list[Line] = []
        self._at_once = asyncio.Semaphore(50)

    async def begin(self) -> None:
        """Ask, and see that each is held."""
        await asyncio.gather(*(self._ask(token, worker) for token, worker in self._asked))

    async def _ask(self, token: str, worker: Worker) -> None:
        line = Line(self._url)
        self._lines.append(line)
        body = encode(WaitRequest(worker.cursors, 0, 120))
        async with self._at_once:
            status, _, _ = await line.begin(
                "/sync/wait", body, f"Authorization: Bearer {token}\r\n"
            )
            assert status == 200, status

    async def end(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.close()
        await asyncio.sleep(0)
