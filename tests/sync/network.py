"""The network between a client and the server: the real ASGI application in this process, behind requests.

The client's own ``Transport`` runs unchanged; only the socket is missing. Faults are asked for by name.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter

URL = "http://127.0.0.1:1"


class Loop:
    """An event loop on a thread of its own, on which the server's application runs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def call(
        self, app: Any, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes, bool]:
        """Status, headers, body, and whether the application ended the body as it should."""
        return asyncio.run_coroutine_threadsafe(
            _ask(app, method, url, headers, body), self._loop
        ).result(20)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


async def _ask(
    app: Any, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes, bool]:
    parts = urlsplit(url)
    raw = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    if not any(name == b"content-length" for name, _ in raw):
        raw.append((b"content-length", str(len(body)).encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 1),
    }
    sent: list[Any] = []
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    gone = asyncio.Event()

    async def receive() -> Any:
        if asked:
            return asked.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            gone.set()

    whole = True
    try:
        await app(scope, receive, send)
    except Exception:  # noqa: BLE001 - what uvicorn does: the connection breaks
        whole = False
    finally:
        gone.set()
    if not sent:
        return 500, {}, b"", False
    found = {k.decode("latin-1"): v.decode("latin-1") for k, v in sent[0]["headers"]}
    data = b"".join(bytes(m.get("body", b"")) for m in sent[1:])
    return int(sent[0]["status"]), found, data, whole and not sent[-1].get("more_body", False)


class Broken(io.BytesIO):
    """A body that ends in a broken connection."""

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data or (size is not None and 0 <= len(data) < size):
            raise urllib3.exceptions.ProtocolError("cut")
        return data


Cut = Callable[[bytes], int]  # body -> how many bytes of it arrive


class Network(BaseAdapter):
    """One client's way to the server."""

    def __init__(self, loop: Loop, app: Any) -> None:
        super().__init__()
        self.loop = loop
        self.app = app
        self.online = True
        self.log: list[str] = []  # "POST /sync/push 200"
        self._lost: list[str] = []  # paths whose next reply is lost
        self._twice: list[str] = []  # paths whose next request arrives twice
        self._cuts: list[tuple[str, Cut]] = []  # paths whose next reply is cut
        self._instead: list[tuple[str, int, bytes, dict[str, str]]] = []
        self._before: list[tuple[str, Callable[[], None]]] = []
        self._keep: list[str] = []  # paths whose next request is kept by the network
        self._kept: list[tuple[str, str, dict[str, str], bytes]] = []

    def calm(self) -> None:
        """No fault is left. What the network still holds arrives now."""
        self.online = True
        for faults in (self._lost, self._twice, self._cuts, self._instead, self._before):
            faults.clear()
        self._keep.clear()
        self.deliver_kept()

    def keep_next(self, path: str = "/sync/push") -> None:
        """The network keeps a copy of the next request, to deliver it once more much later."""
        self._keep.append(path)

    def deliver_kept(self) -> None:
        """What was kept arrives now; nobody waits for the answers."""
        while self._kept:
            method, url, headers, body = self._kept.pop(0)
            self.loop.call(self.app, method, url, headers, body)

    def lose_next_reply(self, path: str = "/sync/push") -> None:
        """The server does it, the client never hears of it."""
        self._lost.append(path)

    def send_next_twice(self, path: str = "/sync/push") -> None:
        """The network repeats a request."""
        self._twice.append(path)

    def cut_next_reply(self, cut: Cut, path: str = "/sync/pull") -> None:
        """Only so many bytes of the next reply arrive."""
        self._cuts.append((path, cut))

    def answer_next(
        self, path: str, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        """Something else answers."""
        self._instead.append((path, status, body, headers or {}))

    def before_next(self, path: str, act: Callable[[], None]) -> None:
        """Something happens just before the next request arrives."""
        self._before.append((path, act))

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:
        if not self.online:
            raise requests.ConnectionError("no signal")
        assert request.url is not None
        assert request.method is not None
        path = urlsplit(request.url).path
        for act in _take(self._before, path):
            act[1]()
        for _, status, data, headers in _take(self._instead, path):
            return _response(request, status, headers, io.BytesIO(data))
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else bytes(body)
        sent = dict(request.headers)
        if _take(self._keep, path, lambda p: p):
            self._kept.append((request.method, request.url, sent, body))
        if _take(self._twice, path, lambda p: p):
            self.loop.call(self.app, request.method, request.url, sent, body)
        status, headers, data, whole = self.loop.call(
            self.app, request.method, request.url, sent, body
        )
        self.log.append(f"{request.method} {path} {status}")
        if _take(self._lost, path, lambda p: p):
            raise requests.ConnectionError("reply lost")
        stream: io.BytesIO = io.BytesIO(data) if whole else Broken(data)
        for _, cut in _take(self._cuts, path):
            stream = Broken(data[: cut(data)])
        return _response(request, status, headers, stream)

    def close(self) -> None:
        pass


def _take(items: list[Any], path: str, of: Callable[[Any], str] = lambda i: i[0]) -> list[Any]:
    for index, item in enumerate(items):
        if path.startswith(of(item)):
            return [items.pop(index)]
    return []


def _response(
    request: requests.PreparedRequest, status: int, headers: Mapping[str, str], body: io.BytesIO
) -> requests.Response:
    raw = urllib3.HTTPResponse(
        body=body, headers=dict(headers), status=status, preload_content=False
    )
    response = requests.Response()
    response.status_code = status
    response.headers = requests.structures.CaseInsensitiveDict(headers)
    response.raw = raw
    response.url = request.url or ""
    response.request = request
    return response


def after_frames(count: int) -> Cut:
    """A cut exactly behind so many frames."""

    def cut(body: bytes) -> int:
        at = 0
        for _ in range(count):
            at += 4 + int.from_bytes(body[at : at + 4], "big")
        return min(at, len(body))

    return cut
