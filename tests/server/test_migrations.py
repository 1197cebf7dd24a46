"""The server's schema: made by revisions on SQLite and PostgreSQL, upgraded whole or not at all."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from gridapp import migrating
from gridapp.errors import Problem
from gridapp.server import migrate, setup
from gridapp.server.context import open_server
from gridapp.server.database import Database, open_database
from gridapp.server.schema import metadata, setting
from tests.shapes import postgres_shape, sqlite_shape

OLD = migrating.revisions(migrate.MIGRATIONS)[-1]
_NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", "{old}"

def upgrade():
    op.add_column("setting", sa.Column("colour", sa.Text()))
    op.execute("UPDATE setting SET colour='red'")
    {last}
"""


def later(tmp_path: Path, last: str = "") -> Path:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS / "versions", folder / "versions")
    text = _NEXT.format(old=OLD, last=last)
    (folder / "versions" / "9999_colour.py").write_text(text, encoding="utf-8")
    return folder


def shape(connection: Connection, schema: str = "public") -> Any:
    def query(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]

    if connection.dialect.name == "postgresql":
        return postgres_shape(query, schema)
    return sqlite_shape(query)


def settings(database: Database) -> list[Any]:
    with database.snapshot() as connection:
        return sorted(tuple(row) for row in connection.execute(select(setting)))


def test_the_revisions_make_what_is_declared(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        migrate.create(connection)
        migrated = shape(connection)
    if database.is_postgres:
        with database.write() as connection:
            connection.exec_driver_sql("CREATE SCHEMA declared")
            connection.exec_driver_sql("SET LOCAL search_path TO declared")
            metadata.create_all(connection)
            declared = shape(connection, "declared")
    else:
        other = tmp_path / "declared"
        other.mkdir()
        second = open_database(other, None)
        with second.write() as connection:
            metadata.create_all(connection)
            declared = shape(connection)
        second.close()
    # installer/new_migration.py writes the revision that is missing
    assert migrated == declared


def test_an_older_one_is_migrated(database: Database, divisions: Path, tmp_path: Path) -> None:
    setup.initialise(database, divisions, "410702000000")
    before = settings(database)
    folder = later(tmp_path)
    assert not migrate.check(database, folder=folder)
    migrate.upgrade(database, folder=folder)
    assert migrate.check(database, folder=folder)
    with database.snapshot() as connection:
        colours = connection.exec_driver_sql("SELECT DISTINCT colour FROM setting").scalars().all()
    assert colours == ["red"]
    assert settings(database) == before
    with pytest.raises(Problem) as caught:  # and this program is now too old for it
        open_server(database)
    assert caught.value.code == "newer_data"


def test_a_backup_is_made_first(tmp_path: Path, divisions: Path) -> None:
    database = open_database(tmp_path, None)
    setup.initialise(database, divisions, "410702000000")
    before = settings(database)
    migrate.upgrade(database, folder=later(tmp_path))
    database.close()
    backup = sqlite3.connect(tmp_path / "server.db.before-9999")
    assert sorted(backup.execute("SELECT key,value FROM setting").fetchall()) == before
    assert backup.execute(migrating.VERSION_SQL).fetchone() == (OLD,)
    backup.close()


def test_a_failing_migration_changes_nothing(
    database: Database, divisions: Path, tmp_path: Path
) -> None:
    setup.initialise(database, divisions, "410702000000")
    folder = later(tmp_path, 'raise RuntimeError("half way")')
    with database.snapshot() as connection:
        before = shape(connection)
    with pytest.raises(RuntimeError, match="half way"):
        migrate.upgrade(database, folder=folder)
    with database.snapshot() as connection:
        assert shape(connection) == before
        assert migrate.held(connection) == OLD
    open_server(database)


def test_an_older_one_is_not_served(
    database: Database, divisions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.initialise(database, divisions, "410702000000")
    monkeypatch.setattr(migrate.check, "__kwdefaults__", {"folder": later(tmp_path)})
    with pytest.raises(Problem) as caught:
        open_server(database)
    assert caught.value.code == "old_data"


def test_an_interrupted_init_is_made_anew(
    database: Database, divisions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(setup, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            setup.initialise(database, divisions, "410702000000")
    with pytest.raises(Problem) as caught:
        open_server(database)
    assert caught.value.code == "not_initialised"
    setup.initialise(database, divisions, "410702000000")
    assert open_server(database).district_name == "红旗区"


def test_a_second_init_changes_nothing(database: Database, divisions: Path) -> None:
    setup.initialise(database, divisions, "410702000000")
    before = settings(database)
    with pytest.raises(Problem) as caught:
        setup.initialise(database, divisions, "410702000000")
    assert caught.value.code == "already_initialised"
    assert settings(database) == before


def test_somebody_elses_database_is_left_alone(database: Database, divisions: Path) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE unit (n INTEGER)")
        before = shape(connection)
    with pytest.raises(Problem) as caught:
        setup.initialise(database, divisions, "410702000000")
    assert caught.value.code == "not_empty"
    with database.snapshot() as connection:
        assert shape(connection) == before
