"""The floor under many clients at once: the same operations over HTTP, written in groups, without any rules.

One event loop reads requests and writes whatever came since the last commit in one transaction, into one table of a
plain SQLite (WAL, FULL) or of PostgreSQL.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from gridapp.bench.load import Line

_TABLE = "CREATE TABLE floor (id {blob} PRIMARY KEY, entity TEXT, fields {blob})"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Row = tuple[bytes, str, bytes]
Write = Callable[[list[Row]], None]


def operations_a_second(folder: Path, url: str | None, bodies: Sequence[bytes], each: int) -> float:
    """``bodies``: encoded lists of ``each`` operations, one for each client, all sent at the same moment."""
    with _floor_server(folder, url) as address:
        began = time.perf_counter()
        asyncio.run(_post_all(address, bodies))
        return len(bodies) * each / (time.perf_counter() - began)


async def _post_all(address: str, bodies: Sequence[bytes]) -> None:
    async def one(body: bytes) -> None:
        line = Line(address)
        await line.post("/", body)
        line.close()

    await asyncio.gather(*map(one, bodies))


@contextmanager
def _floor_server(folder: Path, url: str | None) -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(folder, url, there), daemon=True)
    process.start()
    there.close()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(folder: Path, url: str | None, ready: Connection) -> None:
    asyncio.run(_answer(_postgres(url) if url else _sqlite(folder / "floor.db"), ready))


async def _answer(write: Write, ready: Connection) -> None:
    waiting: list[tuple[list[Row], asyncio.StreamWriter]] = []
    wake = asyncio.Event()
    pack = msgspec.msgpack.encode

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        body = msgspec.msgpack.decode(await reader.readexactly(length))
        waiting.append(([(o[0], o[2], pack(o[5])) for o in body], writer))
        wake.set()

    server = await asyncio.start_server(take, "127.0.0.1", 0, backlog=512)
    ready.send(server.sockets[0].getsockname()[1])
    while True:
        await wake.wait()
        wake.clear()
        taken, waiting[:] = list(waiting), []
        write([row for rows, _ in taken for row in rows])
        for _, writer in taken:
            writer.write(_HEAD)


def _sqlite(path: Path) -> Write:
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(_TABLE.format(blob="BLOB"))

    def write(rows: list[Row]) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO floor VALUES (?,?,?)", rows)
        database.execute("COMMIT")

    return write


def _postgres(url: str) -> Write:
    from gridapp.server.database import open_database

    # The driver itself: the floor has no layers.
    database: Any = open_database(None, url).engine.raw_connection().driver_connection
    database.execute("DROP TABLE IF EXISTS floor")
    database.execute(_TABLE.format(blob="BYTEA"))
    database.commit()

    def write(rows: list[Row]) -> None:
        with database.cursor().copy("COPY floor FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        database.commit()

    return write
