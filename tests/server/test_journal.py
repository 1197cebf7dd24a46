"""The journal: appended by several, torn by power cuts, damaged, lost, another's, and taken from old servers."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from gridapp.domain.kinds import KINDS
from gridapp.domain.unit import Staff
from gridapp.errors import Problem
from gridapp.server import journal, lost, macs
from gridapp.server.backup import make
from gridapp.server.context import Server, open_server
from gridapp.server.database import Database, open_database
from gridapp.server.journal import Journal
from gridapp.server.journal_facts import fold, revoked_fact
from gridapp.server.put_back import restore
from gridapp.server.schema import operation, setting, tables
from gridapp.server.setup import initialise, write
from gridapp.server.starting import starting
from gridapp.tables import wire_columns

BEGUN = {"server": "00", "mac_key": "11" * 32, "recovery_private": "22", "recovery_public": "33"}


def what(book: Journal) -> list[str]:
    return [entry.what for entry in book.entries]


def code(caught: pytest.ExceptionInfo[Problem]) -> str:
    return caught.value.code


@pytest.fixture
def book(tmp_path: Path) -> Journal:
    return journal.create(tmp_path / "j", 1, BEGUN)


def test_two_processes_append(book: Journal) -> None:
    other = Journal(book.folder)
    book.append(2, ("a", {"x": 1}))
    other.append(3, ("b", {}), ("c", {"y": "村"}))
    book.append(4, ("d", {}))
    assert what(book) == ["begun", "a", "b", "c", "d"]
    again = Journal(book.folder)
    assert again.entries == book.entries
    assert [e.n for e in again.entries] == [1, 2, 3, 4, 5]
    other.refresh()
    assert other.entries == book.entries


@pytest.mark.parametrize("left", [1, 20, -1])
def test_a_torn_line_is_dropped(book: Journal, left: int) -> None:
    """A power cut within an append: nobody was told that it was written down."""
    path = book.folder / journal.FILE
    whole = path.read_bytes()
    book.append(2, revoked_fact(b"d" * 16, 2))
    path.write_bytes(path.read_bytes()[: len(whole) + left] if left > 0 else path.read_bytes()[:-1])
    again = Journal(book.folder)
    assert what(again) == ["begun"]
    again.append(3, ("after", {}))
    assert what(Journal(book.folder)) == ["begun", "after"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [lines[0], lines[1].replace(b'"x":1', b'"x":2'), *lines[2:]],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: [b"{}\n", *lines[1:]],
        lambda lines: [],
    ],
)
def test_damage_is_refused(book: Journal, spoil: object) -> None:
    book.append(2, ("a", {"x": 1}), ("b", {}), ("c", {}))
    path = book.folder / journal.FILE
    path.write_bytes(b"".join(spoil(path.read_bytes().splitlines(keepends=True))))  # type: ignore[operator]
    with pytest.raises(Problem) as caught:
        Journal(book.folder)
    assert code(caught) == "damaged_journal"


def test_marks(book: Journal) -> None:
    assert book.marked() is None
    book.mark(b"k" * 16)
    assert book.marked() == b"k" * 16
    (book.folder / journal.MARK).write_bytes(b"k" * 15 + b"x" + bytes(4))  # torn
    assert book.marked() is None
    book.mark(b"")
    assert book.marked() is None


def test_a_journal_is_never_written_over(book: Journal) -> None:
    book.append(2, ("a", {}))
    journal.create(book.folder, 3, BEGUN)
    journal.create(book.folder, 4, BEGUN)
    kept = sorted(p.name for p in book.folder.iterdir())
    assert kept == ["journal.jsonl", "journal.jsonl.old-1", "journal.jsonl.old-2"]
    assert b'"what":"a"' in (book.folder / "journal.jsonl.old-1").read_bytes()


def test_without_a_journal_nothing_starts(server: Server) -> None:
    folder = server.journal.folder
    elsewhere = folder.with_name(f"{folder.name}.elsewhere")
    folder.rename(elsewhere)
    with pytest.raises(Problem) as caught:
        open_server(server.database)
    assert code(caught) == "no_journal"
    assert open_server(server.database, journal=elsewhere).epoch == 1


def test_anothers_journal_is_refused(server: Server, tmp_path: Path) -> None:
    other = journal.create(tmp_path / "other", 1, BEGUN)
    with pytest.raises(Problem) as caught:
        open_server(server.database, journal=other.folder)
    assert code(caught) == "other_journal"


def test_no_keys_are_in_the_database(server: Server, tmp_path: Path) -> None:
    facts = fold(server.journal.entries)
    with server.database.snapshot() as connection:
        values = " ".join(connection.scalars(select(setting.c.value)))
    assert facts.mac_key.hex() not in values
    assert facts.recovery_private.hex() not in values
    assert server.journal.folder.stat().st_mode & 0o077 == 0


def _as_before(server: Server) -> dict[str, str]:
    """The database as a server of before left it: keys in ``setting``, no journal."""
    begun = server.journal.begun.fields
    keys = {n: str(begun[n]) for n in ("mac_key", "recovery_private", "recovery_public")}
    with server.database.write() as connection:
        connection.execute(delete(setting).where(setting.c.key.in_(("server", "journal"))))
        connection.execute(insert(setting), [{"key": k, "value": v} for k, v in keys.items()])
    shutil.rmtree(server.journal.folder)
    return keys


def test_keys_of_before_move_into_the_journal(server: Server) -> None:
    keys = _as_before(server)
    opened = open_server(server.database)
    assert {n: opened.journal.begun.fields[n] for n in keys} == keys
    assert (opened.mac_key, opened.epoch) == (server.mac_key, 1)
    with server.database.snapshot() as connection:
        left = connection.scalars(select(setting.c.key)).all()
    assert not set(left) & keys.keys()
    if not server.database.is_postgres:
        place = Path(server.database.place)
        for path in place.parent.glob("server.db*"):
            assert keys["mac_key"].encode() not in path.read_bytes()
    assert open_server(server.database).epoch == 1


def test_a_move_of_keys_that_was_cut_short(server: Server) -> None:
    """Killed after the journal was made, before the database was wiped."""
    keys = _as_before(server)
    made = journal.create(server.journal.folder, 1, {"server": "77", "epoch": 1} | keys)
    opened = open_server(server.database)
    assert opened.journal.entries[0] == made.entries[0]
    with server.database.snapshot() as connection:
        assert connection.scalar(select(setting.c.value).where(setting.c.key == "server")) == "77"


def test_a_database_older_than_its_journal_begins_a_new_epoch(
    server: Server, tmp_path: Path
) -> None:
    made = make(server, tmp_path / "backups")
    write(server, [Staff(name="后来", user_name="houlai", active=True)])
    assert open_server(server.database).epoch == 1
    restore(server.database, made.path)
    opened = open_server(server.database)
    assert opened.epoch == 2
    with opened.database.snapshot() as connection:
        assert connection.scalar(select(setting.c.value).where(setting.c.key == "epoch")) == "2"
    assert open_server(server.database).epoch == 2  # once is enough


def test_an_epoch_cut_short_is_never_given_again(server: Server) -> None:
    """Killed between the journal and the database."""
    server.journal.append(1, ("epoch", {"epoch": 2, "why": "restored"}))
    assert open_server(server.database).epoch == 3


def test_what_a_crash_kept_from_the_journal_is_made_up_for(server: Server) -> None:
    from gridapp.server.schema import device

    with server.database.write() as connection:
        connection.execute(
            insert(device).values(
                id=b"d" * 16,
                staff_id=b"s" * 16,
                name="pc",
                public_key=b"k" * 32,
                incarnation=2,
                enrolled_at=5,
                revoked_at=7,
            )
        )
    facts = fold(open_server(server.database).journal.entries)
    assert facts.revoked == {b"d" * 16: 7}
    assert facts.enrolled[b"d" * 16]["name"] == "pc"
    assert facts.incarnations == {b"d" * 16: 2}


def test_a_backup_is_read_back(server: Server, tmp_path: Path) -> None:
    made = make(server, tmp_path / "b")
    assert made.records > 5
    assert made.operations > 3
    assert made.path.stat().st_mode & 0o077 == 0
    with sqlite3.connect(made.path) as copy:
        assert copy.execute("SELECT count(*) FROM operation").fetchone()[0] == made.operations
    table = tables["unit"]
    with server.database.write() as connection:
        connection.execute(update(table).values(name="改过的"))  # not by the server
    with pytest.raises(Problem) as caught:
        make(server, tmp_path / "b")
    assert code(caught) == "bad_backup"
    names = sorted(p.suffix for p in (tmp_path / "b").iterdir())
    assert names == [".db", ".unverified"]
    assert fold(Journal(server.journal.folder).entries).backup == made.name


def test_what_is_no_backup_is_not_put_back(server: Server, tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        with pytest.raises(Problem) as caught:
            restore(server.database, path)
        return code(caught)

    made = make(server, tmp_path / "b").path
    text = tmp_path / "text.db"
    text.write_text("not a database at all, but long enough to be looked at", encoding="utf-8")
    torn = tmp_path / "torn.db"
    torn.write_bytes(made.read_bytes()[:20_000])
    other = tmp_path / "other.db"
    shutil.copy(made, other)
    with sqlite3.connect(other) as copy:
        copy.execute("UPDATE setting SET value='ff' WHERE key='server'")
    newer = tmp_path / "newer.db"
    shutil.copy(made, newer)
    with sqlite3.connect(newer) as copy:
        copy.execute("UPDATE alembic_version SET version_num='9998'")
    assert refused(tmp_path / "none.db") == "no_backup_file"
    assert refused(text) == "bad_backup"
    assert refused(torn) == "bad_backup"
    assert refused(other) == "other_backup"
    assert refused(newer) == "newer_data"
    with starting(server.database):
        assert refused(made) == "running"
    assert open_server(server.database).epoch == 1


def test_everything_is_put_back(server: Server, tmp_path: Path) -> None:
    before = _everything(server.database)
    made = make(server, tmp_path / "b")
    write(server, [Staff(name="后来", user_name="houlai", active=True)])
    kept = restore(server.database, made.path)
    assert kept is not None
    assert kept.is_file()
    assert _everything(server.database) == before
    write(open_server(server.database), [Staff(name="再后来", user_name="zaihoulai", active=True)])


def test_a_new_journal_for_a_lost_one(server: Server) -> None:
    with pytest.raises(Problem) as caught:
        lost.begin_anew(server.database)
    assert code(caught) == "journal_is_there"
    shutil.rmtree(server.journal.folder)
    anew = lost.begin_anew(server.database)
    assert anew.epoch > 1
    assert anew.mac_key != server.mac_key
    with anew.database.snapshot() as connection:
        for entity in ("unit", "staff", "code"):
            names = wire_columns(KINDS[entity])
            table = tables[entity]
            for row in connection.execute(select(*(table.c[n] for n in names))):
                said = dict(zip(names, row, strict=True))
                assert said["mac"] is None or macs.valid(anew, entity, said)
    assert open_server(server.database).epoch == anew.epoch


def test_an_older_postgres_is_copied_before_it_is_migrated(
    postgres_url: str, divisions: Path, tmp_path: Path
) -> None:
    from gridapp.server import migrate, places
    from tests.server.test_migrations import later

    database = open_database(tmp_path / "data", postgres_url)
    initialise(database, divisions, "410702000000")
    before = _everything(database)
    migrate.upgrade(database, folder=later(tmp_path))
    copy = places.backups(database.journal) / "before-9999.db"
    with sqlite3.connect(copy) as held:
        units = held.execute("SELECT name FROM unit ORDER BY id").fetchall()
    assert [name for (name,) in units] == [row["name"] for row in before["unit"]]
    restore(database, copy)
    assert migrate.check(database)
    assert _everything(database) == before
    database.close()


def _everything(database: Database) -> dict[str, list[dict[str, object]]]:
    with database.snapshot() as connection:
        return {
            table.name: [
                {n: bytes(v) if isinstance(v, memoryview) else v for n, v in row._mapping.items()}
                for row in connection.execute(select(table).order_by(table.c[0]))
            ]
            for table in (*tables.values(), operation)
        }


def test_facts_of_a_newer_program_are_passed_over(book: Journal) -> None:
    book.append(2, ("something", {"new": [1, {"x": None}]}))
    assert fold(Journal(book.folder).entries).epoch == 1
    line = (book.folder / journal.FILE).read_bytes().splitlines()[-1]
    assert json.loads(line)["what"] == "something"
