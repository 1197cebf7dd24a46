"""Everything of one user goes from this computer: its device was revoked.

First what is not this user's own pending work (``strip``): nobody reads it from now on, whatever happens next. When
that work is handed over, the rest (``erase``). The keys go first, so that from that moment on nothing can be read,
however the program ends; then the rows, the photos, the copies; and with the closing of the store its folder. What
a crash leaves of it goes at the next start (``sweep``).
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from gridapp.domain.kinds import KINDS
from gridapp.errors import Problem
from gridapp.store import migrate
from gridapp.store.locking import FolderLock
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

ERASED = "erased"  # the code of ``erased``
_MARK = "erased"  # a file: this folder is to go
_KEYS = ("key.json", "device.secret", "profile.json")
_REVOKED = "revoked"  # in meta

# What pending work needs to be handed over, by the network or on a stick, and the server to know the device by.
_META = (
    "'who','device_key','incarnation','epoch','revoked','clock_offset',"
    "'bundle_key','bundle_box','contacts','letters'"
)
_PENDING = {
    "meta": f"key NOT IN ({_META})",
    "outbox": "state<>'waiting'",
    "blob": "state NOT IN ('waiting','held')",
}
_KEPT = frozenset({"alembic_version", "sqlite_sequence"})


def is_revoked(reader: Reader) -> bool:
    """Whether the server said that this device is revoked."""
    return reader.meta(_REVOKED) == "1"


def pending_photos(reader: Reader) -> list[str]:
    """Digests of the photos that only this computer has, the smallest first."""
    sql = "SELECT sha256 FROM blob WHERE state IN ('waiting','held') ORDER BY size, sha256"
    return [digest for (digest,) in reader.rows(sql)]


def strip(uow: UnitOfWork) -> None:
    """Let go of everything but the work that waits; whoever looks sees nothing any more."""
    for table in _tables(uow):
        condition = _PENDING.get(table, "1")
        uow.connection.execute(f"DELETE FROM {table} WHERE {condition}")
    uow.connection.execute("UPDATE blob SET thumbnail=NULL")
    uow.connection.execute("INSERT INTO search(search) VALUES('delete-all')")
    uow.set_meta(_REVOKED, "1")
    for entity in KINDS:
        uow.touch(entity, ())
    uow.touch_sync()


def erase(store: Store) -> None:
    """Erase what is left; the store is empty then, and ``close`` takes its folder away."""
    folder = store.folder
    _mark(folder)
    for name in _KEYS:
        _shred(folder / name)
    _sync(folder)
    store.write(_empty).result()
    store.empty_log().result()
    for copy in migrate.backups(folder / "store.db"):
        copy.unlink(missing_ok=True)
    shutil.rmtree(folder / "blobs", ignore_errors=True)
    store.at_close(lambda: _remove(folder))


def sweep(data_dir: Path) -> None:
    """Take away what is left of erased users, unless a program still has it open."""
    for mark in data_dir.glob(f"users/*/{_MARK}"):
        folder = mark.parent
        with suppress(Problem, OSError):
            FolderLock(folder).release()
            for name in _KEYS:  # the mark came first
                _shred(folder / name)
            _remove(folder)


def check(folder: Path) -> None:
    """Raises ``Problem`` ``erased`` for the folder of a user who was erased and is not gone yet."""
    if is_erased(folder):
        raise erased()


def is_erased(folder: Path) -> bool:
    """Whether nothing can be read there any more."""
    return (folder / _MARK).exists()


def erased() -> Problem:
    """What to say to somebody whose device was revoked."""
    return Problem(
        ERASED,
        "这台电脑的登记已被停用，本机的资料已交回并清除。",
        remedy="还要在这台电脑上工作，请向区管理员要新的登记码。",
    )


def _tables(reader: Reader) -> list[str]:
    """Every plain table; those of the search index are emptied by their own command."""
    rows = reader.rows("SELECT name FROM sqlite_master WHERE type='table'")
    return [
        n for (n,) in rows if n not in _KEPT and n != "search" and not n.startswith("search_")
    ] + [n for (n,) in rows if n in ("search_doc", "search_stale")]


def _empty(uow: UnitOfWork) -> None:
    for table in _tables(uow):
        uow.connection.execute(f"DELETE FROM {table}")
    uow.touch_sync()


def _mark(folder: Path) -> None:
    with (folder / _MARK).open("wb") as file:
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)


def _shred(path: Path) -> None:
    """Write over a small file before it goes: on a disk that keeps its blocks, its name alone would be gone."""
    with suppress(FileNotFoundError):
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.write(os.urandom(size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _remove(folder: Path) -> None:
    """The mark goes last, or a crash would leave a folder that nobody knows what to do with."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.name == _MARK and path.parent == folder:
            continue
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    (folder / _MARK).unlink(missing_ok=True)
    folder.rmdir()


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
