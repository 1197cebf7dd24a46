"""A server locks its database before it opens it: another one, and whoever restores, find out before anything changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridapp.domain.roles import Role
from gridapp.errors import Problem
from gridapp.server import journal
from gridapp.server.accounts import add_user
from gridapp.server.context import Server, open_server
from gridapp.server.database import Database, open_database
from gridapp.server.starting import starting, stopped


def again(database: Database) -> Database:
    """The same database as another process finds it."""
    if database.is_postgres:
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return open_database(None, url, database.journal)
    return open_database(Path(str(database.engine.url.database)).parent, None, database.journal)


def refused(database: Database) -> str:
    with pytest.raises(Problem) as raised, starting(database):
        pytest.fail("nothing is held")
    return raised.value.code


def running(folder: Path) -> bool:
    """Whether a restore is refused because a server runs."""
    with pytest.raises(Problem) as raised, stopped(folder):
        pytest.fail("nothing is held")
    return raised.value.code == "running"


def test_a_second_server_is_refused_before_it_opens_anything(server: Server) -> None:
    other = again(server.database)
    with starting(server.database):  # not even open yet
        if server.database.is_postgres:
            with starting(other) as start:
                assert start().epoch == 1
        else:
            assert refused(other) == "running"
            assert other.engine.pool.checkedin() == 0  # never connected
    with starting(other) as start:
        assert start().epoch == 1
    other.close()


def test_what_is_locked_by_a_restore_is_not_opened(server: Server) -> None:
    with stopped(server.journal.folder):
        assert refused(server.database) == "running"
    with starting(server.database) as start:
        start()
        assert running(server.journal.folder)


def test_without_a_journal_nothing_is_made(server: Server) -> None:
    """An empty folder in its place would be in the way of the journal that is put back."""
    folder = server.database.journal
    kept = folder.rename(folder.with_name("kept"))
    with starting(server.database) as start:
        with pytest.raises(Problem) as raised:
            start()
        assert raised.value.code == "no_journal"
        if not server.database.is_postgres:
            assert refused(again(server.database)) == "running"
    assert not folder.exists()
    kept.rename(folder)
    with starting(server.database) as start:
        assert start().epoch == 1


def test_the_folder_of_a_journal_that_comes_with_the_first_start_is_held(server: Server) -> None:
    folder = server.database.journal
    kept = folder.rename(folder.with_name("kept"))
    with starting(server.database) as start:
        kept.rename(folder)  # as the first start of a newer program makes it
        start()
        assert running(folder)


def test_commands_work_beside_a_running_server(server: Server) -> None:
    with starting(server.database) as start:
        start()
        beside = again(server.database)
        staff, new = add_user(open_server(beside), "新人", Role.AUDITOR, "410702000000")
        assert new
        assert staff.name == "新人"
        beside.close()


def test_a_folder_that_cannot_be_locked(server: Server) -> None:
    folder = server.database.journal
    (folder / "running").unlink(missing_ok=True)
    (folder / "running").symlink_to(folder / "nowhere" / "x")
    assert refused(server.database) == "disk_error"
    assert journal.exists(folder)
