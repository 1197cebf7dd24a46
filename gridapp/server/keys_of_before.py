"""Servers of before kept their keys in the table ``setting``: at the first start they move into the journal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import delete, insert
from sqlalchemy.exc import DBAPIError

from gridapp.server import journal
from gridapp.server.database import Database
from gridapp.server.journal import Journal
from gridapp.server.journal_facts import fold, new_keys
from gridapp.server.schema import setting

_KEYS = ("mac_key", "recovery_private", "recovery_public")
_SERVER = "server"


def held(settings: Mapping[str, str]) -> bool:
    """Whether the database still holds keys."""
    return _KEYS[0] in settings


def move(database: Database, folder: Path, settings: Mapping[str, str], now: int) -> None:
    """Write the keys into a new journal, then wipe them from the database. Killed anywhere, it is done again.

    A journal that is there already must be this server's: then the database is a copy of before the move.
    Raises ``Problem`` ``other_journal``, ``no_journal_folder``.
    """
    keys = {n: settings[n] for n in _KEYS}
    if journal.exists(folder):
        book = Journal(folder)
        if any(book.begun.fields[n] != value for n, value in keys.items()):
            raise journal.of_another(folder)
    else:
        begun = new_keys() | keys | {"epoch": int(settings["epoch"])}
        book = journal.create(folder, now, begun)
    with database.write() as connection:
        connection.execute(delete(setting).where(setting.c.key.in_((*_KEYS, _SERVER))))
        connection.execute(insert(setting).values(key=_SERVER, value=fold(book.entries).server))
    _leave_no_trace(database)


def _leave_no_trace(database: Database) -> None:
    """Neither the log of SQLite nor dead rows of PostgreSQL keep what was deleted."""
    statement = "VACUUM FULL setting" if database.is_postgres else "PRAGMA wal_checkpoint(TRUNCATE)"
    # Somebody else may be reading: then it goes with the next checkpoint.
    with suppress(DBAPIError), database.engine.connect() as connection:
        free = connection.execution_options(isolation_level="AUTOCOMMIT")
        free.exec_driver_sql(statement).close()
