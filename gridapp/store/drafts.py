"""What is typed in an open form, kept so that a crash costs at most two seconds of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork


def keep(store: Store, key: str, data: Mapping[str, Any]) -> Future[None]:
    """Keep a draft under ``key`` (for example ``visit:<household>``)."""
    text = json.dumps(data, ensure_ascii=False)

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute(
            "INSERT INTO draft (key,data,updated_at) VALUES (?,?,?) ON CONFLICT(key) "
            "DO UPDATE SET data=excluded.data, updated_at=excluded.updated_at",
            (key, text, uow.now),
        )

    return store.write(write)


def find(reader: Reader, key: str) -> dict[str, Any] | None:
    """The draft under ``key``, or None."""
    text = reader.value("SELECT data FROM draft WHERE key=?", (key,))
    return None if text is None else dict(json.loads(text))


def keys(reader: Reader) -> tuple[str, ...]:
    """All drafts, newest first."""
    return tuple(row[0] for row in reader.rows("SELECT key FROM draft ORDER BY updated_at DESC"))


def drop(store: Store, key: str) -> Future[None]:
    """Forget a draft: it was saved, or the worker threw it away."""

    def write(uow: UnitOfWork) -> None:
        discard(uow, key)

    return store.write(write)


def discard(uow: UnitOfWork, key: str) -> None:
    """Forget a draft in the same transaction that saves it."""
    uow.connection.execute("DELETE FROM draft WHERE key=?", (key,))
