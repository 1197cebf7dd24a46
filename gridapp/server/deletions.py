"""Deletions that met somebody else's work: the record stays, and people are asked, told who wanted to delete it, and who
changed what in it or created what beneath it.

The conflict's other value is the wish to delete. What stands is the work: beside ``deleted`` the fields that were
changed (and in ``start`` what they were before), and under ``BENEATH`` what was created.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import select

from gridapp.clock import Instant
from gridapp.domain.choice import BENEATH, DELETION
from gridapp.domain.conflict import OPEN
from gridapp.domain.exchange import Change, FieldVerdict, Operation
from gridapp.domain.kinds import CHILDREN
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored, canonical_json
from gridapp.server.author import SYSTEM
from gridapp.server.database import chunks
from gridapp.server.schema import operation as log
from gridapp.server.sent import UNFIT, seen
from gridapp.server.workspace import Key, Row
from gridapp.sync.merge import Clash

if TYPE_CHECKING:
    from gridapp.server.judge import Judge

CLASH = Clash(DELETION, {DELETION: 0}, {DELETION: 0}, {DELETION: 1})
_WRITTEN = frozenset({FieldVerdict.TAKEN, FieldVerdict.MERGED})


class Said(NamedTuple):
    """Who did something, None where nobody knows, and when."""

    by: bytes | None = None
    at: Instant | None = None


class Work(NamedTuple):
    """What somebody did: fields as they were before and as they are now, and what was created beneath."""

    said: Said
    start: Mapping[str, Stored] = {}
    now: Mapping[str, Stored] = {}
    beneath: tuple[Key, ...] = ()


def edited(judge: Judge, kind: Kind, operation: Operation, before: Row, row: Row) -> None:
    """An edit brought a deleted record back."""
    names = [n for n in operation.fields if n in kind.by_name and before[n] != row[n]]
    work = Work(
        sent_by(judge, operation), {n: before[n] for n in names}, {n: row[n] for n in names}
    )
    _ask(judge, operation, (kind.name, row["id"]), _who_deleted(judge, row["id"]), work)


def created(judge: Judge, kind: Kind, operation: Operation, owner: Row, *, back: bool) -> None:
    """Something was created beneath a record; ``back``: which that brought back."""
    work = Work(sent_by(judge, operation), beneath=((kind.name, operation.record_id),))
    key = (kind.owner_kind, owner["id"])
    held = judge.conflicts.held.get((owner["id"], DELETION))
    if back:
        _ask(judge, operation, key, _who_deleted(judge, owner["id"]), work)
    elif held is not None and held["state"] == OPEN:
        add(judge, held, work)


def refused(judge: Judge, kind: Kind, operation: Operation, row: Row) -> None:
    """A deletion found work that whoever deletes had not seen."""
    work = _unseen(judge, kind, operation, row)
    _ask(judge, operation, (kind.name, row["id"]), sent_by(judge, operation), work)


def grown(judge: Judge, kind: Kind, operation: Operation, held: Row, row: Row) -> None:
    """Somebody decided to delete after all, but there is work that was not seen: the question stays, and tells it."""
    if row["deleted"]:
        judge.conflicts.renew(held, {DELETION: 1})
    elif not add(judge, held, _unseen(judge, kind, operation, row)):
        judge.conflicts.touch(held)  # whoever decided is told again what stands


def edited_more(
    judge: Judge, kind: Kind, held: Row, operation: Operation, written: set[str], row: Row
) -> None:
    """A record about which people are asked was edited again: they are told of that too."""
    names = [n for n in operation.fields if n in kind.by_name and n in written]
    start = {n: seen(kind.by_name[n], operation.fields[n].before) for n in names}
    add(judge, held, Work(sent_by(judge, operation), start, {n: row[n] for n in names}))


def add(judge: Judge, held: Row, work: Work) -> bool:
    """Let an open question tell more; whether anything of it is new. One of an older server stays as it is."""
    was, start = json.loads(held["standing"]), json.loads(held["start"])
    if BENEATH not in was:
        return False
    there = was[BENEATH]
    made = [one for one in _ids(work.beneath) if one not in there]
    standing = {**was, **_plain(work.now), BENEATH: there + made}
    if standing == was:
        return False
    judge.conflicts.touch(held)
    held |= {
        "start": canonical_json({**_plain(work.start), **start}),
        "standing": canonical_json(standing),
        "standing_by": work.said.by,
        "standing_at": work.said.at,
    }
    return True


def unseen_beneath(judge: Judge, kind: Kind, operation: Operation) -> set[Key]:
    """What others created beneath a record, that whoever deletes it had not seen."""
    known = set(operation.beneath)
    found = {
        held["id"]: child.name
        for child in CHILDREN[kind.name]
        for held in judge.workspace.children(child.name, child.owner, operation.record_id)
        if held["id"] not in known and (child.name, held["id"]) not in judge.created
    }
    own = judge.workspace.created_by(found, judge.author.device_id)
    return {(name, key) for key, name in found.items() if key not in own}


def sent_by(judge: Judge, operation: Operation) -> Said:
    """Who sent an operation, and when it was recorded, never later than now."""
    at = min(operation.recorded_at + operation.clock_offset, judge.now)
    return Said(_somebody(judge.author.staff_id), at)


def _ask(judge: Judge, operation: Operation, key: Key, wish: Said, work: Work) -> None:
    """Open the question, or tell more where this device has asked it already."""
    held = judge.conflicts.asked(operation, key, CLASH)
    if held["standing"] is not None and add(judge, held, work):
        held |= {"author_id": wish.by, "other_at": wish.at}
        return
    held |= {
        "author_id": wish.by,
        "other_at": wish.at,
        "standing_by": work.said.by,
        "standing_at": work.said.at,
        "start": canonical_json({DELETION: 0, **_plain(work.start)}),
        "standing": canonical_json({DELETION: 0, **_plain(work.now), BENEATH: _ids(work.beneath)}),
        "other": canonical_json({DELETION: 1}),
    }


def _who_deleted(judge: Judge, record_id: bytes) -> Said:
    """Who deleted a record, in this batch or before it."""
    here = judge.conflicts.deleted.get(record_id)
    return here or Said(*_named(*judge.workspace.last_written(record_id, {DELETION})))


def _unseen(judge: Judge, kind: Kind, operation: Operation, row: Row) -> Work:
    """What others did to a record since the version that whoever deletes it had seen."""
    start: dict[str, Stored] = {}
    now: dict[str, Stored] = {}
    newest = Said()
    for one in _logged_since(judge, operation):
        newest = Said(
            *_named(one.staff_id, min(one.recorded_at + one.clock_offset, one.received_at))
        )
        for name, before in _changed(kind, one):
            start.setdefault(name, before)
            now[name] = row[name]
    beneath = tuple(sorted(unseen_beneath(judge, kind, operation)))
    makers = [m for m in _makers(judge, [key for _, key in beneath]) if m.at is not None]
    newest = max([newest, *makers], key=lambda said: said.at or 0)
    return Work(newest, start, now, beneath)


def _logged_since(judge: Judge, operation: Operation) -> Iterable[Any]:
    statement = (
        select(log)
        .where(
            log.c.record_id == operation.record_id,
            log.c.device_id != judge.author.device_id,
            log.c.version > operation.base_version,
            log.c.version > log.c.previous,
        )
        .order_by(log.c.version, log.c.counter)
    )
    return judge.workspace.connection.execute(statement)


def _changed(kind: Kind, logged: Any) -> Iterator[tuple[str, Stored]]:
    """Field -> what it was before, of what an operation in the log wrote."""
    if logged.fields is None:
        return  # purged
    verdicts = msgspec.msgpack.decode(logged.verdicts) if logged.verdicts else {}
    for name, change in msgspec.msgpack.decode(logged.fields, type=dict[str, Change]).items():
        if name in kind.by_name and verdicts.get(name) in _WRITTEN:
            yield name, seen(kind.by_name[name], change.before)


def _makers(judge: Judge, records: Iterable[bytes]) -> Iterator[Said]:
    for part in chunks(list(records)):
        statement = select(
            log.c.staff_id, log.c.recorded_at, log.c.clock_offset, log.c.received_at
        ).where(log.c.record_id.in_(part), log.c.previous == 0, log.c.version == 1)
        for staff, at, offset, received in judge.workspace.connection.execute(statement):
            yield Said(_somebody(staff), min(at + offset, received))


def _named(staff: bytes | None, at: Instant | None) -> tuple[bytes | None, Instant | None]:
    return _somebody(staff), at


def _somebody(staff: bytes | None) -> bytes | None:
    """Of what came back to a restored server nobody knows any more who did it: not the server itself."""
    return None if staff == SYSTEM.bytes else staff


def _ids(beneath: Iterable[Key]) -> list[list[str]]:
    return [[kind, key.hex()] for kind, key in beneath]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values as a conflict keeps them. What fits no field says nothing."""
    return {n: v.hex() if isinstance(v, bytes) else v for n, v in values.items() if _fits(v)}


def _fits(value: Any) -> bool:
    return value is None or (isinstance(value, (str, int, float, bytes)) and value != UNFIT)
