"""A backup that is worth its name: copied while the server runs, read back whole, and only then named to clients."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gridapp.clock import local
from gridapp.domain.kinds import KINDS
from gridapp.errors import Problem
from gridapp.server import covers, macs, places
from gridapp.server.context import Server
from gridapp.server.copying import bad_backup, copy_out, opened
from gridapp.server.journal_facts import BACKUP
from gridapp.server.journalling import note
from gridapp.tables import wire_columns

_BLOBS = "SELECT sha256, holder FROM blob"
_PARTS = "SELECT data FROM blob_part WHERE sha256=? AND staff_id=? ORDER BY start"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: its file, what was read back of it, and how many devices it covers."""

    name: str
    path: Path
    records: int
    photos: int
    operations: int
    devices: int


def make(server: Server, folder: Path | None = None) -> Made:
    """Back up into ``folder`` (otherwise the one beside the journal), verify, name it to clients.

    What cannot be verified is kept as ``….unverified`` and named to nobody.
    Raises ``Problem``: ``no_backup``, ``bad_backup``.
    """
    made_at = server.clock()
    path = _free(folder or places.backups(server.journal.folder), made_at)
    copy_out(server.database, path)
    try:
        with opened(path) as copy:
            records, photos, operations = verify(server, copy, path)
            devices = covers.record(server, path.name, copy, made_at)
    except Problem:
        path.rename(path.with_name(f"{path.name}.unverified"))
        raise
    note(server, (BACKUP, {"name": path.name, "epoch": server.epoch}))
    return Made(path.name, path, records, photos, operations, devices)


def verify(server: Server, copy: sqlite3.Connection, path: Path) -> tuple[int, int, int]:
    """Read everything back: pages, the MAC of every row, every photo against its name.

    Returns how many records, photos and operations. Raises ``Problem`` ``bad_backup``.
    """
    if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise bad_backup(path)
    records = sum(_check_rows(server, copy, entity, path) for entity in KINDS)
    photos = 0
    for digest, holder in copy.execute(_BLOBS).fetchall():
        whole = hashlib.sha256()
        for (data,) in copy.execute(_PARTS, (digest, holder)):
            whole.update(data)
        if whole.hexdigest() != digest:
            raise bad_backup(path)
        photos += 1
    operations = copy.execute("SELECT count(*) FROM operation").fetchone()[0]
    return records, photos, int(operations)


def _check_rows(server: Server, copy: sqlite3.Connection, entity: str, path: Path) -> int:
    names = wire_columns(KINDS[entity])
    count = 0
    for values in copy.execute(f'SELECT {",".join(names)} FROM "{entity}"'):
        row = dict(zip(names, values, strict=True))
        # The server's own account was made before there was a key.
        if row["mac"] is not None and not macs.valid(server, entity, row):
            raise bad_backup(path)
        count += 1
    return count


def _free(folder: Path, now: int) -> Path:
    stem = f"gridapp-{local(now):%Y%m%d-%H%M%S}"
    path, number = folder / f"{stem}.db", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.db"
    return path
