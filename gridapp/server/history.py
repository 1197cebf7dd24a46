"""What changed in a record and beneath it, out of the operation log: who, when, from what to what.

Each record's operations are replayed, so that "before" is what stood on the server and not what an author
began with. Only records that stand in a channel of the caller are told; a micro grid's channel, which
carries names and addresses as they are now, opens no history, and a unit's only that of events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gridapp.domain.exchange import Change, FieldVerdict, HistoryEntry, Verdict
from gridapp.domain.fields import merged_map, merged_set
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Filing, Kind, Type
from gridapp.domain.values import Stored, stored
from gridapp.errors import Problem
from gridapp.server.author import SYSTEM
from gridapp.server.database import chunks
from gridapp.server.lineage import HANDED_BACK
from gridapp.server.schema import channel, feed, operation, tables
from gridapp.server.sent import seen
from gridapp.server.workspace import Key
from gridapp.sync.protocol import (
    MOST_HISTORY,
    HistoryReply,
    HistoryRequest,
    RecordHistoryRequest,
)

_TAKEN = (Verdict.APPLIED.value, Verdict.MERGED.value, Verdict.CONFLICT.value)
# The channels that open the past of what is filed so, and the kinds whose past a unit may know.
_OPENING: dict[Filing, tuple[str, ...]] = {
    Filing.WORK: ("grid:",),
    Filing.FILE: ("grid:",),
    Filing.DISTRICT: ("district:",),
}
_OF_UNITS = frozenset({"event", "event_action"})
_UNKNOWN: Any = object()  # the operations that said it were purged


def household_history(
    connection: Connection,
    granted: Collection[str],
    request: HistoryRequest,
    most: int = MOST_HISTORY,
) -> HistoryReply:
    """The newest entries before ``request.before``. Not there and not the caller's look the same: nothing."""
    record = RecordHistoryRequest("household", request.household_id, request.before)
    return record_history(connection, granted, record, most)


def record_history(
    connection: Connection,
    granted: Collection[str],
    request: RecordHistoryRequest,
    most: int = MOST_HISTORY,
) -> HistoryReply:
    """The same of a record of any kind; of a household and a person with what is beneath them."""
    if request.entity not in KINDS:
        return HistoryReply([])
    opening = _OPENING.get(KINDS[request.entity].filing, ())
    opening += ("unit:",) if request.entity in _OF_UNITS else ()
    channels = _channels(connection, granted, opening)
    root = (request.entity, request.record_id)
    if not _readable(connection, channels, [root]):
        return HistoryReply([])
    readable = _readable(connection, channels, _beneath(connection, *root))
    entries = [e for e in _entries(connection, readable) if _is_before(e, request.before)]
    entries.sort(key=_order, reverse=True)
    return HistoryReply(entries[:most], len(entries) > most)


def _order(entry: HistoryEntry) -> tuple[int, bytes]:
    return entry.received_at, entry.op_id


def _is_before(entry: HistoryEntry, before: tuple[int, bytes] | None) -> bool:
    return before is None or _order(entry) < tuple(before)


def _channels(
    connection: Connection, granted: Collection[str], opening: tuple[str, ...]
) -> list[int]:
    found: list[int] = []
    for part in chunks([name for name in granted if opening and name.startswith(opening)]):
        found += connection.scalars(select(channel.c.id).where(channel.c.name.in_(part)))
    return found


def _readable(connection: Connection, channels: list[int], keys: Iterable[Key]) -> list[Key]:
    """Those of ``keys`` that stand in one of these channels now."""
    by_id = {record_id: entity for entity, record_id in keys}
    found: set[bytes] = set()
    for part in chunks(list(by_id)):
        for some in chunks(channels):
            statement = select(feed.c.record_id).where(
                feed.c.record_id.in_(part), feed.c.removed == 0, feed.c.channel_id.in_(some)
            )
            found |= set(connection.scalars(statement))
    return [(entity, record_id) for record_id, entity in by_id.items() if record_id in found]


def _beneath(connection: Connection, entity: str, record_id: bytes) -> list[Key]:
    """The record; of a person the files too, of a household everything that is known of it."""
    if entity == "household":
        return _in_household(connection, record_id)
    keys: list[Key] = [(entity, record_id)]
    if entity == "person":
        keys += _of_people(connection, [record_id])
    return keys


def _of_people(connection: Connection, people: list[bytes]) -> list[Key]:
    keys: list[Key] = []
    for entity in ("person_file", "care_enrolment"):
        keys += _owned(connection, entity, "person_id", people)
    return keys


def _in_household(connection: Connection, household_id: bytes) -> list[Key]:
    """The household, its dwelling, file, visits and ties, everybody who was ever tied to it and their files."""
    keys: list[Key] = [("household", household_id)]
    home = tables["household"]
    dwelling = connection.scalar(select(home.c.dwelling_id).where(home.c.id == household_id))
    if dwelling:
        keys.append(("dwelling", dwelling))
    for entity in ("household_file", "residence", "visit"):
        keys += _owned(connection, entity, "household_id", [household_id])
    tie = tables["residence"]
    statement = select(tie.c.person_id).where(tie.c.household_id == household_id)
    people = [person for person in set(connection.scalars(statement)) if person]
    keys += [("person", person) for person in people]
    return keys + _of_people(connection, people)


