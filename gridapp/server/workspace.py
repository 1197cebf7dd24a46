"""The rows that one batch needs, loaded set by set: the records, their owners, and what places them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from gridapp.domain.channels import user_channel
from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import CHILDREN, KINDS
from gridapp.domain.record import Filing
from gridapp.server.database import chunks
from gridapp.server.escalation import command_units
from gridapp.server.grounds import grid_today
from gridapp.server.place import NOWHERE, Place, channels_of
from gridapp.server.reference import Reference, load_reference
from gridapp.server.schema import operation, tables
from gridapp.server.statements import fetch_in, quoted
from gridapp.server.successors import Successors

Key = tuple[str, bytes]
Row = dict[str, Any]

_TARGET_KINDS = ("attachment", "conflict")


class Workspace:
    """Rows by (entity, id); ``None`` where there is none. Changed rows are changed in place."""

    def __init__(self, connection: Connection, reference: Reference | None = None) -> None:
        self.connection = connection
        self.reference = reference or load_reference(connection)
        self.rows: dict[Key, Row | None] = {}
        self.homes: dict[bytes, dict[bytes, Row]] = defaultdict(dict)  # person -> residences by id
        self.steps: dict[bytes, dict[bytes, Row]] = defaultdict(dict)  # event -> actions by id
        self.purged: set[bytes] = set()
        self.taken: dict[bytes, str] = {}  # id -> kind, of records that are not there under theirs
        self.successors = Successors(self.reference)
        # staff -> records of theirs whose creation was parked or rejected
        self.refused: dict[bytes, set[bytes]] = defaultdict(set)

    def load(self, keys: Iterable[Key]) -> None:
        """Load these records and, round by round, everything that says where they stand."""
        wanted = {k for k in keys if k[0] in KINDS} - self.rows.keys()
        while wanted:
            self._load_rows(wanted)
            self._load_homes([i for e, i in wanted if e == "person"])
            self._load_steps([i for e, i in wanted if e == "event"])
            wanted = {n for k in wanted for n in self._neighbours(k)} - self.rows.keys()

    def adopt(self, entity: str, row: Row) -> None:
        """Take in a row that this batch creates."""
        self.rows[entity, row["id"]] = row
        self._note(entity, row)

    def children(self, entity: str, column: str, owner_id: bytes) -> list[Row]:
        """Living rows beneath an owner, as this batch left them."""
        table = tables[entity]
        rows = self.connection.execute(select(table).where(table.c[column] == owner_id))
        found: dict[bytes, Row] = {row.id: dict(row._mapping) for row in rows}
        found |= {
            row["id"]: row
            for (name, _), row in self.rows.items()
            if name == entity and row is not None and row[column] == owner_id
        }
        return [row for row in found.values() if not row["deleted"]]

    def root(self, entity: str, record_id: bytes) -> Key:
        """The household, person, event or place on which a loaded record hangs."""
        row, kind = self.rows.get((entity, record_id)), KINDS[entity]
        if row is None:
            return entity, record_id
        if entity in _TARGET_KINDS and row["target_id"]:
            return self.root(row["target_kind"], row["target_id"])
        if kind.owner and kind.filing is not Filing.DISTRICT and row[kind.owner]:
            return self.root(kind.owner_kind, row[kind.owner])
        return entity, record_id

    def held_by(self, record_id: bytes, staff_id: bytes) -> bool:
        """Whether a record that stands nowhere is kept for this member of staff."""
        return self._filed(record_id, [user_channel(UUID(bytes=staff_id))], removed=0)

    def once_held(self, record_id: bytes, names: list[str]) -> bool:
        """Whether the record was in one of these channels before it left."""
        return self._filed(record_id, names, removed=1)

    def _filed(self, record_id: bytes, names: list[str], removed: int) -> bool:
        sql = (
            "SELECT 1 FROM channel c JOIN feed f ON f.channel_id=c.id "
            "WHERE c.name IN (:ids) AND f.record_id=? AND f.removed=?"
        )
        return bool(fetch_in(self.connection, sql, names, record_id, removed))

    def changed_by_others(self, record_id: bytes, version: int, device_id: bytes) -> bool:
        """Whether another device's operation made one of the versions after ``version``."""
        log = operation.c
        statement = select(log.op_id).where(
            log.record_id == record_id,
            log.device_id != device_id,
            log.version > version,
            log.version > log.previous,
        )
        return self.connection.execute(statement).first() is not None

    def last_written(self, record_id: bytes, names: set[str]) -> tuple[bytes | None, int | None]:
        """Who last set one of these fields of a record, and when; (None, None) where nobody knows."""
        log = operation.c
        statement = (
            select(log.staff_id, log.recorded_at, log.clock_offset, log.received_at, log.verdicts)
            .where(log.record_id == record_id, log.version > log.previous)
            .order_by(log.version.desc())
        )
        for row in self.connection.execute(statement):
            verdicts = msgspec.msgpack.decode(row.verdicts) if row.verdicts else {}
            if any(verdicts.get(n) in ("taken", "merged") for n in names):
                return row.staff_id, min(row.recorded_at + row.clock_offset, row.received_at)
        return None, None

    def created_by(self, records: Iterable[bytes], device_id: bytes) -> set[bytes]:
        """Which of these records this device made."""
        found: set[bytes] = set()
        for part in chunks(list(records)):
            statement = select(operation.c.record_id).where(
                operation.c.record_id.in_(part),
                operation.c.device_id == device_id,
                operation.c.previous == 0,
                operation.c.version == 1,
            )
            found |= set(self.connection.scalars(statement))
        return found

    def note_refused(self, records: Iterable[bytes]) -> None:
        """Find which of these missing records had a creation that was not taken, and whose it was."""
        sql = (
            "SELECT staff_id, record_id FROM operation WHERE record_id IN (:ids) "
            "AND verdict IN ('parked','rejected') AND base_version=0"
        )
        for staff_id, record_id in fetch_in(self.connection, sql, records):
            self.refused[staff_id].add(record_id)

    def note_taken(self, records: Iterable[bytes]) -> None:
        """Find which of these missing records stand under another kind, for an id is one record's alone, and
        which were purged."""
        sql = "SELECT record_id, entity, cause FROM feed WHERE record_id IN (:ids)"
        for record_id, entity, cause in fetch_in(self.connection, sql, records):
            self.taken[record_id] = entity
            if cause == "purged":
                self.purged.add(record_id)

    def gathered_anew(self) -> bool:
        """Whether people have the same homes, and events the same steps, as when they were loaded."""
        return self._same("residence", "person_id", "person", self.homes) and self._same(
            "event_action", "event_id", "event", self.steps
        )

    def _same(
        self, entity: str, column: str, owner: str, held: Mapping[bytes, Mapping[bytes, Row]]
    ) -> bool:
        ids = [key for (kind, key), row in self.rows.items() if kind == owner and row is not None]
        sql = f"SELECT id, version FROM {entity} WHERE {column} IN (:ids)"
        before = {r["id"]: r["version"] for key in ids for r in held.get(key, {}).values()}
        return before == dict(fetch_in(self.connection, sql, ids))

    def place(self, entity: str, record_id: bytes) -> Place:
        """Where a loaded record stands."""
        row = self.rows.get((entity, record_id))
        kind = KINDS[entity]
        if kind.filing is Filing.DISTRICT:
            return Place(district=True)
        if row is None:
            return NOWHERE
        if row["merged_into"] and (entity, row["merged_into"]) in self.rows:
            return self.place(entity, row["merged_into"])  # where that goes it goes too
        if entity in _TARGET_KINDS:
            return self.place(row["target_kind"], row["target_id"]) if row["target_id"] else NOWHERE
        if entity == "person":
            return self._person_place(record_id)
        if kind.owner:
            return self.place(kind.owner_kind, row[kind.owner]) if row[kind.owner] else NOWHERE
        return self._root_place(entity, row)

    def grid_of(self, entity: str, row: Row) -> bytes | None:
        """The grid of a loaded row; of a deleted one, where it would come back."""
        return grid_today(self.rows, self.successors, entity, row)

    def channels(self, entity: str, record_id: bytes, district: bytes) -> frozenset[str]:
        """The channels of a loaded record; none where it stands nowhere yet."""
        filing, row = KINDS[entity].filing, self.rows.get((entity, record_id))
        while filing is Filing.TARGET and row is not None:
            target = row["target_kind"]
            filing, row = KINDS[target].filing, self.rows.get((target, row["target_id"]))
        return channels_of(self.place(entity, record_id), entity, filing, district)

    def _root_place(self, entity: str, row: Row) -> Place:
        grids = self.successors.grids(self.grid_of(entity, row))
        if entity == "review":
            return Place(grids)
        if entity == "micro_grid":
            return Place(grids, frozenset({row["id"]}))
        if entity == "building":
            return Place(grids, frozenset({row["micro_grid_id"]} - {None}))
        if entity == "dwelling":
            inside = self.place("building", row["building_id"]) if row["building_id"] else NOWHERE
            return Place(grids, inside.micros)
        if entity == "household":
            inside = self.place("dwelling", row["dwelling_id"]) if row["dwelling_id"] else NOWHERE
            return Place(grids, inside.micros)
        home = self.place("household", row["household_id"]) if row["household_id"] else NOWHERE
        # micros: who may report there; an event itself goes to no micro grid's channel
        units = {s["target_unit_id"] for s in self.steps[row["id"]].values()} - {None}
        units |= command_units(self.reference, row["grid_id"], row["item_code"])
        return Place(grids | home.grids, home.micros, frozenset(units))

    def _person_place(self, person_id: bytes) -> Place:
        every = list(self.homes[person_id].values())
        living = [r for r in every if not r["deleted"]]
        # Somebody who lives nowhere any more stays with the households that were left.
        ties = [r for r in living if not r["to_date"]] or living or every
        place = NOWHERE
        for tie in ties:
            place |= self.place("household", tie["household_id"])
        return place if ties else Place(open=True)

    def _neighbours(self, key: Key) -> list[Key]:
        entity, record_id = key
        row = self.rows.get(key)
        found: list[Key] = []
        if entity == "person":
            found += [("household", r["household_id"]) for r in self.homes[record_id].values()]
        if row is None:
            return found
        if row["merged_into"]:
            found.append((entity, row["merged_into"]))  # it stands for this one
        found += references(entity, row)
        return found

    def _load_rows(self, keys: set[Key]) -> None:
        by_entity: dict[str, list[bytes]] = defaultdict(list)
        for entity, record_id in keys:
            self.rows[entity, record_id] = None
            by_entity[entity].append(record_id)
        for entity, ids in by_entity.items():
            for row in self._select(entity, "id", ids):
                self.adopt(entity, row)

    def _load_homes(self, people: list[bytes]) -> None:
        for row in self._select("residence", "person_id", people):
            self._note("residence", row)

    def _load_steps(self, events: list[bytes]) -> None:
        for row in self._select("event_action", "event_id", events):
            self._note("event_action", row)

    def _select(self, entity: str, column: str, ids: list[bytes]) -> Iterator[Row]:
        if ids:
            names = column_names(entity)
            for row in fetch_in(self.connection, _selecting(entity, column), ids):
                yield dict(zip(names, row, strict=True))

    def _note(self, entity: str, row: Row) -> None:
        if entity == "residence" and row["person_id"]:
            held = self.rows.get(("residence", row["id"])) or row
            self.homes[row["person_id"]][row["id"]] = held
        elif entity == "event_action" and row["event_id"]:
            held = self.rows.get(("event_action", row["id"])) or row
            self.steps[row["event_id"]][row["id"]] = held


