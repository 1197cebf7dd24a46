"""New local databases that cost little: what the real migrations make is made once, and copied for each.

The copy goes page by page into the new database, under that one's own key. The migrations themselves are tried
in ``tests/store`` and on every database that the other parts of the suite make.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from gridapp.store import migrate
from gridapp.store.database import Connection, connect

_real = migrate.create
_turn = threading.Lock()


@contextmanager
def quick_stores() -> Iterator[None]:
    """As long as it lasts, a new store is a copy."""
    migrate.create = create
    try:
        yield
    finally:
        migrate.create = _real


def create(connection: Connection, *, folder: Path = migrate.MIGRATIONS) -> None:
    """``migrate.create``, for the folder of the program by copying."""
    if folder != migrate.MIGRATIONS:
        _real(connection, folder=folder)
        return
    with _turn:
        _made().backup(connection)


@cache
def _made() -> Connection:
    with tempfile.TemporaryDirectory(prefix="gridapp-store-", ignore_cleanup_errors=True) as folder:
        connection = connect(Path(folder) / "store.db", bytes(32))
        _real(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return connection  # stays open; the file itself needs no name any more
