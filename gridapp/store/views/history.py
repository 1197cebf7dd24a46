"""What changed in a record, line by line: the server's last answer, with this computer's own edits on top."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import msgspec

from gridapp.clock import Instant
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Type
from gridapp.domain.unit import SYSTEM
from gridapp.domain.values import Stored
from gridapp.i18n import tr
from gridapp.store.reader import Reader, marks

# What is said of a new record; of these only the tie is told, or a new member would have three lines.
_SAID_BY_THE_TIE = frozenset({"person", "person_file", "household_file", "dwelling"})
_PERSON = {"person": "id", "person_file": "person_id", "residence": "person_id"}
_PERSON |= {"care_enrolment": "person_id"}
# (kind of a record that a field names, SQL for its name); an address is a dwelling's name
_NAMES = {
    "person": "SELECT id, name FROM person WHERE id IN ({})",
    "staff": "SELECT id, name FROM staff WHERE id IN ({})",
    "unit": "SELECT id, name FROM unit WHERE id IN ({})",
    "building": "SELECT id, name FROM building WHERE id IN ({})",
    "micro_grid": "SELECT id, name FROM micro_grid WHERE id IN ({})",
    "compound": "SELECT id, name FROM compound WHERE id IN ({})",
    "household": "SELECT id, name FROM household WHERE id IN ({})",
    "dwelling": "SELECT dwelling_id, max(address) FROM household WHERE dwelling_id IN ({}) GROUP BY 1",
}
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One field that somebody changed, or one record that came, went or came back.

    ``what``: created, changed, deleted or restored. Values are in stored form. ``about``: the person or the
    day of the visit that the record is of, "" for the household itself. ``unsent``: not uploaded yet.
    """

    id: UUID
    at: Instant
    who: str  # "" where the name is not known here
    entity: str
    about: str
    what: str
    field: str = ""
    before: Stored = None
    after: Stored = None
    unsent: bool = False

    @property
    def declared(self) -> Field | None:
        """The field's declaration, None for a whole record."""
        return KINDS[self.entity].by_name.get(self.field)


@dataclass(frozen=True, slots=True)
class History:
    """Lines, the newest first. ``asked_at``: of the server's last answer, None where it never answered.

    ``more``: the server has older ones. ``names``: of persons, staff, units and homes that values name.
    """

    lines: tuple[HistoryLine, ...]
    asked_at: Instant | None
    more: bool
    names: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    op_id: bytes
    entity: str
    record_id: bytes
    staff_id: bytes
    at: int
    what: str
    fields: Mapping[str, tuple[Stored, Stored]]
    unsent: bool


def household_history(reader: Reader, household_id: UUID) -> History:
    """Everything known of the past of a household and what is beneath it."""
    return record_history(reader, "household", household_id)


def record_history(reader: Reader, kind: str, record_id: UUID) -> History:
    """Everything known of the past of a record of any kind, and what is beneath it."""
    key = record_id.bytes
    state = reader.rows("SELECT asked_at, more FROM history_state WHERE household_id=?", (key,))
    asked_at, more = state[0] if state else (None, 0)
    told = list(_told(reader, key))
    known = {entry.op_id for entry in told}
    own = [e for e in _own(reader, _beneath(reader, kind, key), asked_at) if e.op_id not in known]
    entries = sorted([*told, *own], key=lambda e: (e.unsent, e.at, e.op_id), reverse=True)
    about = _abouts(reader, entries)
    names = _names(reader, entries)
    lines = [line for e in entries for line in _lines(e, about.get(e.record_id, ""), names, key)]
    return History(tuple(lines), asked_at, bool(more), names)


def _told(reader: Reader, about: bytes) -> Iterator[_Entry]:
    for op_id, entity, record_id, staff_id, at, what, fields in reader.rows(
        "SELECT op_id, entity, record_id, staff_id, recorded_at, what, fields FROM history "
        "WHERE household_id=?",
        (about,),
    ):
        if entity in KINDS:
            changes = msgspec.msgpack.decode(fields, type=dict[str, tuple[Any, Any]])
            yield _Entry(op_id, entity, record_id, staff_id, at, what, changes, unsent=False)


def _own(reader: Reader, keys: list[bytes], asked_at: Instant | None) -> Iterator[_Entry]:
    """This computer's edits that wait, or that were taken after the server was last asked."""
    staff_id = reader.who.staff_id.bytes
    for part in _parts(keys):
        for op_id, entity, record_id, at, state, first, blob in reader.rows(
            "SELECT op_id, entity, record_id, recorded_at+clock_offset, state, base_version=0 AND "
            "counter=(SELECT min(counter) FROM outbox o WHERE o.record_id=outbox.record_id), fields "
            f"FROM outbox WHERE record_id IN ({marks(part)}) AND (state='waiting' OR "
            "(state IN ('applied','merged') AND answered_at>?))",
            (*part, asked_at or 0),
        ):
            changes = {n: (c[0], c[1]) for n, c in msgspec.msgpack.decode(blob).items()}
            what = "deleted" if "deleted" in changes else "created" if first else "changed"
            if what == "created" and entity == "visit":
                continue
            fields = changes if what == "changed" else {}
            yield _Entry(op_id, entity, record_id, staff_id, at, what, fields, state == "waiting")


