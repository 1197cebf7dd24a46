"""What the search index does not know yet, in ``search_stale``: noted with the rows, taken out with their words.

A record is an entry of its own. While nothing is indexed at all, as in a first sync, a kind is one entry: all its
records, from the beginning. Such an entry has the name of the kind and ``+`` as its entity; its key is that name
and the id up to which the records are done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gridapp.store.reader import Reader, marks

KINDS = ("person", "household", "event")
PLACES = ("person", "household")  # what a round waits for

_FOLLOW = {"person_file": "person"}  # words of the one stand in the document of the other


def mark(uow: Reader, touched: dict[str, set[bytes]]) -> None:
    """Remember what a pull wrote, by kind."""
    kinds = [kind for kind in (*KINDS, *_FOLLOW) if touched.get(kind)]
    if kinds and not uow.value("SELECT EXISTS (SELECT 1 FROM search_doc)"):
        whole = dict.fromkeys(_FOLLOW.get(kind, kind) for kind in kinds)
        _note(uow, [(kind.encode(), f"{kind}+") for kind in whole])
        return
    _note(uow, [(key, kind) for kind in kinds for key in sorted(touched[kind])])


def take(uow: Reader, kinds: Sequence[str], most: int) -> tuple[dict[str, set[bytes]], bool]:
    """Up to ``most`` records of these kinds to index now, by kind, and whether there may be more."""
    touched: dict[str, set[bytes]] = {}
    room = most
    for kind in kinds:
        for mark_, _ in _entries(uow, [f"{kind}+"], room):
            found = _beyond(uow, kind, mark_, room)
            touched.setdefault(kind, set()).update(found)
            room -= len(found)
    alone = [*kinds, *(file for file, kind in _FOLLOW.items() if kind in kinds)]
    for key, kind in (entries := _entries(uow, alone, room)):
        touched.setdefault(kind, set()).add(key)
    _forget(uow, [key for key, _ in entries])
    return touched, len(entries) == room


def _beyond(uow: Reader, kind: str, mark_: bytes, most: int) -> list[bytes]:
    """The next records of a kind that is noted as a whole; where these were not the last it stays noted."""
    after = mark_[len(kind.encode()) :]
    sql = f"SELECT id FROM {kind} WHERE id>? ORDER BY id LIMIT ?"
    found: list[bytes] = [row[0] for row in uow.rows(sql, (after, most))]
    _forget(uow, [mark_])
    if len(found) == most:
        _note(uow, [(kind.encode() + found[-1], f"{kind}+")])
    return found


def _entries(uow: Reader, entities: Sequence[str], most: int) -> list[tuple[bytes, str]]:
    sql = f"SELECT record_id, entity FROM search_stale WHERE entity IN ({marks(entities)}) LIMIT ?"
    return [(key, entity) for key, entity in uow.rows(sql, (*entities, most))]


def _note(uow: Reader, entries: list[tuple[bytes, str]]) -> None:
    uow.connection.executemany(
        "INSERT OR IGNORE INTO search_stale (record_id,entity) VALUES (?,?)", entries
    )


def _forget(uow: Reader, keys: Iterable[bytes]) -> None:
    uow.connection.executemany(
        "DELETE FROM search_stale WHERE record_id=?", [(key,) for key in keys]
    )
