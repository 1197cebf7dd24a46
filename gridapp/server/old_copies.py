"""Copies of the database that lie beside it and still hold what was purged from it: a purge reaches none of them.

What a restore replaced, what was kept before an upgrade, and the backups. Copies that somebody took elsewhere are
not known here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gridapp.server import places
from gridapp.server.database import Database, chunks
from gridapp.server.workspace import Key

BACKUP, REPLACED, BEFORE = "backup", "replaced", "before"
_OTHERS = (
    "-wal",
    "-shm",
    "-journal",
    ".part",
)  # parts of a database, or of one that was never finished


@dataclass(frozen=True, slots=True)
class OldCopy:
    """``what``: ``backup``, ``replaced`` (by a restore) or ``before`` (an upgrade)."""

    path: str
    what: str


def holding(database: Database, keys: Collection[Key]) -> list[OldCopy]:
    """Copies that hold any of these records, or that cannot be read."""
    return [copy for copy in _beside(database) if _may_hold(Path(copy.path), keys)]


def _beside(database: Database) -> Iterator[OldCopy]:
    folders = {places.backups(database.journal): "*.db*"}
    if not database.is_postgres:
        folders[Path(database.place).parent] = f"{Path(database.place).name}.*"
    for folder, names in folders.items():
        for path in sorted(folder.glob(names)):
            if path.is_file() and not path.name.endswith(_OTHERS):
                yield OldCopy(str(path), _what(path.name))


def _what(name: str) -> str:
    if ".replaced" in name:
        return REPLACED
    return BEFORE if ".before-" in name or name.startswith("before-") else BACKUP


def _may_hold(path: Path, keys: Collection[Key]) -> bool:
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        return True  # part of it was never written back, and reading that would change files
    try:
        # As it lies there: looked at in any other way SQLite makes files beside it.
        name = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(name, uri=True)) as connection:
            return any(_holds(connection, entity, keys) for entity in {name for name, _ in keys})
    except sqlite3.Error:
        return True


def _holds(connection: sqlite3.Connection, entity: str, keys: Collection[Key]) -> bool:
    for part in chunks([key for name, key in keys if name == entity]):
        marks = ",".join("?" * len(part))
        sql = f'SELECT 1 FROM "{entity}" WHERE id IN ({marks}) LIMIT 1'
        if connection.execute(sql, part).fetchone():
            return True
    return False