def _beneath(reader: Reader, kind: str, key: bytes) -> list[bytes]:
    """The record; of a person the files, of a household everything that is known of it."""
    if kind == "household":
        return _in_household(reader, key)
    if kind == "person":
        rows = reader.rows(
            "SELECT ?1 UNION SELECT id FROM person_file WHERE person_id=?1 "
            "UNION SELECT id FROM care_enrolment WHERE person_id=?1",
            (key,),
        )
        return [row[0] for row in rows]
    return [key]


def _in_household(reader: Reader, key: bytes) -> list[bytes]:
    """The household, its dwelling, file, visits and ties, everybody ever tied to it and their files."""
    people = "(SELECT person_id FROM residence WHERE household_id=?1)"
    rows = reader.rows(
        "SELECT ?1 UNION SELECT dwelling_id FROM household WHERE id=?1 "
        "UNION SELECT id FROM household_file WHERE household_id=?1 "
        "UNION SELECT id FROM residence WHERE household_id=?1 "
        "UNION SELECT id FROM visit WHERE household_id=?1 "
        f"UNION SELECT id FROM person WHERE id IN {people} "
        f"UNION SELECT id FROM person_file WHERE person_id IN {people} "
        f"UNION SELECT id FROM care_enrolment WHERE person_id IN {people}",
        (key,),
    )
    return [row[0] for row in rows if row[0]]


def _lines(
    entry: _Entry, about: str, names: Mapping[bytes, str], root: bytes
) -> Iterator[HistoryLine]:
    who = tr("系统") if entry.staff_id == SYSTEM.bytes else names.get(entry.staff_id, "")
    said = entry.entity in _SAID_BY_THE_TIE and entry.record_id != root
    if entry.what != "changed" and not (entry.what == "created" and said):
        yield _line(entry, about, who, entry.what, "", (None, None))
    declared = KINDS[entry.entity].by_name
    for name, values in entry.fields.items():
        if name in declared and values[0] != values[1]:
            yield _line(entry, about, who, "changed", name, values)


def _line(
    entry: _Entry, about: str, who: str, what: str, field: str, values: tuple[Stored, Stored]
) -> HistoryLine:
    return HistoryLine(
        uuid5(UUID(bytes=entry.op_id), f"{what}/{field}"),
        entry.at,
        who,
        entry.entity,
        about,
        what,
        field,
        values[0],
        values[1],
        entry.unsent,
    )


def _abouts(reader: Reader, entries: Iterable[_Entry]) -> dict[bytes, str]:
    """Record -> whose it is: a person's name, or the day of a visit."""
    ids: dict[str, set[bytes]] = {}
    for entry in entries:
        ids.setdefault(entry.entity, set()).add(entry.record_id)
    found: dict[bytes, str] = {}
    for entity, keys in ids.items():
        if entity in _PERSON:
            sql = (
                f"SELECT x.id, p.name FROM {entity} x JOIN person p ON p.id=x.{_PERSON[entity]} "
                "WHERE x.id IN ({})"
            )
        elif entity == "visit":
            sql = "SELECT id, substr(happened_at, 1, 10) FROM visit WHERE id IN ({})"
        else:
            continue
        found |= _mapped(reader, sql, keys)
    return found


def _names(reader: Reader, entries: Iterable[_Entry]) -> dict[bytes, str]:
    ids: dict[str, set[bytes]] = {"staff": set()}
    for entry in entries:
        ids["staff"].add(entry.staff_id)
        for name, values in entry.fields.items():
            field = KINDS[entry.entity].by_name.get(name)
            if field and field.type is Type.ID:
                named = {v for v in values if isinstance(v, bytes)}
                ids.setdefault(field.refers_to, set()).update(named)
            elif name == "people_met":
                ids.setdefault("person", set()).update(_members(values))
    found: dict[bytes, str] = {}
    for kind, keys in ids.items():
        if kind in _NAMES:
            found |= _mapped(reader, _NAMES[kind], keys)
    return found


def _members(values: tuple[Stored, Stored]) -> Iterator[bytes]:
    """The ids among people met; the others are names as said."""
    for value in values:
        for text in json.loads(value) if isinstance(value, str) else ():
            with suppress(ValueError):
                yield UUID(text).bytes


def _mapped(reader: Reader, sql: str, keys: Iterable[bytes]) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for part in _parts(list(keys)):
        found |= {k: name for k, name in reader.rows(sql.format(marks(part)), part) if name}
    return found


def _parts(keys: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
