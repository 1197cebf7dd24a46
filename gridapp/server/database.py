"""The server's database: SQLite by default, PostgreSQL by URL. One writer's transaction, one reader's snapshot."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.pool import QueuePool

from gridapp.errors import Problem
from gridapp.server import places

T = TypeVar("T")

_CHUNK = 900
_PATIENCE = 60  # seconds in the queue of writers; then SQLite says what it is waiting for
_MACHINE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
)


class Database:
    """An engine with the two kinds of transactions that the server uses."""

    def __init__(self, engine: Engine, journal: Path) -> None:
        self.engine = engine
        self.journal = journal  # the folder of the server's journal, unless it is told another
        self.is_postgres = engine.dialect.name == "postgresql"
        self._reading = (
            engine.execution_options(isolation_level="REPEATABLE READ")
            if self.is_postgres
            else engine
        )
        self._looking = (
            engine.execution_options(isolation_level="AUTOCOMMIT") if self.is_postgres else engine
        )
        # SQLite has one writer, and who finds it busy sleeps and tries again: threads of one process queue instead.
        self._writing = threading.Lock()

    @property
    def place(self) -> str:
        """Where it is, for messages: a file, or an address without its password."""
        url = self.engine.url
        return url.render_as_string(hide_password=True) if self.is_postgres else str(url.database)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write. On SQLite it holds the single writer's place from the start."""
        if self.is_postgres:
            with self.engine.begin() as connection:
                yield connection
            return
        queued = self._writing.acquire(timeout=_PATIENCE)
        try:
            with self.engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        finally:
            if queued:
                self._writing.release()

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For a single statement that reads: no transaction is begun for it."""
        with self._looking.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One transaction that reads, all of it as of one moment."""
        with self._reading.begin() as connection:
            if not self.is_postgres:
                connection.exec_driver_sql("BEGIN")
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(data_dir: Path | None, url: str | None, journal: Path | None = None) -> Database:
    """The database at ``url``, or SQLite in ``data_dir``. ``journal``: the folder of its journal.

    Raises ``Problem`` ``bad_database_url`` or ``no_database``.
    """
    beside = journal or places.beside(data_dir, url)
    if url:
        return Database(_postgres(url), beside)
    assert data_dir is not None
    return Database(_sqlite(data_dir / "server.db"), beside)


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=32,
        connect_args={"check_same_thread": False, "timeout": 60, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "cache_size=-65536",
            "busy_timeout=60000",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    return engine


def _postgres(url: str) -> Engine:
    parsed = None
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            raise ArgumentError(url)
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_size=8, max_overflow=16
        )
        with engine.connect():
            pass
    except (ArgumentError, ProgrammingError, ValueError) as error:  # ValueError: of the port
        raise Problem(
            "bad_database_url",
            "数据库地址不对。",
            remedy="请写成 postgresql://用户@主机/库名。",
        ) from error
    except OperationalError as error:
        raise Problem(
            "no_database",
            "连不上数据库。",
            remedy="请检查数据库是否已启动、地址和权限是否正确。",
            place=parsed.render_as_string(hide_password=True) if parsed else url,
        ) from error
    return engine


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn what a database reports of the machine (disk, file, connection) into a ``Problem``."""
    try:
        yield
    except DBAPIError as error:
        problem = _problem(error, place)
        if problem is None:
            raise
        raise problem from error


def _problem(error: DBAPIError, place: str) -> Problem | None:
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return Problem(
                "damaged",
                "数据文件已损坏。",
                place=place,
                remedy="请从备份恢复，不要删除这个文件。",
            )
        if code in _MACHINE:
            return Problem(
                "disk_error",
                "读写不了数据库。",
                place=place,
                remedy="请检查磁盘空间和文件夹权限后重试。",
            )
        return None
    if isinstance(error, OperationalError):
        return Problem(
            "no_database",
            "数据库的连接断了。",
            place=place,
            remedy="请检查数据库是否在运行，再试一次。",
        )
    return None


def chunks(items: list[T]) -> Iterator[list[T]]:
    """Lists of at most as many items as one statement takes."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
