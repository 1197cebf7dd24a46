"""The two kinds of transactions mean the same on SQLite and on PostgreSQL."""

import contextlib

import pytest

from gridapp.errors import Problem
from gridapp.server.database import Database, open_database


def test_a_snapshot_does_not_move(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    with database.snapshot() as reading:
        before = reading.exec_driver_sql("SELECT count(*) FROM t").scalar()
        with database.write() as writing:
            writing.exec_driver_sql("INSERT INTO t VALUES (1)")
        assert reading.exec_driver_sql("SELECT count(*) FROM t").scalar() == before == 0
    with database.snapshot() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1


def test_what_fails_leaves_nothing(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
    with contextlib.suppress(RuntimeError), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        raise RuntimeError
    with database.snapshot() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


@pytest.mark.parametrize(
    "url", ["mysql://a@b/c", "nonsense", "postgresql://h:port/x", "postgresql:///x?z=1"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(Problem) as caught:
        open_database(None, url)
    assert caught.value.code == "bad_database_url"


def test_nobody_there_and_no_password_in_the_message() -> None:
    with pytest.raises(Problem) as caught:
        open_database(None, "postgresql://grid:geheim@127.0.0.1:1/grid")
    assert caught.value.code == "no_database"
    assert "geheim" not in caught.value.text()
    assert "127.0.0.1" in caught.value.text()
