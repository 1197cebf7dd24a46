"""A server's database as one SQLite file, whichever database it runs on, and back.

SQLite is copied page by page while it runs. Of PostgreSQL all rows of one snapshot are written into tables of
the same names: that needs none of its tools, and such a file can be read, checked and moved like the other.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from gridapp import migrating
from gridapp.errors import Problem
from gridapp.server import migrate
from gridapp.server.database import Database
from gridapp.server.schema import metadata

_ROWS = 500  # at once: photos lie in rows of half a megabyte


def copy_out(database: Database, path: Path) -> None:
    """Write everything into a new file at ``path``, synced, or nothing. Raises ``Problem`` ``no_backup``."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600))
        if database.is_postgres:
            _rows_out(database, part)
        else:
            _pages_out(Path(str(database.engine.url.database)), part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except (OSError, sqlite3.Error, DBAPIError) as error:
        raise Problem(
            "no_backup",
            "备份没有做成，数据没有改动。",
            place=str(path),
            remedy="请检查磁盘空间和文件夹权限后重试。",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def copy_in(database: Database, path: Path) -> Path | None:
    """Put a file of ``copy_out`` in place of what is there, which is kept: returns where. No server may run on it.

    Raises ``Problem``: ``no_backup`` where what is there cannot be kept.
    """
    database.close()
    if database.is_postgres:
        return _rows_in(database, path)
    target = Path(str(database.engine.url.database))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = _free(target.with_name(f"{target.name}.replaced"))
    kept = target.exists()
    part = target.with_name(f"{target.name}.part")
    _pages_out(path, part)
    for ending in ("-wal", "-shm", ""):
        old = target.with_name(target.name + ending)
        if old.exists():
            old.rename(aside.with_name(aside.name + ending))
    part.replace(target)
    _sync_folder(target.parent)
    return aside if kept else None


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy, to be read. Raises ``Problem`` ``bad_backup`` where it is none."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield connection
    except sqlite3.Error as error:
        raise bad_backup(path) from error


def bad_backup(path: Path) -> Problem:
    """A file that is no whole copy of a server."""
    return Problem(
        "bad_backup",
        "这不是完整的备份。",
        place=str(path),
        remedy="请换一份备份；原来的数据没有改动。",
    )


def revision(path: Path) -> str:
    """The schema's revision that a copy stands at. Raises ``Problem`` ``bad_backup``."""
    with opened(path) as connection:
        return str(connection.execute(migrating.VERSION_SQL).fetchone()[0])


def _pages_out(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")


def _rows_out(database: Database, path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    try:
        with database.snapshot() as source, engine.begin() as target:
            held = _held(source, str(migrate.held(source)))
            plain = _plain(held)
            plain.create_all(target)
            for name, table in held.tables.items():
                _copy_rows(source, table, target, plain.tables[name])
    finally:
        engine.dispose()


def _rows_in(database: Database, path: Path) -> Path | None:
    with database.snapshot() as connection:
        there = migrate.held(connection)
    kept = _free(path.with_name(f"{path.stem}.replaced.db")) if there else None
    if kept:
        copy_out(database, kept)
    wanted = revision(path)
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as source, database.write() as target:
            if there != wanted:
                _drop_ours(target, ours=there is not None)
                migrating.run(target, migrate.MIGRATIONS, wanted)
            held = _held(target, wanted)
            ours = [t for name, t in held.tables.items() if name != migrating.VERSION_TABLE]
            target.exec_driver_sql("TRUNCATE " + ",".join(f'"{t.name}"' for t in ours))
            for table in ours:
                _copy_rows(source, table, target, table)
            _set_sequences(target, ours)
    finally:
        engine.dispose()
    return kept


def _held(connection: Connection, held: str) -> MetaData:
    """The tables of a database that stands at the revision ``held``."""
    found = MetaData()
    if held == migrating.revisions(migrate.MIGRATIONS)[-1]:
        for table in metadata.tables.values():
            table.to_metadata(found)
        Table(migrating.VERSION_TABLE, found, Column("version_num", Text, primary_key=True))
    else:
        found.reflect(connection)
    return found


def _plain(held: MetaData) -> MetaData:
    """The same tables without indexes and defaults: what rows need."""
    plain = MetaData()
    for table in held.tables.values():
        Table(
            table.name,
            plain,
            *(
                Column(c.name, c.type.as_generic(), primary_key=c.primary_key, autoincrement=False)
                for c in table.columns
            ),
        )
    return plain


def _copy_rows(source: Connection, table: Table, target: Connection, into: Table) -> None:
    reading = source.execution_options(stream_results=True, yield_per=_ROWS)
    found = reading.execute(select(table))
    for part in found.mappings().partitions():
        target.execute(insert(into), [dict(row) for row in part])


def _drop_ours(connection: Connection, *, ours: bool) -> None:
    names = inspect(connection).get_table_names()
    if names and not ours:
        raise Problem(
            "not_empty",
            "这个数据库里已有别的内容（{table} 等）。",
            remedy="请新建一个空的数据库。",
            table=min(names),
        )
    for name in names:
        connection.exec_driver_sql(f'DROP TABLE "{name}" CASCADE')


def _set_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """Numbers that PostgreSQL gives itself go on above those that came with the rows."""
    for table in tables:
        for column in table.primary_key.columns:
            if column.autoincrement is True or "nextval" in str(
                getattr(column.server_default, "arg", "")
            ):
                connection.execute(
                    text(
                        "SELECT setval(pg_get_serial_sequence(:t, :c), "
                        f'(SELECT coalesce(max("{column.name}"), 0) + 1 FROM "{table.name}"), false)'
                    ),
                    {"t": table.name, "c": column.name},
                )


def _free(path: Path) -> Path:
    number = 1
    while path.with_name(f"{path.name}-{number}").exists():
        number += 1
    return path.with_name(f"{path.name}-{number}")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
