"""Who serves a database, and who replaces it: locked before it is opened, so that nobody migrates under a running server.

The lock is of the journal's folder: a server holds it while it runs, whoever puts a backup in place holds it alone. Of an
older server that folder comes with the first start, and several servers of one PostgreSQL share it: so the folder of a
SQLite database is locked too. The other commands take no lock: they work beside a running server.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from gridapp.errors import Problem
from gridapp.server import journal, migrate
from gridapp.server.context import Server, open_server
from gridapp.server.database import Database

_RUNNING = "running"


@contextmanager
def starting(database: Database) -> Iterator[Callable[[], Server]]:
    """Hold what nobody else may serve; the callable brings it up to date and opens it, which is held until the end.

    Raises ``Problem`` ``running`` before anything is opened; the callable raises those of ``migrate.upgrade`` and of
    ``open_server``.
    """
    with ExitStack() as held:
        if not database.is_postgres:
            folder = Path(str(database.engine.url.database)).parent
            held.enter_context(_locked(folder, folder, fcntl.LOCK_EX))
        early = database.journal.is_dir()
        if early:
            held.enter_context(_serving(database))

        def start() -> Server:
            migrate.upgrade(database)
            server = open_server(database)
            if not early:
                held.enter_context(_serving(database))
            return server

        yield start


@contextmanager
def stopped(folder: Path) -> Iterator[None]:
    """While no server may run. Raises ``Problem`` ``running``, ``no_journal``."""
    if not journal.exists(folder):
        raise journal.missing(folder)
    with _locked(folder / _RUNNING, folder, fcntl.LOCK_EX):
        yield


def _serving(database: Database) -> AbstractContextManager[None]:
    folder = database.journal
    mode = fcntl.LOCK_SH if database.is_postgres else fcntl.LOCK_EX
    return _locked(folder / _RUNNING, folder, mode)


@contextmanager
def _locked(path: Path, place: Path, mode: int) -> Iterator[None]:
    """Hold a file, made where it is missing, or a folder."""
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    try:
        handle = os.open(path, flags, 0o600)
    except OSError as error:
        raise Problem(
            "disk_error",
            "读写不了服务器的文件夹。",
            place=str(place),
            remedy="请检查磁盘空间和文件夹权限后重试。",
        ) from error
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise Problem(
            "running",
            "服务器正在运行，或正在恢复。",
            place=str(place),
            remedy="请先停下服务器。",
        ) from error
    try:
        yield
    finally:
        os.close(handle)
