"""A relay on loopback that counts what passes, both ways."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


@contextmanager
def relay(url: str) -> Iterator[tuple[str, Callable[[], int]]]:
    """(address that leads to ``url``, bytes so far)."""
    with relay_ways(url) as (address, so_far):
        yield address, lambda: sum(so_far())


@contextmanager
def relay_ways(url: str) -> Iterator[tuple[str, Callable[[], tuple[int, int]]]]:
    """(address that leads to ``url``, bytes so far up and down)."""
    parts = urlsplit(url)
    up: list[int] = []
    down: list[int] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):  # closed on leaving
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((parts.hostname, parts.port or 80))
                for arguments in ((near, far, up), (far, near, down)):
                    threading.Thread(target=_pass, args=arguments, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield (
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            lambda: (sum(up), sum(down)),
        )
    finally:
        listener.close()


def _pass(source: socket.socket, target: socket.socket, counts: list[int]) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            counts.append(len(data))
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
