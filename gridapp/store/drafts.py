"""What is typed in an open form, kept so that a crash costs at most two seconds of it.

Photos of a draft lie among the others, encrypted, and are named in it by their SHA-256.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from gridapp.store import attaching
from gridapp.store.database import Connection
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

_THROWN = "thrown:"  # before the key of what was thrown away and may be wanted back
_DIGEST = re.compile('"([0-9a-f]{64})"')


def keep(store: Store, key: str, data: Mapping[str, Any]) -> Future[None]:
    """Keep a draft under ``key`` (for example ``visit:<household>``). Photos that it named before go."""
    text = json.dumps(data, ensure_ascii=False)

    def write(uow: UnitOfWork) -> None:
        held = uow.value("SELECT data FROM draft WHERE key=?", (key,)) or ""
        uow.connection.execute(
            "INSERT INTO draft (key,data,updated_at) VALUES (?,?,?) ON CONFLICT(key) "
            "DO UPDATE SET data=excluded.data, updated_at=excluded.updated_at",
            (key, text, uow.now),
        )
        # A photo taken away while the draft still named it could not go then.
        attaching.let_go(uow, set(_DIGEST.findall(held)) - set(_DIGEST.findall(text)))

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


def throw(store: Store, key: str) -> Future[None]:
    """Throw a draft away so that it can be taken back; what was thrown before it is forgotten."""

    def write(uow: UnitOfWork) -> None:
        _empty_bin(uow)
        uow.connection.execute("UPDATE draft SET key=? WHERE key=?", (_THROWN + key, key))

    return store.write(write)


def take_back(store: Store, key: str) -> Future[None]:
    """The draft that was thrown away is there again, unless another one was begun in its place."""

    def write(uow: UnitOfWork) -> None:
        uow.connection.execute("UPDATE OR IGNORE draft SET key=? WHERE key=?", (key, _THROWN + key))
        _empty_bin(uow)

    return store.write(write)


def empty_bin(store: Store) -> Future[None]:
    """What was thrown away is forgotten."""
    return store.write(_empty_bin)


def discard(uow: UnitOfWork, key: str) -> None:
    """Forget a draft in the same transaction that saves it; photos that no record took go with it."""
    text = uow.value("SELECT data FROM draft WHERE key=?", (key,))
    if text is None:
        return
    uow.connection.execute("DELETE FROM draft WHERE key=?", (key,))
    attaching.let_go(uow, _DIGEST.findall(text))


def sweep(connection: Connection) -> None:
    """Before any form is open: what was thrown away goes for good; photos that were taken in for a form, and that no draft names, may go."""
    connection.execute("DELETE FROM draft WHERE key LIKE ?", (f"{_THROWN}%",))
    orphans = "state='draft' AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(data, blob.sha256))"
    if connection.execute(f"SELECT 1 FROM blob WHERE {orphans} LIMIT 1").fetchone():
        # the next round with the server removes the bytes of what is gone
        connection.execute(f"UPDATE blob SET state='gone', thumbnail=NULL WHERE {orphans}")


def _empty_bin(uow: UnitOfWork) -> None:
    for (key,) in uow.rows("SELECT key FROM draft WHERE key LIKE ?", (f"{_THROWN}%",)):
        discard(uow, key)
