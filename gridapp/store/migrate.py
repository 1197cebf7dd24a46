"""Bring a local database to the schema of this program, with a backup of what is there first."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from sqlcipher3 import dbapi2

from gridapp import migrating
from gridapp.clock import system_clock
from gridapp.errors import Problem
from gridapp.store.database import Connection

MIGRATIONS = Path(__file__).parent / "migrations"
BACKUP_DAYS = 30


def create(connection: Connection, *, folder: Path = MIGRATIONS) -> None:
    """All tables in a new, empty database."""
    _run(connection, folder)


def upgrade(connection: Connection, path: Path, *, folder: Path = MIGRATIONS) -> None:
    """Migrate an older database in one transaction, after a backup beside it: ``….before-<revision>``.

    The backup is the file as it is, encrypted under the same key; it goes with the first opening 30 days
    later. Raises ``Problem``: ``newer_data`` (refused untouched), ``damaged``, ``disk_full``, ``disk_error``.
    """
    known = migrating.revisions(folder)
    held = _held(connection)
    if held == known[-1]:
        _drop_old_backups(path)
    elif held is None:
        raise Problem(
            "damaged",
            "数据文件是空的。",
            place=str(path),
            remedy="请联系区管理员恢复，不要重新登记。",
        )
    elif held not in known:
        raise Problem(
            "newer_data",
            "这份数据是更新版本的程序建立的。",
            place=str(path),
            remedy="请先升级本程序，数据没有改动。",
        )
    else:
        _back_up(connection, path, path.with_name(f"{path.name}.before-{known[-1]}"))
        _run(connection, folder)


def backups(path: Path) -> list[Path]:
    """The copies that migrations left beside a database. They hold what was stored then."""
    return sorted(path.parent.glob(f"{path.name}.before-*"))


def _held(connection: Connection) -> str | None:
    there = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name=?", (migrating.VERSION_TABLE,)
    ).fetchone()
    row = connection.execute(migrating.VERSION_SQL).fetchone() if there else None
    return row[0] if row else None


def _run(connection: Connection, folder: Path) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import StaticPool

    # The caller's connection goes on afterwards, so the engine around it is never disposed of.
    engine = create_engine(
        "sqlite://", module=dbapi2, creator=lambda: connection, poolclass=StaticPool
    )
    try:
        with engine.connect() as alchemy:
            alchemy.exec_driver_sql("BEGIN IMMEDIATE")
            migrating.run(alchemy, folder)
            alchemy.commit()
    except DBAPIError as error:
        # SQLAlchemy wraps what SQLite says; who called knows SQLite's own words
        raise error.orig or error from error


def _back_up(connection: Connection, path: Path, backup: Path) -> None:
    # With the log written back the file alone is whole; the folder's lock keeps other writers out.
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise Problem(
            "in_use",
            "这份数据已在另一个窗口打开。",
            place=str(path),
            remedy="请切换到那个窗口，或关闭它后重试。",
        )
    part = backup.with_name(f"{backup.name}.part")
    try:
        with path.open("rb") as source, part.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        part.replace(backup)
    except OSError as error:
        raise _no_backup(error, path) from error
    finally:
        part.unlink(missing_ok=True)


def _no_backup(error: OSError, path: Path) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            "disk_full",
            "磁盘已满，升级前不能备份，数据没有改动。",
            place=str(path),
            remedy="请清理磁盘空间后再打开。",
        )
    return Problem(
        "disk_error",
        "升级前不能备份，数据没有改动。",
        place=str(path),
        remedy="请检查磁盘和文件夹权限后重试。",
    )


def _drop_old_backups(path: Path) -> None:
    for backup in backups(path):
        age = system_clock() / 1000 - backup.stat().st_mtime
        if age > BACKUP_DAYS * 86_400:
            backup.unlink(missing_ok=True)
