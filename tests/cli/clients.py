"""For the tests of ``gridapp client``: a small real server on loopback, clients of it, servers that are none."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
import uvicorn
from PIL import Image

from gridapp.bench.district import VILLAGE, build
from gridapp.cli.main import main
from gridapp.domain.household import Household
from gridapp.domain.person import PersonFile
from gridapp.domain.record import Record
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.server import auth
from gridapp.server.app import make_app
from gridapp.server.context import open_server
from gridapp.server.database import Database, open_database
from gridapp.server.setup import write
from gridapp.store.keys import Strength
from gridapp.store.opening import choose, open_store
from gridapp.store.reader import R
from gridapp.store.search import refresh_stale
from gridapp.sync.enrolment import enrol
from tests.importing.rosters import dump

PASSWORD = "long enough 1"
QUICK = Strength(1, 8, 1)
GRID = VILLAGE + "001"
OTHER_GRID = VILLAGE + "002"  # without households


@dataclass(frozen=True)
class Ran:
    """What one command left: its exit status and what it said."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.err.splitlines()[-1]


class Commands:
    """``gridapp`` in this process, with what it prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> Ran:
        self._capsys.readouterr()
        status = main([str(word) for word in words])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(status, out, err)


class Office:
    """A district with a full grid, an empty one, and two workers; it gives codes."""

    def __init__(self, folder: Path) -> None:
        district = build(folder, 0, households=8, people=24, per_household=2, events=6)
        self.database: Database = open_database(folder, None)
        server = open_server(self.database)
        self.app = make_app(server)
        self._clock = server.clock
        first = _one(self.database, "SELECT id, parent_id FROM unit WHERE code=?", GRID)
        grid = Unit(
            parent_id=UUID(bytes=first[1]),
            code=OTHER_GRID,
            name="第二网格",
            kind="grid",
            grid_kind="basic",
        )
        second = Staff(name="张建华", user_name="zhangjianhua", active=True)
        post = Assignment(staff_id=second.id, unit_id=grid.id, role="worker")
        write(server, [grid, second, post])
        self.grid_id = district.grid_id

    def code(self, user: str = "lixiuying") -> str:
        """A fresh one-time code."""
        staff = _one(self.database, "SELECT id FROM staff WHERE user_name=?", user)[0]
        with self.database.write() as connection:
            return auth.make_code(connection, staff, self._clock())

    def expire(self, code: str) -> None:
        """Let a code be a week old."""
        with self.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE enrolment_code SET expires_at=1 WHERE handle=?", (code[:4],)
            )

    def devices(self) -> int:
        return int(_one(self.database, "SELECT count(*) FROM device")[0])


def _one(database: Database, sql: str, *params: object) -> Any:
    with database.snapshot() as connection:
        return connection.exec_driver_sql(sql, params).one()


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """The application on a free port of loopback; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Something that is no server of ours and answers everything alike; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def join(data: Path, url: str, code: str) -> Path:
    """Enrol with a key that is quick to stretch."""
    enrol(data, url, code, PASSWORD, strength=QUICK).close()
    return data


def state(data: Path, user: str = "lixiuying") -> Any:
    """Everything that a client holds: all rows of all tables, and the names of its files of photos."""
    store = open_store(choose(data, user).folder, PASSWORD)
    try:
        while store.write(refresh_stale).result():
            pass  # what a round left to be indexed is no difference
        files = sorted(p.name for p in (store.folder / "blobs").rglob("*") if p.is_file())
        return dump(store), files
    finally:
        store.close()


def records(data: Path, record: type[R], condition: str = "1=1") -> list[R]:
    """Records of a client, by id."""
    store = open_store(choose(data, "lixiuying").folder, PASSWORD)
    try:
        found = store.read(lambda r: r.where(record, condition)).result()
        return sorted(found, key=lambda r: r.id.bytes)
    finally:
        store.close()


def rows(data: Path, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Rows of a client."""
    store = open_store(choose(data, "lixiuying").folder, PASSWORD)
    try:
        return store.read(lambda r: r.rows(sql, params)).result()
    finally:
        store.close()


def save(data: Path, *made: Record) -> None:
    """Records made on a client, as its window would."""
    store = open_store(choose(data, "lixiuying").folder, PASSWORD)
    try:
        store.write(lambda uow: [uow.create(record) for record in made]).result()
    finally:
        store.close()


def copy(data: Path, to: Path) -> Path:
    """A client's data to try things on."""
    return Path(shutil.copytree(data, to))


def some_household(data: Path) -> Household:
    return records(data, Household)[0]


def some_file(data: Path) -> PersonFile:
    """The file of somebody with a citizen ID and a telephone."""
    found = records(data, PersonFile, "id_kind='citizen' AND phones IS NOT NULL")
    return found[0]


def photo(path: Path) -> Path:
    """A small photo."""
    buffer = BytesIO()
    Image.new("RGB", (80, 60), "#7799aa").save(buffer, "JPEG")
    path.write_bytes(buffer.getvalue())
    return path


def pdf_text(path: Path) -> str:
    """All words of a PDF, without spaces and line ends."""
    document = pypdfium2.PdfDocument(path)
    try:
        pages = [document[n].get_textpage() for n in range(len(document))]
        return "".join("".join(page.get_text_range().split()) for page in pages)
    finally:
        document.close()
