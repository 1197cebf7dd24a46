"""A lost scope is forgotten whole: not the rows alone, but everything that was kept of them and because of them.

With a record that leaves for good go what was sent of it and taken, drafts about it, what was printed of it and
what was asked about it. What was parked or rejected stays until its author has learned what became of it.
When all have left, the search index is merged (its old parts still spell names), the copies go that migrations
left behind, and the log is written back and emptied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from gridapp.store import drafts, migrate
from gridapp.store.reader import Reader
from gridapp.store.status import REPLACED, SEEN
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

_DUE = "forgetting"  # in meta, while files may still hold what was erased
_LOST = "lost_grids"  # in meta, until the end of the round
_NAMED = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}")
_GRID = re.compile(r"grid:([0-9a-f-]{36}):")

_OUTBOX = (
    "DELETE FROM outbox WHERE record_id=? AND ((state IN ('applied','merged','conflict') "
    f"AND (decided_by IS NULL OR dismissed IN ({SEEN},{REPLACED}))) "
    f"OR (state='rejected' AND dismissed IN ({SEEN},{REPLACED})) "
    f"OR (state='parked' AND dismissed={REPLACED}))"
)
_BESIDE = tuple(
    f"DELETE FROM {table} WHERE {column}=?"
    for table, column in (
        ("printed", "household_id"),
        ("wanted", "record_id"),
        ("comparing", "record_id"),
        ("braked", "record_id"),
    )
)


def note_lost(uow: UnitOfWork, lost: Iterable[str], granted: Iterable[str]) -> None:
    """Channels that are not granted any more: drafts about their grids go at the end of the round."""
    kept = {found[1] for name in granted if (found := _GRID.match(name))}
    gone = {found[1] for name in lost if (found := _GRID.match(name))} - kept
    if gone:
        held = json.loads(uow.meta(_LOST) or "[]")
        uow.set_meta(_LOST, json.dumps(sorted(gone.union(held))))


def forget(uow: UnitOfWork, gone: Sequence[tuple[str, bytes]]) -> None:
    """Let go of what was kept beside the rows of these records (kind, id), whose rows are gone."""
    keys = [(key,) for _, key in gone]
    for statement in (_OUTBOX, *_BESIDE):
        uow.connection.executemany(statement, keys)
    lost = {UUID(hex=text) for text in json.loads(uow.meta(_LOST) or "[]")}
    if keys or lost:
        _forget_drafts(uow, lost.union(UUID(bytes=key) for (key,) in keys))
        uow.set_meta(_LOST, "[]")
        make_due(uow)


def make_due(uow: UnitOfWork) -> None:
    """Something was erased that the files may still hold."""
    uow.set_meta(_DUE, "1")


def clean(store: Store) -> None:
    """Once the index has followed: take out of the files what was erased. Killed anywhere, it is done next time."""
    if not store.read(is_due).result():
        return
    store.write(_merge_index).result()
    for copy in migrate.backups(store.folder / "store.db"):
        copy.unlink(missing_ok=True)
    if store.empty_log().result():
        store.write(_note_clean).result()


def _forget_drafts(uow: UnitOfWork, gone: set[UUID]) -> None:
    """Drafts go too: they speak of people whom their author does not look after any more."""
    for key, text in uow.rows("SELECT key, data FROM draft"):
        if any(UUID(hex=named) in gone for named in _NAMED.findall(f"{key} {text}")):
            drafts.discard(uow, key)


def is_due(reader: Reader) -> bool:
    """Whether files may still hold what was erased."""
    return reader.meta(_DUE) == "1"


def _merge_index(uow: UnitOfWork) -> None:
    uow.connection.execute("INSERT INTO search(search) VALUES('optimize')")


def _note_clean(uow: UnitOfWork) -> None:
    uow.set_meta(_DUE, "0")
