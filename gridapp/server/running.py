"""Running the server: the address, TLS, the line that says it is ready, and a clean stop."""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gridapp.errors import Problem
from gridapp.server.app import make_app
from gridapp.server.context import Server
from gridapp.server.files import more_files
from gridapp.server.live import Live

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8765
_IN_USE = (errno.EADDRINUSE, 10048)  # and as Windows counts
_AT_ONCE = 48  # requests under way
_CUT_EVERY = 0.2  # seconds
_PATIENCE = 10  # seconds for requests under way when asked to stop

# The server's own defects and warnings stand beside uvicorn's, on stderr, with the time.
_LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        name: {"handlers": ["stderr"], "level": "WARNING"} for name in ("gridapp.server", "uvicorn")
    },
}


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM: the certificate with its chain, and its private key."""

    certificate: Path
    key: Path


def serve(
    server: Server, listener: socket.socket, tls: Tls | None, ready: Callable[[str], None]
) -> None:
    """Serve on a socket of ``listen`` until SIGTERM or SIGINT. ``ready`` gets the address once it answers."""
    more_files()
    running = _Running(server, listener, tls, ready)
    # uvicorn raises the signal again when it has stopped: by then it must not kill the process.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, running.stop)
    _share_the_processor()
    running.run(sockets=[listener])


def _share_the_processor() -> None:
    """What suits a process that serves many at once.

    What was loaded stays: looking through all of it for garbage after every batch costs a tenth of the time. A
    thread that judges lets the others in more often than Python would: so more wait for the next turn, and share it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(0.001)


@contextmanager
def serving(server: Server, port: int = 0, tls: Tls | None = None) -> Iterator[str]:
    """The server on a thread of its own, for tests and benches; its address."""
    found: list[str] = []
    started = threading.Event()

    def ready(url: str) -> None:
        found.append(url)
        started.set()

    with listen(DEFAULT_HOST, port, tls) as listener:
        running = _Running(server, listener, tls, ready)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not started.wait(0.05) and thread.is_alive():
            pass
        try:
            yield found[0]
        finally:
            running.should_exit = True
            thread.join()


class _Running(uvicorn.Server):
    def __init__(
        self,
        server: Server,
        listener: socket.socket,
        tls: Tls | None,
        ready: Callable[[str], None],
    ) -> None:
        app = make_app(server)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=_LOGS,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=_PATIENCE,
                ssl_certfile=tls.certificate if tls else None,
                ssl_keyfile=tls.key if tls else None,
            )
        )
        self._live: Live = app.state.live
        self._ready = ready
        self._url = _url(listener, secure=tls is not None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # One thread for each request that waits for its turn: they are what the next turn takes along.
        threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="request")
        asyncio.get_running_loop().set_default_executor(threads)
        await super().startup(sockets)
        if self.started:
            self._ready(self._url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.end()  # or those who wait would be waited for
        cutting = asyncio.create_task(self._cut_idle())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    async def _cut_idle(self) -> None:
        """A client that says nothing need not agree that its TLS line is closed: that would be waited for."""
        while True:
            await asyncio.sleep(_CUT_EVERY)
            for line in list(self.server_state.connections):
                asked = getattr(
                    line, "cycle", None
                )  # the request under way; we speak no web sockets
                if asked is None or asked.response_complete:
                    line.transport.abort()

    def stop(self, *_: object) -> None:
        """As a signal asks."""
        self.should_exit = True


def listen(host: str, port: int, tls: Tls | None) -> socket.socket:
    """A listening socket; ``port`` 0 takes a free one. TLS everywhere but on this machine.

    Raises ``Problem``: ``no_tls``, ``bad_certificate``, ``port_in_use``, ``bad_port``, ``bad_host``.
    """
    if tls is None and not _is_loopback(host):
        raise Problem(
            "no_tls",
            "在 {host} 上必须用 TLS。",
            remedy="请加 --tls-cert 和 --tls-key，或用 --host 127.0.0.1 并在前面放一个 TLS 代理。",
            host=host,
        )
    if tls is not None:
        _check_tls(tls)
    if not 0 <= port <= 65_535:
        raise Problem("bad_port", "端口 {port} 不对。", remedy="请用 1 到 65535。", port=port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
        # Inherited by every connection: an answer of two packets must not wait 40 ms for its second.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (socket.gaierror, UnicodeError) as error:
        raise _bad_host(host) from error
    except OSError as error:
        if error.errno in _IN_USE:
            raise Problem(
                "port_in_use",
                "端口 {port} 已被占用。",
                remedy="请停止占用它的程序，或用 --port 换一个。",
                port=port,
            ) from error
        raise _bad_host(host) from error


def fingerprint(certificate: Path) -> str:
    """The SHA-256 of the first certificate of a PEM file, as clients pin it. Raises ``Problem``."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise _bad_certificate(certificate) from error
    return found.fingerprint(hashes.SHA256()).hex()


def _check_tls(tls: Tls) -> None:
    fingerprint(tls.certificate)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            tls.certificate, tls.key
        )
    except OSError as error:  # an SSLError is one too
        raise _bad_certificate(tls.key) from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(listener: socket.socket, *, secure: bool) -> str:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}"


def _bad_host(host: str) -> Problem:
    return Problem(
        "bad_host",
        "这台电脑没有地址 {host}，或不许用这个端口。",
        remedy="请核对 --host 和 --port。",
        host=host[:80],
    )


def _bad_certificate(path: Path) -> Problem:
    return Problem(
        "bad_certificate",
        "读不了证书或私钥，或两者不成对。",
        place=str(path),
        remedy="请给出 PEM 格式的文件。",
    )
