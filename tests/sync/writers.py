"""Several writers at once: what the database complains of, though it was tried again and went well."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from gridapp.server.batch import Applied, Group


def complaints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Errors of the database while batches were written from now on, deadlocks among them."""
    found: list[str] = []
    real = Group.run

    def run(group: Group) -> list[Applied]:
        try:
            return real(group)
        except DBAPIError as error:
            found.append(repr(error.orig))
            raise
        except psycopg.Error as error:  # of what is copied past SQLAlchemy
            found.append(repr(error))
            raise

    monkeypatch.setattr(Group, "run", run)
    return found
