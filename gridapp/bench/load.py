"""Many clients at once, cheaply: requests over real connections from one event loop, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from gridapp.bench.crowd import Worker
from gridapp.domain.exchange import Operation, Outcome
from gridapp.sync.protocol import (
    MSGPACK,
    PROTOCOL_HEADER,
    SIGNATURE_HEADER,
    VERSION,
    Challenge,
    ChallengeRequest,
    PullRequest,
    PushReply,
    PushRequest,
    Session,
    SessionRequest,
    decode,
    encode,
)


@dataclass(slots=True)
class Visit:
    """One client's way through: what it sent, when it was acknowledged, how long everything took (ms)."""

    worker: Worker
    operations: Sequence[Operation]
    pushed: float = 0.0
    whole: float = 0.0
    done_at: float = 0.0  # of the acknowledgement, on the clock of ``time.perf_counter``
    outcomes: list[Outcome] = field(default_factory=list)
    error: str = ""


class Failed(Exception):  # noqa: N818
    """An answer that is not 200."""


class Line:
    """One kept connection to the server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, body: bytes, headers: str = "") -> bytes:
        """The body of the answer. Raises ``Failed``, ``OSError``, ``asyncio.IncompleteReadError``."""
        kept = self._writer is not None
        try:
            return await self._post(path, body, headers)
        except (ConnectionError, asyncio.IncompleteReadError):
            if not kept:
                raise
            self.close()  # the server let go of a connection that was idle too long: as any client, once more
            return await self._post(path, body, headers)

    async def _post(self, path: str, body: bytes, headers: str) -> bytes:
        status, chunked, length = await self.begin(path, body, headers)
        assert self._reader is not None
        data = await (_chunks(self._reader) if chunked else self._reader.readexactly(length))
        if status != 200:
            raise Failed(f"{path} {status} {data[:80]!r}")
        return data

    async def begin(self, path: str, body: bytes, headers: str = "") -> tuple[int, bool, int]:
        """Ask, and read the head of the answer only: its status, whether it comes in chunks, its length."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: {MSGPACK}\r\n{PROTOCOL_HEADER}: {VERSION}\r\n{headers}\r\n"
        )
        self._writer.write(head.encode() + body)
        assert self._reader is not None
        return await _head(self._reader)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


async def _head(reader: asyncio.StreamReader) -> tuple[int, bool, int]:
    lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    values = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
    chunked = values.get(b"transfer-encoding") == b"chunked"
    return int(lines[0].split()[1]), chunked, int(values.get(b"content-length", b"0"))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


async def reconnect(url: str, visit: Visit, *, pull: bool) -> None:
    """A new connection, a session, one push and, with ``pull``, what is new; times and outcomes go into ``visit``."""
    worker, line, began = visit.worker, Line(url), time.perf_counter()
    try:
        token = await _session(line, worker)
        last = max(o.counter for o in visit.operations)
        request = PushRequest(worker.device.bytes, 1, 1, list(visit.operations), counter=last)
        body = encode(request)
        signature = worker.key.sign(body).hex()
        headers = f"Authorization: Bearer {token}\r\n{SIGNATURE_HEADER}: {signature}\r\n"
        reply = decode(await line.post("/sync/push", body, headers), PushReply)
        visit.done_at = time.perf_counter()
        visit.pushed = (visit.done_at - began) * 1000
        visit.outcomes = reply.outcomes
        if pull:
            # She holds what was there before: the numbers are of a district that stood still meanwhile.
            cursors = PullRequest(worker.cursors, 1)
            await line.post("/sync/pull", encode(cursors), f"Authorization: Bearer {token}\r\n")
        visit.whole = (time.perf_counter() - began) * 1000
    except (Failed, OSError, asyncio.IncompleteReadError, msgspec.DecodeError) as error:
        visit.error = f"{type(error).__name__} {error}"
    finally:
        line.close()


async def _session(line: Line, worker: Worker) -> str:
    device = worker.device.bytes
    nonce = decode(
        await line.post("/session/challenge", encode(ChallengeRequest(device))), Challenge
    ).nonce
    request = SessionRequest(device, nonce, worker.key.sign(nonce))
    return decode(await line.post("/session", encode(request)), Session).token


def run(
    url: str, visits: Iterable[Visit], waits: Callable[[int], float], *, pull: bool
) -> tuple[float, float]:
    """All of them, the n-th after ``waits(n)`` seconds. Returns when the first began and the last was acknowledged."""
    return asyncio.run(_run(url, list(visits), waits, pull=pull))


async def _run(
    url: str, visits: list[Visit], waits: Callable[[int], float], *, pull: bool
) -> tuple[float, float]:
    began = time.perf_counter()

    async def one(number: int, visit: Visit) -> None:
        delay = began + waits(number) - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        await reconnect(url, visit, pull=pull)

    await asyncio.gather(*(one(n, v) for n, v in enumerate(visits)))
    return began, max((v.done_at for v in visits), default=began)
