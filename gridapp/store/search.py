"""The search index: one document per person, household and event, contentless, inside the encrypted file.

Documents of events are numbered from ``_EVENTS_FROM`` on, so that people are found without looking through
events, and events without looking through people.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gridapp.domain.names import (
    name_tokens,
    number_tokens,
    query_tokens,
    text_tokens,
    text_words,
)
from gridapp.store import stale
from gridapp.store.derived import chunks

if TYPE_CHECKING:
    from gridapp.store.reader import Reader
    from gridapp.store.store import Store

_PEOPLE = (
    "SELECT p.id, p.name, p.nicknames, f.phones, f.id_number, p.deleted FROM person p "
    "LEFT JOIN person_file f ON f.person_id=p.id AND f.deleted=0 WHERE p.id IN ({})"
)
_HOUSEHOLDS = (
    "SELECT id, name, address, number, temporary, own_number, deleted, merged_into FROM household "
    "WHERE id IN ({})"
)
_EVENTS = (
    "SELECT e.id, e.number, e.temporary, e.title, c.item_zh, e.place, h.address, e.text, e.deleted "
    "FROM event e LEFT JOIN catalogue_item c ON c.item_code=e.item_code AND c.deleted=0 "
    "LEFT JOIN household h ON h.id=e.household_id WHERE e.id IN ({})"
)
# Words of documents, id by id, of records by id.
_Documents = Callable[["Reader", list[bytes]], list[tuple[bytes, str]]]

_STALE_PART = 4_000  # in one transaction, for which a save may have to wait
_EVENTS_FROM = 1 << 40
_WORDS_OF_EVENT = 80  # characters of the description that are indexed


@dataclass(frozen=True, slots=True)
class Hit:
    """One found person or household. Same names always stand with birth year and address."""

    entity: str
    record_id: UUID
    household_id: UUID | None
    name: str
    birth_year: int | None
    address: str


def find(reader: Reader, typed: str, limit: int = 50) -> tuple[Hit, ...]:
    """People and households for what was typed: characters, pinyin, initials, telephone, last four, address."""
    query = query_tokens(typed)
    if not query:
        return ()
    people = reader.rows(
        "WITH found AS MATERIALIZED (SELECT rowid AS n FROM search WHERE search MATCH ? "
        "AND rowid<? LIMIT ?) SELECT d.entity, d.record_id, "
        "COALESCE(h.id, r.household_id), COALESCE(p.name, h.name), p.birth_year, "
        "COALESCE(h.address, (SELECT address FROM household WHERE id=r.household_id), '') "
        "FROM found JOIN search_doc d ON d.n=found.n "
        "LEFT JOIN person p ON d.entity='person' AND p.id=d.record_id "
        "LEFT JOIN household o ON d.entity='household' AND o.id=d.record_id "
        "LEFT JOIN household h ON h.id=COALESCE(o.merged_into, o.id) "
        "LEFT JOIN residence r ON r.id=(SELECT id FROM residence WHERE person_id=p.id AND deleted=0 "
        "AND to_date IS NULL ORDER BY kind='living' DESC LIMIT 1) ORDER BY found.n",
        (query, _EVENTS_FROM, limit),
    )
    return tuple(
        Hit(entity, UUID(bytes=key), UUID(bytes=home) if home else None, name or "", born, address)
        for entity, key, home, name, born, address in people
    )


def find_events(reader: Reader, typed: str, limit: int = 10) -> tuple[Hit, ...]:
    """Events for what was typed: number, item, place, the beginning of the description; newest first.

    ``name`` is the title, or the code of the catalogue item where there is none; ``address`` the place.
    """
    query = query_tokens(typed)
    if not query:
        return ()
    rows = reader.rows(
        "WITH found AS MATERIALIZED (SELECT rowid AS n FROM search WHERE search MATCH ? "
        "AND rowid>=? ORDER BY rowid DESC LIMIT ?) "
        "SELECT e.id, e.household_id, COALESCE(NULLIF(e.title,''), e.item_code), "
        "COALESCE(NULLIF(e.place,''), h.address, '') FROM found "
        "JOIN search_doc d ON d.n=found.n JOIN event e ON e.id=d.record_id "
        "LEFT JOIN household h ON h.id=e.household_id ORDER BY e.happened_at DESC, e.id DESC",
        (query, _EVENTS_FROM, limit),
    )
    return tuple(
        Hit("event", UUID(bytes=key), UUID(bytes=home) if home else None, name or "", None, place)
        for key, home, name, place in rows
    )


def refresh(uow: Reader, touched: dict[str, set[bytes]]) -> None:
    """Index what was touched, at once."""
    people = set(touched.get("person", ()))
    for part in chunks(touched.get("person_file", ())):
        sql = f"SELECT person_id FROM person_file WHERE id IN ({','.join('?' * len(part))})"
        people.update(row[0] for row in uow.connection.execute(sql, part) if row[0])
    _index(uow, "person", people)
    _index(uow, "household", set(touched.get("household", ())))
    _index(uow, "event", set(touched.get("event", ())))


def resume(store: Store) -> None:
    """Index what a round, an update or a crash left over, while the program is used; nobody waits for it."""
    store.go_on(refresh_stale)


def refresh_places(uow: Reader) -> bool:
    """Index a part of the people and households that pulls left over. Returns whether more may be left."""
    return _refresh_some(uow, stale.PLACES)


def refresh_stale(uow: Reader) -> bool:
    """Index a part of all that pulls left over. Returns whether more may be left."""
    return _refresh_some(uow, stale.KINDS)


def _refresh_some(uow: Reader, kinds: Sequence[str]) -> bool:
    touched, more = stale.take(uow, kinds, _STALE_PART)
    refresh(uow, touched)
    return more


def _index(uow: Reader, entity: str, keys: set[bytes]) -> None:
    documents_of = _DOCUMENTS[entity]()
    for part in chunks(sorted(keys)):
        _remove(uow, part)
        documents = documents_of(uow, part)
        if not documents:
            continue
        start = _EVENTS_FROM if entity == "event" else 0
        last = uow.value(
            "SELECT max(n) FROM search_doc WHERE n>=? AND n<?", (start, start + _EVENTS_FROM)
        )
        first = (start if last is None else int(last)) + 1
        uow.connection.executemany(
            "INSERT INTO search_doc (n,record_id,entity) VALUES (?,?,?)",
            [(first + i, key, entity) for i, (key, _) in enumerate(documents)],
        )
        uow.connection.executemany(
            "INSERT INTO search (rowid,tokens) VALUES (?,?)",
            [(first + i, tokens) for i, (_, tokens) in enumerate(documents)],
        )


def _remove(uow: Reader, part: list[bytes]) -> None:
    marks = ",".join("?" * len(part))
    old = uow.rows(f"SELECT n FROM search_doc WHERE record_id IN ({marks})", part)
    if old:
        uow.connection.executemany("DELETE FROM search WHERE rowid=?", old)
        uow.connection.executemany("DELETE FROM search_doc WHERE n=?", old)


def _people(uow: Reader, part: list[bytes]) -> list[tuple[bytes, str]]:
    # Two computers may each have made a file for one person: one document holds what both say.
    documents: dict[bytes, list[str]] = {}
    sql = _PEOPLE.format(",".join("?" * len(part)))
    for key, name, nicknames, phones, id_number, deleted in uow.connection.execute(sql, part):
        if deleted:
            continue
        if key not in documents:
            documents[key] = name_tokens(name or "", json.loads(nicknames) if nicknames else ())
        for phone in json.loads(phones) if phones else ():
            documents[key] += number_tokens(phone)
        if id_number:
            documents[key].append(id_number[-4:].lower())
    return [(key, " ".join(tokens)) for key, tokens in documents.items()]


def _households(uow: Reader, part: list[bytes]) -> list[tuple[bytes, str]]:
    documents = []
    sql = _HOUSEHOLDS.format(",".join("?" * len(part)))
    for key, name, address, number, temporary, own, deleted, merged in uow.connection.execute(
        sql, part
    ):
        if deleted:
            continue
        # One that went into another household is found by its old numbers only, and leads there.
        tokens = [] if merged else text_tokens(address or "") + name_tokens(name or "")
        for value in (number, temporary, own):
            tokens += _whole(value)
        documents.append((key, " ".join(tokens)))
    return documents


def _events(
    uow: Reader, part: list[bytes], named: Callable[[str, str], str], placed: Callable[[str], str]
) -> list[tuple[bytes, str]]:
    documents = []
    sql = _EVENTS.format(",".join("?" * len(part)))
    for (
        key,
        number,
        temporary,
        title,
        item,
        place,
        address,
        text,
        deleted,
    ) in uow.connection.execute(sql, part):
        if deleted:
            continue
        tokens = [named(title or "", item or "")]
        tokens += [placed(words) for words in (place, address) if words]
        if text:
            tokens.append(text_words(text[:_WORDS_OF_EVENT]))
        for value in (number, temporary):
            tokens += _whole(value)
        documents.append((key, " ".join(tokens)))
    return documents


def _named(title: str, item: str) -> str:
    # the item is found by its pinyin as well, as when it is chosen
    return " ".join([*name_tokens(title or item), text_words(item) if title else ""])


def _of_events() -> _Documents:
    # Items and places come again and again; nothing of them is kept longer than what is indexed at once.
    return partial(_events, named=cache(_named), placed=cache(text_words))


_DOCUMENTS: dict[str, Callable[[], _Documents]] = {
    "person": lambda: _people,
    "household": lambda: _households,
    "event": _of_events,
}


def _whole(value: Any) -> list[str]:
    return number_tokens(value) if value else []
