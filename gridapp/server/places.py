"""Where the journal and the backups lie when nobody says: outside the data, so that restoring it leaves them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from gridapp.config import default_data_dir


def beside(data_dir: Path | None, url: str | None) -> Path:
    """The folder of the journal: ``DIR.journal`` beside the data folder; of a PostgreSQL alone one by its name,
    in the user's own data."""
    if data_dir is not None:
        folder = data_dir.resolve()
        return folder.with_name(f"{folder.name}.journal")
    return _home() / f"{_name(url or '')}.journal"


def backups(journal: Path) -> Path:
    """The folder of backups that belongs to a journal's folder."""
    return journal.with_name(f"{journal.name.removesuffix('.journal')}.backups")


def _home() -> Path:
    return default_data_dir().with_name("gridapp-server")


def _name(url: str) -> str:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # said by whoever connects
        return "database"
    where = f"{parsed.host}:{parsed.port}:{parsed.query.get('host', '')}/{parsed.database}"
    return f"{parsed.database or 'database'}-{hashlib.sha256(where.encode()).hexdigest()[:8]}"
