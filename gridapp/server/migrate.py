"""Schema of the server's database: made at ``server init``, brought up to date at ``server run``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect

from gridapp import migrating
from gridapp.errors import Problem
from gridapp.server import places
from gridapp.server.database import Database
from gridapp.server.schema import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_046_029_254_386_353_131  # any number that is ours; one program at a time migrates


def create(connection: Connection) -> None:
    """All tables in an empty database, within the caller's transaction.

    What an interrupted ``server init`` left is replaced: nobody can have worked with it.
    Raises ``Problem`` ``not_empty`` where somebody else's tables are.
    """
    _lock(connection)
    there = inspect(connection).get_table_names()
    if held(connection):
        metadata.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE {migrating.VERSION_TABLE}")
    elif there:
        raise Problem(
            "not_empty",
            "这个数据库里已有别的内容（{table} 等）。",
            remedy="请新建一个空的数据库。",
            table=min(there),
        )
    migrating.run(connection, MIGRATIONS)


def held(connection: Connection) -> str | None:
    """The revision that the database stands at; None where it is not gridapp's."""
    if not inspect(connection).has_table(migrating.VERSION_TABLE):
        return None
    found = connection.exec_driver_sql(migrating.VERSION_SQL).scalar()
    return None if found is None else str(found)


def check(database: Database, *, folder: Path = MIGRATIONS) -> bool:
    """Whether the schema is this program's; False where it is older.

    Raises ``Problem``: ``not_initialised``, ``newer_data``.
    """
    with database.snapshot() as connection:
        found = held(connection)
    known = migrating.revisions(folder)
    if found is None:
        raise Problem(
            "not_initialised",
            "服务器还没有初始化。",
            remedy="请先运行 gridapp server init。",
        )
    if found not in known:
        raise Problem(
            "newer_data",
            "这份数据是更新版本的程序建立的。",
            place=database.place,
            remedy="请先升级本程序，数据没有改动。",
        )
    return found == known[-1]


def upgrade(database: Database, *, folder: Path = MIGRATIONS) -> None:
    """Migrate an older database in one transaction, after a backup: ``….before-<revision>``, beside SQLite's
    file; of PostgreSQL a copy in the folder of backups. Without one nothing is changed.

    Raises ``Problem`` ``no_backup``.
    """
    if check(database, folder=folder):
        return
    newest = migrating.revisions(folder)[-1]
    if database.is_postgres:
        from gridapp.server.copying import copy_out  # which asks here for revisions

        copy_out(database, places.backups(database.journal) / f"before-{newest}.db")
    else:
        _back_up(database, newest)
    with database.write() as connection:
        _lock(connection)
        migrating.run(connection, folder)


def _back_up(database: Database, revision: str) -> None:
    path = Path(str(database.engine.url.database))
    backup = path.with_name(f"{path.name}.before-{revision}")
    part = backup.with_name(f"{backup.name}.part")
    part.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(path)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
        part.replace(backup)
    except (OSError, sqlite3.OperationalError) as error:
        raise Problem(
            "no_backup",
            "升级前不能备份，数据没有改动。",
            place=str(path),
            remedy="请检查磁盘空间和文件夹权限后重试。",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
