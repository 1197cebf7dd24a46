"""The local database comes to the schema of the program, or stays exactly as it was."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gridapp import migrating
from gridapp.errors import Problem
from gridapp.store import migrate
from gridapp.store.database import Connection, connect
from gridapp.store.schema import SEARCH_DDL, metadata
from tests.shapes import sqlite_shape

KEY = bytes(range(32))
OLD, NEW = migrating.revisions(migrate.MIGRATIONS)[-1], "9999"

_NEXT = """
import sys
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", "{old}"

def upgrade():
    op.add_column("draft", sa.Column("colour", sa.Text()))
    op.execute("UPDATE draft SET colour='red' WHERE key<'m'")
    {midway}
    op.execute("UPDATE draft SET colour='blue' WHERE key>='m'")
"""
_WAIT = 'print("midway", flush=True); sys.stdin.readline()'
_FAIL = 'raise RuntimeError("half way")'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database at the newest revision with some drafts in it."""
    path = tmp_path / "store.db"
    with closing(connect(path, KEY)) as connection:
        migrate.create(connection)
        rows = [(chr(97 + n), "x" * 5000, n) for n in range(26)]
        connection.executemany("INSERT INTO draft (key,data,updated_at) VALUES (?,?,?)", rows)
    return path


def later(tmp_path: Path, midway: str = "") -> Path:
    """The program's revisions and one more."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS / "versions", folder / "versions")
    text = _NEXT.format(old=OLD, midway=midway)
    (folder / "versions" / "9999_colour.py").write_text(text, encoding="utf-8")
    return folder


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(connect(path, KEY)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()
            for (name,) in names
            if not name.startswith("search_")
        }


def query(connection: Connection) -> object:
    return lambda sql: [tuple(row) for row in connection.execute(sql).fetchall()]


def test_the_revisions_make_what_is_declared(tmp_path: Path) -> None:
    with (
        closing(connect(tmp_path / "a.db", KEY)) as migrated,
        closing(connect(tmp_path / "b.db", KEY)) as declared,
    ):
        migrate.create(migrated)
        dialect = sqlite.dialect()
        for table in metadata.sorted_tables:
            declared.execute(str(CreateTable(table).compile(dialect=dialect)))
            for index in table.indexes:
                declared.execute(str(CreateIndex(index).compile(dialect=dialect)))
        declared.execute(SEARCH_DDL.replace("IF NOT EXISTS ", ""))
        # installer/new_migration.py writes the revision that is missing
        assert sqlite_shape(query(migrated)) == sqlite_shape(query(declared))


def test_a_current_database_is_opened_without_alembic(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from gridapp.store import migrate;"
        "from gridapp.store.database import connect;"
        f"path = Path({str(path)!r}); migrate.upgrade(connect(path, bytes(range(32))), path);"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_older_one_is_backed_up_and_migrated(path: Path, tmp_path: Path) -> None:
    before = dump(path)
    folder = later(tmp_path)
    with closing(connect(path, KEY)) as connection:
        migrate.upgrade(connection, path, folder=folder)
        migrate.upgrade(connection, path, folder=folder)  # and stays so
        counts = connection.execute("SELECT colour, count(*) FROM draft GROUP BY 1").fetchall()
    assert dict(counts) == {"red": 12, "blue": 14}
    backup = path.with_name(f"store.db.before-{NEW}")
    assert migrate.backups(path) == [backup]
    assert dump(backup) == before
    # encrypted as it was: no header of SQLite, no text
    assert not backup.read_bytes().startswith(b"SQLite")
    assert b"xxxxxxxx" not in backup.read_bytes()


def test_what_is_only_in_the_log_is_in_the_backup_too(path: Path, tmp_path: Path) -> None:
    with closing(connect(path, KEY)) as connection:
        connection.execute("INSERT INTO draft VALUES ('late','text',1)")
        assert path.with_name("store.db-wal").stat().st_size > 0
        migrate.upgrade(connection, path, folder=later(tmp_path))
    (backup,) = migrate.backups(path)
    assert [row for row in dump(backup)["draft"] if row[0] == "late"]


def test_old_backups_go(path: Path, tmp_path: Path) -> None:
    folder = later(tmp_path)
    with closing(connect(path, KEY)) as connection:
        migrate.upgrade(connection, path, folder=folder)
        (backup,) = migrate.backups(path)
        age = backup.stat().st_mtime - (migrate.BACKUP_DAYS + 1) * 86_400
        os.utime(backup, (age, age))
        migrate.upgrade(connection, path, folder=folder)
    assert migrate.backups(path) == []


def test_a_failing_migration_changes_nothing(path: Path, tmp_path: Path) -> None:
    before = dump(path)
    with closing(connect(path, KEY)) as connection:
        folder = later(tmp_path, _FAIL)
        with pytest.raises(RuntimeError, match="half way"):
            migrate.upgrade(connection, path, folder=folder)
    assert dump(path) == before


def test_killed_in_the_midst_it_is_the_old_one(path: Path, tmp_path: Path) -> None:
    before = dump(path)
    folder = later(tmp_path, _WAIT)
    script = Path(__file__).with_name("slow_migration.py")
    command = [sys.executable, str(script), str(path), KEY.hex(), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"midway\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert dump(path) == before
    # and the next start finishes what this one could not
    (folder / "versions" / "9999_colour.py").write_text(_NEXT.format(old=OLD, midway=""))
    with closing(connect(path, KEY)) as connection:
        migrate.upgrade(connection, path, folder=folder)
    assert {row[-1] for row in dump(path)["draft"]} == {"red", "blue"}


def test_a_newer_one_is_refused_untouched(path: Path, tmp_path: Path) -> None:
    with closing(connect(path, KEY)) as connection:
        migrate.upgrade(connection, path, folder=later(tmp_path))
    (backup,) = migrate.backups(path)
    backup.unlink()
    before = path.read_bytes()
    with closing(connect(path, KEY)) as connection, pytest.raises(Problem) as caught:
        migrate.upgrade(connection, path)
    assert caught.value.code == "newer_data"
    assert path.read_bytes() == before
    assert migrate.backups(path) == []


def test_an_empty_file_is_no_new_database(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"")
    with closing(connect(path, KEY)) as connection, pytest.raises(Problem) as caught:
        migrate.upgrade(connection, path)
    assert caught.value.code == "damaged"


def test_no_room_for_the_backup(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migrate.os, "fsync", full)
    with closing(connect(path, KEY)) as connection, pytest.raises(Problem) as caught:
        migrate.upgrade(connection, path, folder=later(tmp_path))
    assert caught.value.code == "disk_full"
    assert dump(path) == before
    assert [p.name for p in path.parent.glob("store.db.*")] == []
