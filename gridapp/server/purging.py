"""Purging: a record goes for good, with everything that belongs to it and every word that was kept of it.

What stays: the ids of its operations without content, a tombstone that no horizon forgets, and a line in the
journal, so that neither a late device nor a restored backup brings it back. Copies of before (backups) are not
reached: they go when they are replaced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, select, update

from gridapp.domain.channels import user_channel
from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.kinds import CHILDREN, KINDS
from gridapp.domain.record import Filing, Type, new_id
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.server import feed, purged_photos
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.journal_facts import purged_fact
from gridapp.server.journalling import note
from gridapp.server.old_copies import OldCopy, holding
from gridapp.server.purged_residents import Residents, residents
from gridapp.server.schema import (
    blob,
    blob_part,
    blob_sender,
    operation,
    purged,
    quarantine,
    tables,
    thumbnail,
)
from gridapp.server.setup import send
from gridapp.server.statements import fetch_in
from gridapp.server.workspace import Key

NOWHERE = (
    "purged"  # a channel that nobody is granted: what was purged is known by it, wherever it stood
)
_ABOUT = (
    ("attachment", "target_id"),
    ("conflict", "target_id"),
    ("review", "target_id"),
    ("review", "about_id"),
    ("residence", "person_id"),
)
# Fields of what stays that may name what goes.
_NAMES = (("household", "head_id"), ("event", "household_id"), ("event", "visit_id"))
_EMPTY = msgspec.msgpack.encode({})


@dataclass(frozen=True, slots=True)
class Purged:
    """How much went: records by kind, and photos. ``residents``: persons who went along with their household;
    ``staying``: those of it who are tied to another one, too. ``copies``: of the database, that still hold any of it.
    """

    records: Mapping[str, int]
    photos: int
    residents: int = 0
    staying: int = 0
    copies: Sequence[OldCopy] = ()


def purge(server: Server, entity: str, record_id: bytes, reason: str) -> Purged:
    """Purge a record of a grid and all that belongs to it. Raises ``Problem``: ``not_purgeable``, ``no_record``."""
    kind = KINDS.get(entity)
    if kind is None or kind.filing is Filing.DISTRICT:
        raise Problem(
            "not_purgeable",
            "“{kind}”不能清除。",
            remedy="能清除的是住户、人员、走访、事件等网格里的资料。",
            kind=entity if kind is None else Label(kind.zh, kind.en),
        )
    with server.database.snapshot() as connection:
        keys, _ = _whole(connection, (entity, record_id))
        if (entity, record_id) not in _existing(connection, keys):
            raise _no_record()
        edits = freeing(connection, keys)
    if edits:
        send(server, edits)
    at = server.clock()
    with server.database.write() as connection:
        _lock(connection, keys)
        keys, people = _whole(connection, (entity, record_id))
        photos = _remove(server, connection, keys, at)
        # Before the commit: a copy that is put back must not know less than was asked for. Where the commit
        # fails, the next start carries it out.
        facts = [purged_fact(key, name, at) for name, key in sorted(keys)]
        note(server, ("purge", {"reason": reason, "records": len(keys)}), *facts)
    clean(server)
    count: dict[str, int] = defaultdict(int)
    for name, _ in keys:
        count[name] += 1
    went, staying = len(people.going), len(people.staying)
    copies = holding(server.database, keys)
    return Purged(dict(sorted(count.items())), photos, went, staying, copies)


def find(server: Server, entity: str, named: str) -> bytes:
    """The id of a record that is named by its UUID or number. Raises ``Problem`` ``no_record``."""
    try:
        return UUID(named).bytes
    except ValueError:
        pass
    field = KINDS[entity].by_name.get("number")
    if field is not None and field.type is Type.TEXT:
        table = tables[entity].c
        with server.database.snapshot() as connection:
            found = connection.scalar(select(table.id).where(table.number == named))
        if found is not None:
            return bytes(found)
    raise _no_record()


def purge_again(server: Server, records: Mapping[bytes, tuple[str, int]]) -> None:
    """What the journal says was purged, in a database that may not know it. Doing it twice changes nothing."""
    with server.database.write() as connection:
        done = {key for part in chunks(list(records)) for key in _done(connection, part)}
        rest = {(entity, key) for key, (entity, _) in records.items() if key not in done}
        if rest:
            _remove(server, connection, _belonging(connection, rest), server.clock())


def _no_record() -> Problem:
    return Problem("no_record", "没有这条资料。", remedy="请核对种类和编号。")


def _whole(connection: Connection, key: Key) -> tuple[set[Key], Residents]:
    """A record, all that belongs to it, and the persons who are tied to nothing else."""
    keys = _belonging(connection, {key})
    people = residents(connection, keys)
    if people.going:
        keys = _belonging(connection, keys | {("person", person) for person in people.going})
    return keys, people


def _belonging(connection: Connection, keys: Collection[Key]) -> set[Key]:
    """The records and everything beneath or about them, and what was merged into them."""
    found: set[Key] = set()
    frontier = set(keys)
    while frontier:
        found |= frontier
        by_entity = _grouped(frontier)
        frontier = set()
        for entity, ids in by_entity.items():
            for child in CHILDREN[entity]:
                frontier |= _where(connection, child.name, child.owner, ids)
            for name, column in _ABOUT:
                frontier |= _where(connection, name, column, ids)
            frontier |= _where(connection, entity, "merged_into", ids)
        frontier -= found
    never = _never_taken(connection, found)
    # Work that waits is said to be about the household, whatever else of it goes: its words go with what it made.
    waits = _where(connection, "review", "target_id", [key for _, key in never])
    return found | never | waits


def _never_taken(connection: Connection, keys: Collection[Key]) -> set[Key]:
    """Records that were never made, and whose parked or rejected operations speak of these."""
    verdicts = (Verdict.PARKED.value, Verdict.REJECTED.value)
    log = operation.c
    statement = select(log.entity, log.record_id, log.fields).where(log.verdict.in_(verdicts))
    open_ = [
        ((entity, key), bytes(fields))
        for entity, key, fields in connection.execute(statement)
        if entity in KINDS and (entity, key) not in keys
    ]
    there = _existing(connection, {one for one, _ in open_})
    open_ = [(one, said) for one, said in open_ if one not in there]
    ids = {key for _, key in keys}
    found: set[Key] = set()
    while more := {one for one, said in open_ if one not in found and any(i in said for i in ids)}:
        found |= more
        ids = {key for _, key in more}
    return found


def _where(connection: Connection, entity: str, column: str, ids: Iterable[bytes]) -> set[Key]:
    sql = f"SELECT id FROM {entity} WHERE {column} IN (:ids)"
    return {(entity, key) for (key,) in fetch_in(connection, sql, ids)}


def _existing(connection: Connection, keys: Iterable[Key]) -> set[Key]:
    found: set[Key] = set()
    for entity, ids in _grouped(keys).items():
        found |= _where(connection, entity, "id", ids)
    return found


def freeing(connection: Connection, keys: Collection[Key]) -> list[Operation]:
    """Edits by which what stays forgets what goes."""
    ids = {key for _, key in keys}
    found = []
    for entity, column in _NAMES:
        sql = f"SELECT id, version, {column} FROM {entity} WHERE {column} IN (:ids) AND deleted=0"
        for key, version, held in fetch_in(connection, sql, ids):
            if (entity, key) not in keys:
                change = {column: Change(held, None)}
                found.append(Operation(new_id().bytes, 0, entity, key, version, change, 0, 0))
    return found


def _lock(connection: Connection, keys: Iterable[Key]) -> None:
    """As batches lock: kind by kind, each in id order."""
    if connection.dialect.name != "postgresql":
        return
    by_entity = _grouped(keys)
    for entity in KINDS:
        ids = sorted(by_entity.get(entity, ()))
        fetch_in(
            connection, f"SELECT id FROM {entity} WHERE id IN (:ids) ORDER BY id FOR UPDATE", ids
        )


def _remove(server: Server, connection: Connection, keys: Collection[Key], at: int) -> int:
    """Everything of these records, within the transaction. Returns how many photos went."""
    ids = sorted(key for _, key in keys)
    told = _told(connection, keys)
    named = purged_photos.named_by(connection, keys)
    for entity, some in _grouped(keys).items():
        for part in chunks(sorted(some)):
            connection.execute(delete(tables[entity]).where(tables[entity].c.id.in_(part)))
    for part in chunks(ids):
        connection.execute(
            update(operation)
            .where(operation.c.record_id.in_(part))
            .values(fields=_EMPTY, starts=None, decides=None, beneath=None, waits_for=None)
        )
    photos = purged_photos.alone(connection, named | _drop_quarantined(connection, set(ids)))
    _drop_photos(connection, photos)
    known = {key for part in chunks(ids) for key in _done(connection, part)}
    new = [{"record_id": k, "entity": e, "purged_at": at} for e, k in keys if k not in known]
    if new:
        connection.execute(purged.insert(), new)
    feed.bury(server.database, connection, told, "purged")
    return len(photos)


def _told(connection: Connection, keys: Collection[Key]) -> dict[Key, set[str]]:
    """Who hears of it besides the channels where it stood: everybody who ever wrote it."""
    told: dict[Key, set[str]] = {key: {NOWHERE} for key in keys}
    entities = {key: entity for entity, key in keys}
    sql = "SELECT DISTINCT record_id, staff_id FROM operation WHERE record_id IN (:ids)"
    for key, staff in fetch_in(connection, sql, entities):
        told[entities[key], key].add(user_channel(UUID(bytes=staff)))
    return told


def _drop_photos(connection: Connection, digests: list[str]) -> None:
    for part in chunks(digests):
        for table in (blob_part, blob_sender, thumbnail, blob):
            connection.execute(delete(table).where(table.c.sha256.in_(part)))


def _drop_quarantined(connection: Connection, ids: set[bytes]) -> set[str]:
    """Work of revoked devices that speaks of these, or of what such work would have made. Returns its photos."""
    rows = connection.execute(select(quarantine.c.op_id, quarantine.c.body)).all()
    kept = {row.op_id: bytes(row.body) for row in rows}
    photos: set[str] = set()
    while dropped := {op_id for op_id, body in kept.items() if any(key in body for key in ids)}:
        sent = [msgspec.msgpack.decode(kept.pop(op_id), type=Operation) for op_id in dropped]
        photos |= {digest for one in sent if (digest := purged_photos.digest_of(one))}
        for part in chunks(sorted(dropped)):
            connection.execute(delete(quarantine).where(quarantine.c.op_id.in_(part)))
        made = {(one.entity, one.record_id) for one in sent if one.entity in KINDS}
        ids = {key for _, key in made - _existing(connection, made)}
    return photos


def _done(connection: Connection, ids: list[bytes]) -> list[bytes]:
    statement = select(purged.c.record_id).where(purged.c.record_id.in_(ids))
    return list(connection.scalars(statement))


def _grouped(keys: Iterable[Key]) -> dict[str, list[bytes]]:
    by_entity: dict[str, list[bytes]] = defaultdict(list)
    for entity, key in keys:
        by_entity[entity].append(key)
    return by_entity


def clean(server: Server) -> None:
    """What the database itself still keeps of deleted rows: its log, or dead rows."""
    with server.database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        if server.database.is_postgres:
            for name in (*KINDS, "operation", "quarantine", "blob_part", "thumbnail"):
                connection.exec_driver_sql(f"VACUUM {name}")
        else:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
