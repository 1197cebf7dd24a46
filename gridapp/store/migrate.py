"""Bring a local database to the schema of this program, with a backup of what is there first."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gridapp.errors import Problem
from gridapp.store.database import Connection
from gridapp.store.schema import SEARCH_DDL, metadata

_CURRENT = 1


def upgrade(connection: Connection, path: Path) -> None:
    """Create or migrate the schema in one transaction. A newer database is refused untouched."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _CURRENT:
        raise Problem(
            "newer_data",
            "这份数据是更新版本的程序建立的。",
            place=str(path),
            remedy="请先升级本程序，数据没有改动。",
        )
    if version == _CURRENT:
        return
    dialect = sqlite.dialect()
    connection.execute("BEGIN IMMEDIATE")
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
    connection.execute(SEARCH_DDL)
    connection.execute(f"PRAGMA user_version={_CURRENT}")
    connection.execute("COMMIT")