def _owned(connection: Connection, entity: str, column: str, owners: list[bytes]) -> list[Key]:
    table = tables[entity]
    found: list[Key] = []
    for part in chunks(owners):
        ids = connection.scalars(select(table.c.id).where(table.c[column].in_(part)))
        found += [(entity, record_id) for record_id in ids]
    return found


def _entries(connection: Connection, keys: Iterable[Key]) -> Iterator[HistoryEntry]:
    kinds = {record_id: entity for entity, record_id in keys}
    logged: dict[bytes, list[Any]] = defaultdict(list)
    for part in chunks(list(kinds)):
        statement = select(operation).where(
            operation.c.record_id.in_(part), operation.c.verdict.in_(_TAKEN)
        )
        for row in connection.execute(statement):
            if row.entity == kinds[row.record_id]:
                logged[row.record_id].append(row)
    for record_id, rows in logged.items():
        yield from _replayed(KINDS[kinds[record_id]], sorted(rows, key=_step))


def _step(row: Any) -> tuple[int, bool, int, bytes]:
    """Of what led to the same version, people's own words are told and not that it was handed back."""
    return row.version, _is_handed_back(row), row.counter, row.op_id


def _is_handed_back(row: Any) -> bool:
    return bool(row.device_id == SYSTEM.bytes and row.incarnation == HANDED_BACK)


def _replayed(kind: Kind, rows: Iterable[Any]) -> Iterator[HistoryEntry]:
    """The entries of one record. The creation of a visit is none: the visit itself is shown."""
    held: dict[str, Stored] = {}
    known = deleted = False
    for row in rows:
        if row.fields is None:
            held, known = dict.fromkeys(kind.by_name, _UNKNOWN), True
            continue
        created = row.previous == 0 and not (known and _is_handed_back(row))
        known = True
        changed = _changes(kind, held, row, created=created)
        held |= {name: after for name, (_, after) in changed.items()}
        what = "created" if created else "changed" if changed else ""
        if row.version > row.previous and deleted != _deletes(row) and not (created and deleted):
            what, deleted = "restored" if deleted else "deleted", not deleted
        if what and not (created and kind.name == "visit"):
            yield _entry(row, what, {} if created else changed)


def _entry(row: Any, what: str, fields: dict[str, tuple[Stored, Stored]]) -> HistoryEntry:
    stated = min(row.recorded_at + row.clock_offset, row.received_at)
    if _is_handed_back(row):
        stated = row.received_at  # when it was said first is not known of it
    return HistoryEntry(
        row.op_id,
        row.entity,
        row.record_id,
        row.staff_id,
        stated,
        row.received_at,
        what,
        dict(fields),
    )


def _changes(
    kind: Kind, held: dict[str, Stored], row: Any, *, created: bool
) -> dict[str, tuple[Stored, Stored]]:
    """Field -> (before, after) of what the operation changed in what was held."""
    verdicts = _verdicts(row)
    starts = msgspec.msgpack.decode(row.starts) if row.starts else {}
    changes = msgspec.msgpack.decode(row.fields, type=dict[str, Change])
    found: dict[str, tuple[Stored, Stored]] = {}
    for name, change in changes.items():
        field = kind.by_name.get(name)
        if field is None or verdicts.get(name) in (None, FieldVerdict.SAME.value):
            continue
        if change.before == change.after:  # as rows that were handed back used to be logged
            continue
        if field.given and _is_handed_back(row):  # numbers, that nobody was told of the first time
            continue
        start = seen(field, starts.get(name, change.before))
        current = None if created else held.get(name)
        current = start if current is _UNKNOWN else current
        after = _after(field, current, start, change.after, verdicts[name])
        if after != current:
            found[name] = (current, after)
    return found


def _after(field: Field, current: Stored, start: Stored, sent: Any, verdict: str) -> Stored:
    """What stood after a change, as the merge left it."""
    try:
        after = stored(field, sent)
    except Problem:  # it was taken, so this is of a program with other limits
        return current
    if field.type is Type.SET:
        return merged_set(current, start, after)
    if field.type is Type.MAP:
        wanted, clashes = merged_map(current, start, after)
        return merged_map(current, start, after, keep=clashes)[0] if clashes else wanted
    return current if verdict == FieldVerdict.CONFLICT.value else after


def _deletes(row: Any) -> bool:
    change = msgspec.msgpack.decode(row.fields, type=dict[str, Change]).get("deleted")
    return change is not None and bool(change.after) and "deleted" in _verdicts(row)


def _verdicts(row: Any) -> dict[str, str]:
    return msgspec.msgpack.decode(row.verdicts) if row.verdicts else {}
