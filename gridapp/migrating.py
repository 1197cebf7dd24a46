"""Schema revisions of a database, run by Alembic: what the local store and the server share.

A folder of revisions holds ``versions/0001_….py``, ``0002_….py`` and so on, one line without branches. The
revision that a database stands at is kept in it, in ``alembic_version``; a database may be compared with
the folder without importing Alembic and SQLAlchemy, which would cost the
start of the program a third of a second.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION_TABLE = "alembic_version"
VERSION_SQL = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant


def revisions(folder: Path) -> tuple[str, ...]:
    """The revisions of a folder, oldest first."""
    return tuple(sorted(p.name.split("_")[0] for p in folder.glob("versions/[0-9]*_*.py")))


def run(connection: Connection, folder: Path, to: str = "head") -> None:
    """Bring a database to the newest revision or to the one named, within the connection's transaction."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)
    assert connection.in_transaction()
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)

    def steps(held: str | tuple[str, ...], _context: MigrationContext) -> list[Any]:
        return list(scripts._upgrade_revs(to, held))  # type: ignore[arg-type]

    with EnvironmentContext(config, scripts, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()
