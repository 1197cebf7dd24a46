"""Statements that are compiled once for all the worlds of a process, as a server compiles them once.

SQLAlchemy keeps what it compiled with each engine, and every test has an engine of its own.
"""

from __future__ import annotations

from typing import Any

from gridapp.server.database import Database

_first: dict[str, tuple[Any, Any]] = {}  # dialect and what was compiled for it, by its name


def share(database: Database) -> None:
    """Let a database use what others of its kind compiled."""
    engine = database.engine
    with engine.connect():
        pass  # the first one's dialect asks the database what it can
    dialect, compiled = _first.setdefault(engine.name, (engine.dialect, engine._compiled_cache))
    for each in (engine, database._reading, database._looking):
        each.dialect, each._compiled_cache = dialect, compiled