@cache
def column_names(entity: str) -> tuple[str, ...]:
    """Every column of a kind's table, ``id`` first."""
    return tuple(c.name for c in tables[entity].columns)


@cache
def _selecting(entity: str, column: str) -> str:
    return f"SELECT {quoted(column_names(entity))} FROM {entity} WHERE {column} IN (:ids)"


def references(entity: str, row: Mapping[str, Any]) -> list[Key]:
    """The records that say where this one stands."""
    if entity in _TARGET_KINDS:
        target = row.get("target_kind")
        return [(str(target), row["target_id"])] if target in KINDS and row.get("target_id") else []
    return [(kind, key) for name, kind in _owner_fields(entity) if (key := row.get(name))]


@cache
def _owner_fields(entity: str) -> tuple[tuple[str, str], ...]:
    """(field, kind that it names) of what places a kind."""
    kind = KINDS[entity]
    names = {
        "dwelling": ("building_id",),
        "household": ("dwelling_id",),
        "event": ("household_id",),
        "residence": (kind.owner, "person_id"),
    }
    found = names.get(entity, (kind.owner,) if kind.owner else ())
    return tuple((name, kind.by_name[name].refers_to) for name in found)


def created_row(sent: Operation) -> Row:
    """What the operation says of its record's owners: ids by field, None where it names none."""
    row: Row = {name: None for name, _ in _owner_fields(sent.entity)}
    names = ("target_kind", "target_id") if sent.entity in _TARGET_KINDS else tuple(row)
    for name in names:
        change = sent.fields.get(name)
        value = change.after if change is not None else None
        row[name] = value if isinstance(value, bytes) or name == "target_kind" else None
    return row


