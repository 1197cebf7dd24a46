"""The floor under a sync: bytes posted once over HTTP, and rows written on both ends without any rules."""

from __future__ import annotations

import http.client
import multiprocessing
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

_INSERT = "INSERT OR REPLACE INTO record (id, entity, fields) VALUES (?,?,?)"


class Floor:
    """The client's end: a connection and a database of its own."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port = port
        self._database = _open(folder / "client.db")

    def post(self, up: bytes, down: bytes) -> float:
        """ms to post ``up`` (a list of operations), have it written there, and write ``down`` here.

        ``down`` is laid ready on the server before.
        """
        self._request("/ready", down)
        began = time.perf_counter()
        _write(self._database, self._request("/post", up))
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _request(self, path: str, body: bytes) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection.request("POST", path, body)
        reply = connection.getresponse().read()
        connection.close()
        return reply


@contextmanager
def floor_server(folder: Path) -> Iterator[Floor]:
    """A server process on loopback that only writes; the client's end of it."""
    folder.mkdir()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(folder, there), daemon=True)
    process.start()
    there.close()
    floor = Floor(here.recv(), folder)
    try:
        yield floor
    finally:
        floor.close()
        process.terminate()
        process.join()


def _serve(folder: Path, ready: Connection) -> None:
    database = _open(folder / "server.db")
    laid = [b""]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/ready":
                laid[0], reply = body, b""
            else:
                _write(database, body)
                reply = laid[0]
            self.send_response(200)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    ready.send(server.server_address[1])
    server.serve_forever()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE record (id BLOB PRIMARY KEY, entity TEXT, fields BLOB)")
    return connection


def _write(database: sqlite3.Connection, body: bytes) -> None:
    """One row for each operation: its id, kind and fields, in one transaction."""
    pack = msgspec.msgpack.encode
    rows = [(o[0], o[2], pack(o[5])) for o in msgspec.msgpack.decode(body)]
    database.execute("BEGIN IMMEDIATE")
    database.executemany(_INSERT, rows)
    database.execute("COMMIT")
