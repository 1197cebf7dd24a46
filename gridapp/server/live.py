"""``POST /sync/wait``: an answer as soon as there is something to pull for who asks, at last after a while.

A plain asyncio route: who waits costs a socket, a task and a few hundred bytes, and no thread. Commits of this
process wake at once (``signals``); what other processes commit, outcomes that were revised and devices that
were revoked are seen by one look at the database every half second, as long as anybody waits.

Nothing but "pull now" is ever said, and it is also said when a scope or a device came to its end: who waits
cannot tell one from the other, and the pull says what is still granted.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Collection, Mapping
from typing import Any

from litestar import asgi
from litestar.params import RawBody
from litestar.types import Receive, Scope, Send
from sqlalchemy.exc import DBAPIError

from gridapp.server import asked, auth
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.lookout import Seen, granted_news, look, news_since
from gridapp.sync.protocol import (
    MSGPACK,
    PROTOCOL_HEADER,
    VERSION,
    WaitReply,
    WaitRequest,
    encode,
)

LONGEST = 120.0  # seconds
LOOK_EVERY = 0.5
_MOST_BODY = 256 * 1024
_MOST_SECONDS = 3600.0  # that may be asked for
_UNKNOWN = 1 << 62  # a number higher than any: it moved, that is enough
_PER_SECOND = 200  # woken by what concerns everybody: not all at once
_MOST_SPREAD = 60.0
_AFTER_STOP = 15.0  # a server that restarts is not met by all in its first second
_TWICE = 30.0  # two programs wait as one device: not one after the other without an end


_log = logging.getLogger(__name__)


class Waiter:
    """One device that waits. ``done`` belongs to the loop: set it through ``Live`` only."""

    __slots__ = ("cursors", "device_id", "done")

    def __init__(self, done: asyncio.Future[WaitReply]) -> None:
        self.done = done
        self.device_id = b""
        self.cursors: Mapping[str, int] = {}


class Live:
    """Who waits for what on one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._by_channel: dict[str, set[Waiter]] = {}
        self._by_device: dict[bytes, Waiter] = {}
        self._seen: Seen | None = None
        self._looking: asyncio.Task[None] | None = None
        self._ended = False
        server.signals.listen(self.wake)

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._by_device)

    def enter(self, waiter: Waiter, token: str, body: bytes) -> WaitRequest:
        """Note who waits for what; answered at once where there is news already. Blocking, for a thread of its own.

        Raises ``Rejection``: ``no_session``, ``revoked``, ``bad_request``, ``stopping``.
        """
        if self._ended:
            raise Rejection(503, "stopping", retry_after=_pause(_AFTER_STOP))
        device = auth.find_session(self._server, token)
        request = asked.read(RawBody(body), WaitRequest)
        if not (0 <= request.seconds <= _MOST_SECONDS and 0 <= request.outcome_cursor < _UNKNOWN):
            raise Rejection(400, "bad_request")
        channels = asked.author(self._server, device).channels()
        waiter.device_id = device.id
        # From here on whatever is committed wakes; what was committed before is seen by the next statement.
        self._note(waiter, {name: request.cursors.get(name, 0) for name in channels})
        if granted_news(self._server, device.id, channels, request):
            self._tell(waiter, WaitReply(True))
        return request

    def leave(self, waiter: Waiter) -> None:
        """Forget who waited."""
        with self._lock:
            for name in waiter.cursors:
                others = self._by_channel.get(name)
                if others is not None:
                    others.discard(waiter)
                    if not others:
                        del self._by_channel[name]
            if self._by_device.get(waiter.device_id) is waiter:
                del self._by_device[waiter.device_id]

    def wake(self, channels: Collection[str]) -> None:
        """These channels moved: whoever waits for one of them has news. From any thread."""
        self._wake(dict.fromkeys(channels, _UNKNOWN))

    def end(self) -> None:
        """The server stops: whoever waits is answered, and nobody waits any more. From any thread."""
        with self._lock:
            self._ended = True
            waiting = list(self._by_device.values())
        for waiter in waiting:
            self._tell(waiter, WaitReply(False, _pause(_AFTER_STOP)))

    def look_out(self) -> None:
        """Look at the database as long as anybody waits. On the loop."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look_out())

    async def _look_out(self) -> None:
        while self._go_on():
            await asyncio.sleep(LOOK_EVERY)
            try:
                await asyncio.to_thread(self.look)
            except DBAPIError as error:
                _log.warning("no look at the database: %s", type(error).__name__)

    def _go_on(self) -> bool:
        with self._lock:
            if not self._by_device:
                self._seen = None
            return bool(self._by_device)

    def look(self) -> None:
        """See once what other processes did. Blocking."""
        with self._lock:
            before, devices = self._seen, list(self._by_device)
        now = look(self._server)
        if before is not None and now != before:
            news = news_since(self._server, before, now, devices)
            self._wake(news.channels)
            with self._lock:
                told = [self._by_device[d] for d in news.devices if d in self._by_device]
            self._answer(told)
        with self._lock:
            self._seen = now if self._by_device else None

    def _note(self, waiter: Waiter, cursors: Mapping[str, int]) -> None:
        # What the first look is compared with is older than the waiter's own: nothing falls between them.
        seen = self._seen or look(self._server)
        with self._lock:
            self._seen = self._seen or seen
            waiter.cursors = cursors
            for name in cursors:
                self._by_channel.setdefault(name, set()).add(waiter)
            twice = self._by_device.get(waiter.device_id)
            self._by_device[waiter.device_id] = waiter
        if twice is not None:
            self._tell(twice, WaitReply(False, _pause(_TWICE)))

    def _wake(self, numbers: Mapping[str, int]) -> None:
        behind: set[Waiter] = set()
        everybody: set[Waiter] = set()
        with self._lock:
            for name, number in numbers.items():
                group = everybody if name.startswith("district:") else behind
                for waiter in self._by_channel.get(name, ()):
                    if waiter.cursors[name] < number:
                        group.add(waiter)
        self._answer(behind)
        self._answer(everybody - behind, min(_MOST_SPREAD, len(everybody) / _PER_SECOND))

    def _answer(self, waiters: Collection[Waiter], window: float = 0.0) -> None:
        for waiter in waiters:
            self._tell(waiter, WaitReply(True), random.uniform(0, window))

    def _tell(self, waiter: Waiter, reply: WaitReply, delay: float = 0.0) -> None:
        loop = waiter.done.get_loop()
        if loop.is_closed():
            return
        if delay:
            loop.call_soon_threadsafe(loop.call_later, delay, _set, waiter.done, reply)
        else:
            loop.call_soon_threadsafe(_set, waiter.done, reply)


@asgi("/sync/wait", copy_scope=False)
async def wait(scope: Scope, receive: Receive, send: Send) -> None:
    """Hold the answer until there is something to pull."""
    live: Live = scope["litestar_app"].state.live
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if scope["method"] != "POST":  # type: ignore[typeddict-item]
        raise Rejection(405, "bad_request")
    asked.check_protocol(_number(headers.get(PROTOCOL_HEADER.lower().encode(), str(VERSION))))
    body = await _body(receive)
    loop = asyncio.get_running_loop()
    waiter = Waiter(loop.create_future())
    token = asked.bearer(headers.get(b"authorization", ""))
    try:
        request = await asyncio.to_thread(live.enter, waiter, token, body)
        live.look_out()
        # The head goes at once: who waits knows that it was heard, and can break off while it reads.
        await send(_HEAD)
        timer = loop.call_later(min(request.seconds, LONGEST), _set, waiter.done, WaitReply(False))
        gone = loop.create_task(_gone(receive, waiter.done))
        reply = await waiter.done
        timer.cancel()
        gone.cancel()
    finally:
        live.leave(waiter)
    await send({"type": "http.response.body", "body": encode(reply), "more_body": False})


_HEAD: Any = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", MSGPACK.encode())],
}


async def _gone(receive: Receive, done: asyncio.Future[WaitReply]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    _set(done, WaitReply(False))


def _set(done: asyncio.Future[WaitReply], reply: WaitReply) -> None:
    if not done.done():
        done.set_result(reply)


async def _body(receive: Receive) -> bytes:
    found, more = b"", True
    while more:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Rejection(400, "bad_request")
        found += message.get("body", b"")
        more = message.get("more_body", False)
        if len(found) > _MOST_BODY:
            raise Rejection(413, "bad_request")
    return found


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Rejection(400, "bad_request")
    return int(text)


def _pause(most: float) -> float:
    return most / 3 + random.uniform(0, most * 2 / 3)
