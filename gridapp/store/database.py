"""Opening one encrypted SQLite file, and saying in words what went wrong with it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from sqlcipher3 import dbapi2

from gridapp.errors import Problem

Connection = Any  # sqlcipher3 has no types

DatabaseError = dbapi2.DatabaseError

# The driver asks of every value that is no number and no text whether it knows how to be stored, by way of
# exceptions: half of the time of writing a row. These two answer at once, with the value itself.
dbapi2.register_adapter(bytes, bytes)
dbapi2.register_adapter(type(None), {}.get)

FULL = "disk_full"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LEAST = 65_536  # bytes that SQLite needs beside a database to begin with, twice
_FULL, _IO, _READONLY, _CORRUPT, _NOT_A_DATABASE, _BUSY, _CANNOT_OPEN = 13, 10, 8, 11, 26, 5, 14


def connect(path: Path, key: bytes, *, readonly: bool = False, alone: bool = False) -> Connection:
    """A connection to the database at ``path`` under the raw 32-byte ``key``.

    WAL with ``synchronous=FULL``: an acknowledged commit survives power loss. Transactions are explicit.
    ``alone``: the only connection that there is; it needs no room on the disk for what connections share.

    Raises ``Problem``: ``damaged`` when the file is no database of this key, ``disk_full``.
    """
    with explained(path):
        connection = dbapi2.connect(
            str(path), isolation_level=None, check_same_thread=False, timeout=30
        )
        try:
            _prepare(connection, key, readonly, alone)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: Connection, key: bytes, readonly: bool, alone: bool) -> None:
    connection.execute("PRAGMA cipher_log_level=NONE")
    connection.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
    if alone:  # before anything is read, or it has no effect on the log's index
        connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "temp_store=MEMORY",
        "cache_size=-65536",
        "foreign_keys=OFF",
        "busy_timeout=30000",
        "cell_size_check=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    if readonly:
        connection.execute("PRAGMA query_only=ON")


def bury(connection: Connection) -> bool:
    """Write over what a refused commit left in the log. Whether that could be done.

    Where the log was written and only the sync of it failed, the refused save stands there whole: a crash before
    the next save would bring it back at the next start, after the user was told that it was not saved.
    """
    try:
        # Another value each time, or SQLite would find nothing to write.
        connection.execute(
            "INSERT INTO meta (key,value) VALUES ('refused',hex(randomblob(8))) "
            "ON CONFLICT(key) DO UPDATE SET value=excluded.value"
        )
    except dbapi2.DatabaseError:
        return False
    return True


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite reports of the machine (disk, file) into a ``Problem``; defects pass through."""
    try:
        yield
    except dbapi2.DatabaseError as error:
        problem = _problem(getattr(error, "sqlite_errorcode", 0) & 0xFF, path)
        if problem is None:
            raise
        raise problem from error


def _problem(code: int, path: Path) -> Problem | None:
    place = str(path)
    if code == _FULL or (code in (_IO, _CANNOT_OPEN) and _is_full(path.parent)):
        return Problem(
            FULL,
            "磁盘已满，这次没有保存。",
            place=place,
            remedy="请清理磁盘空间后再保存，填写的内容还在。",
        )
    if code in (_IO, _READONLY, _CANNOT_OPEN):
        return Problem(
            "disk_error",
            "磁盘读写出错，这次没有保存。",
            place=place,
            remedy="请检查磁盘和文件夹权限后重试。",
        )
    if code in (_CORRUPT, _NOT_A_DATABASE):
        return Problem(
            "damaged",
            "数据文件已损坏或不是本程序的数据。",
            place=place,
            remedy="请不要删除它，联系区管理员恢复。",
        )
    if code == _BUSY:
        return Problem(
            "in_use",
            "数据正被另一个程序使用。",
            place=place,
            remedy="请关闭另一个窗口后重试。",
        )
    return None


def _is_full(folder: Path) -> bool:
    """Whether a folder takes no file of any size: SQLite says of that as of a broken disk."""
    try:
        with TemporaryFile(dir=folder, buffering=0) as file:
            written = file.write(bytes(_LEAST))
    except OSError as error:
        return error.errno in _NO_ROOM
    return written < _LEAST
