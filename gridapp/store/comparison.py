"""Starting a channel again by comparison: everything comes once more, and what did not come is asked about.

``begin`` sets cursors to 0 and remembers what stood there. Pages take from that list what they bring; at the end
of a channel the rest is ``missing``. The server says of each what became of it (``answer``): purged ones go at
once, those that it does not know are handed back, the others leave, unless they are so many that the user is
asked first (``braked``). Nothing is removed because a server forgot it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gridapp.domain.exchange import Removal, Rows
from gridapp.domain.kinds import KINDS
from gridapp.store import digest, leaving
from gridapp.store.database import Connection
from gridapp.store.overlay import base_row
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.tables import wire_columns

MOST_INFERRED = (
    50  # removals found by comparing that need no question, in all channels of a round, and
)
MOST_PART = 0.05  # of what stands in a channel


@dataclass(frozen=True, slots=True)
class Missing:
    """What the server did not list in a channel: (kind, id, epoch, version) of the server's rows held."""

    channel: str
    records: list[tuple[str, bytes, int, int]]


def begin(uow: UnitOfWork, names: Iterable[str] | None = None) -> None:
    """Start channels (all that are held, or those named) again from 0, by comparison."""
    wanted = None if names is None else set(names)
    for channel_id, name in uow.rows("SELECT id, name FROM channel"):
        if wanted is None or name in wanted:
            uow.connection.execute(
                "INSERT OR REPLACE INTO comparing (record_id,channel_id,entity,ended) "
                "SELECT record_id, channel_id, entity, 0 FROM membership WHERE channel_id=?",
                (channel_id,),
            )
            uow.connection.execute("UPDATE channel SET cursor=0, begun=1 WHERE id=?", (channel_id,))
            digest.settle(uow, [name])


def expect(uow: UnitOfWork, channel_id: int, parts: Iterable[int]) -> None:
    """Some buckets of a channel are about to come once more (``met``, ``end`` follow)."""
    uow.connection.executemany(
        "INSERT OR REPLACE INTO comparing (record_id,channel_id,entity,ended) SELECT record_id, "
        "channel_id, entity, 0 FROM membership WHERE channel_id=? AND substr(record_id,-1)=?",
        [(channel_id, bytes([part])) for part in parts],
    )


def met(connection: Connection, channel_id: int, keys: Sequence[bytes]) -> None:
    """A page brought these, or said of them that they left."""
    for table in ("comparing", "braked"):
        if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
            connection.executemany(
                f"DELETE FROM {table} WHERE record_id=? AND channel_id=?",
                [(key, channel_id) for key in keys],
            )


def end(connection: Connection, channel_id: int) -> None:
    """The channel came to its end: what it did not bring is missing, and counts nothing in its total."""
    if not connection.execute("SELECT 1 FROM comparing WHERE ended=0 LIMIT 1").fetchone():
        return
    rest = connection.execute(
        "UPDATE comparing SET ended=1 WHERE channel_id=? AND ended=0 RETURNING record_id",
        (channel_id,),
    ).fetchall()
    digest.unlist(connection, channel_id, [key for (key,) in rest])


def missing(reader: Reader) -> list[Missing]:
    """What the server has to be asked about, by channel."""
    found: dict[str, Missing] = {}
    for name, entity, key in reader.rows(
        "SELECT n.name, c.entity, c.record_id FROM comparing c JOIN channel n ON n.id=c.channel_id "
        "WHERE c.ended=1 ORDER BY n.name, c.record_id"
    ):
        epoch, version = _standing(reader, entity, key)
        found.setdefault(name, Missing(name, [])).records.append((entity, key, epoch, version))
    return list(found.values())


def inferred(removed: Iterable[Removal]) -> set[bytes]:
    """Records that would go though nothing says why."""
    return {gone.record_id for gone in removed if gone.cause == leaving.UNLISTED}


def answer(
    uow: UnitOfWork,
    asked: Missing,
    removed: Iterable[Removal],
    lacking: Iterable[bytes],
    *,
    in_all: int = 0,
) -> list[Rows]:
    """Follow the server's answer: what left with a cause goes, too many others wait for the user, the rest leaves.

    ``in_all``: how many would go without a cause in the whole round. Returns whole rows, with the server's own words for them, of what the server does not know: to hand back.
    """
    channel_id = uow.value("SELECT id FROM channel WHERE name=?", (asked.channel,))
    if channel_id is None:  # the scope is lost meanwhile
        return []
    removed, unknown = list(removed), set(lacking)
    causes = {gone.record_id: gone.cause for gone in removed}
    entities = {key: entity for entity, key, _, _ in asked.records}
    guessed = inferred(gone for gone in removed if gone.record_id in entities)
    if _too_many(uow, channel_id, len(guessed), in_all):
        _brake(uow, channel_id, {key: entities[key] for key in guessed})
        guessed = set()
    for key, cause in causes.items():
        if key in entities and (cause != leaving.UNLISTED or key in guessed):
            leaving.leave(uow.connection, channel_id, entities[key], key, cause)
    _drop(uow.connection, channel_id, [*causes, *unknown])
    return whole(uow, {key: entities[key] for key in unknown if key in entities})


def release(uow: UnitOfWork) -> int:
    """The user agrees: what was braked leaves at the end of the round. Returns how many records."""
    rows = uow.rows("SELECT channel_id, entity, record_id FROM braked")
    for channel_id, entity, key in rows:
        leaving.leave(uow.connection, channel_id, entity, key, "compared")
    uow.connection.execute("DELETE FROM braked")
    uow.touch_sync()
    return len({key for _, _, key in rows})


def _too_many(uow: UnitOfWork, channel_id: int, count: int, in_all: int) -> bool:
    held = uow.value("SELECT count(*) FROM membership WHERE channel_id=?", (channel_id,))
    waiting = uow.value("SELECT count(DISTINCT record_id) FROM braked") or 0
    return bool(count) and (
        max(count + waiting, in_all) > MOST_INFERRED or count > max(1, MOST_PART * int(held or 0))
    )


def _brake(uow: UnitOfWork, channel_id: int, entities: Mapping[bytes, str]) -> None:
    uow.connection.executemany(
        "INSERT OR REPLACE INTO braked (record_id,channel_id,entity) VALUES (?,?,?)",
        [(key, channel_id, entity) for key, entity in entities.items()],
    )
    uow.touch_sync()


def _drop(connection: Connection, channel_id: int, keys: Iterable[bytes]) -> None:
    connection.executemany(
        "DELETE FROM comparing WHERE record_id=? AND channel_id=?",
        [(key, channel_id) for key in keys],
    )


def _standing(reader: Reader, entity: str, key: bytes) -> tuple[int, int]:
    base = base_row(reader.connection, key)
    if base is not None:
        return base["epoch"], base["version"]
    if entity not in KINDS:
        return 0, 0
    rows = reader.rows(f"SELECT epoch, version FROM {entity} WHERE id=?", (key,))
    return rows[0] if rows else (0, 0)


def whole(reader: Reader, entities: Mapping[bytes, str]) -> list[Rows]:
    """The server's rows of these records (id -> entity) as they travel, owners first."""
    found: list[Rows] = []
    for entity in (e for e in KINDS if e in set(entities.values())):
        names = wire_columns(KINDS[entity])
        rows = []
        for key in sorted(k for k, e in entities.items() if e == entity):
            row = base_row(reader.connection, key) or reader.row(entity, key)
            if row is not None and row["version"]:
                rows.append([row[name] for name in names])
        found.append(Rows(entity, list(names), rows))
    return found