def owners(sent: Operation) -> list[Key]:
    """The owners that an operation names."""
    return references(sent.entity, created_row(sent)) if sent.entity in KINDS else []


def dependants(connection: Connection, moved: Iterable[Key]) -> set[Key]:
    """Everything whose place follows from the moved records, themselves included."""
    found: set[Key] = set()
    frontier = set(moved)
    while frontier:
        found |= frontier
        by_entity: dict[str, list[bytes]] = defaultdict(list)
        for entity, record_id in frontier:
            by_entity[entity].append(record_id)
        frontier = set()
        for entity, ids in by_entity.items():
            for part in chunks(ids):
                frontier |= _beneath(connection, entity, part)
        frontier -= found
    return found


def _beneath(connection: Connection, entity: str, ids: list[bytes]) -> set[Key]:
    found: set[Key] = set()
    links = [(c.name, c.owner, "id") for c in CHILDREN[entity]] + _FOLLOWERS.get(entity, [])
    for child, column, key in links:
        table = tables[child]
        name = "person" if key == "person_id" else child
        ids_found = connection.scalars(select(table.c[key]).where(table.c[column].in_(ids)))
        found |= {(name, i) for i in ids_found if i}
    if entity in _FOLLOWERS and entity != "residence":
        table = tables[entity]
        merged = connection.scalars(select(table.c.id).where(table.c.merged_into.in_(ids)))
        found |= {(entity, i) for i in merged}
    for child in _TARGET_KINDS:
        table = tables[child]
        condition = (table.c.target_kind == entity) & table.c.target_id.in_(ids)
        found |= {(child, i) for i in connection.scalars(select(table.c.id).where(condition))}
    return found


# entity -> (table, column that names the entity, column with the id that follows)
_FOLLOWERS: dict[str, list[tuple[str, str, str]]] = {
    "micro_grid": [("building", "micro_grid_id", "id")],
    "building": [("dwelling", "building_id", "id")],
    "dwelling": [("household", "dwelling_id", "id")],
    "household": [("residence", "household_id", "person_id"), ("event", "household_id", "id")],
    "residence": [("residence", "id", "person_id")],
    # what still names a grid that was merged away
    "unit": [
        (kind, "grid_id", "id")
        for kind in ("micro_grid", "building", "dwelling", "household", "event")
    ],
}
