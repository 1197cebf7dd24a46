"""``apply``: the one way anything is written on the server. One batch, one transaction.

Records are locked in a fixed order, all operations are judged, rows and outcomes are written set by set,
and the feed numbers are given last. Everything else that writes (divisions, staff, jobs) comes here too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from gridapp.clock import day_of
from gridapp.domain.channels import user_channel
from gridapp.domain.digest import row_hash
from gridapp.domain.exchange import Operation, Outcome, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing
from gridapp.server import feed, numbering
from gridapp.server.author import Author, load_author
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.judge import Judge, Judged
from gridapp.server.moving import touched_by
from gridapp.server.outcomes import outcome_of
from gridapp.server.place import PLACING
from gridapp.server.schema import operation as log
from gridapp.server.schema import tables
from gridapp.server.wellformed import well_formed
from gridapp.server.workspace import Key, Row, Workspace, created_row, dependants, references

_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Sender:
    """A device and its present incarnation."""

    staff_id: bytes
    device_id: bytes
    incarnation: int


@dataclass(frozen=True, slots=True)
class Applied:
    """Outcomes in the order of the operations, and the channels that moved."""

    outcomes: list[Outcome]
    channels: list[str]


class _Moved(Exception):  # noqa: N818 - a signal to begin again
    """What had to be locked changed before the locks were held: begin again."""


def apply(server: Server, sender: Sender, operations: Sequence[Operation]) -> Applied:
    """Judge and write a batch. The same ``op_id`` again gets the same outcome."""
    for attempt in range(_ATTEMPTS):
        try:
            with server.database.write() as connection:
                return _Batch(server, connection, sender).run(operations)
        except (_Moved, IntegrityError, OperationalError):
            # Two requests met on the same new record or channel: the second finds it made.
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


class _Batch:
    def __init__(self, server: Server, connection: Connection, sender: Sender) -> None:
        self.server = server
        self.connection = connection
        self.sender = sender
        self.now = server.clock()

    def run(self, operations: Sequence[Operation]) -> Applied:
        known = self._known(operations)
        known |= {o.op_id: _malformed(o) for o in operations if not well_formed(o)}
        fresh = {o.op_id: o for o in operations if o.op_id not in known}
        ordered = sorted(fresh.values(), key=lambda o: (o.counter, o.op_id))
        if not ordered:
            return Applied([known[o.op_id] for o in operations], [])
        author = self._author()
        workspace = self._workspace(ordered)
        conflicts = self._conflicts(ordered)
        for row in conflicts.values():
            workspace.adopt("conflict", row)
        judge = Judge(workspace, author, self.now, self._links(ordered), conflicts)
        judged = {o.op_id: judge.judge(o) for o in ordered}
        numbering.give(self.server, self.connection, workspace, judge)
        self._write_rows(workspace, judge)
        self._write_log(ordered, judged)
        channels = self._publish(workspace, judge, author)
        outcomes = known | {op_id: j.outcome for op_id, j in judged.items()}
        return Applied([outcomes[o.op_id] for o in operations], channels)

    def _author(self) -> Author:
        return load_author(
            self.connection,
            self.sender.staff_id,
            self.sender.device_id,
            self.server.district_id,
            day_of(self.now),
        )

    def _known(self, operations: Sequence[Operation]) -> dict[bytes, Outcome]:
        found: dict[bytes, Outcome] = {}
        for part in chunks([o.op_id for o in operations]):
            for row in self.connection.execute(select(log).where(log.c.op_id.in_(part))):
                # Nobody learns what became of somebody else's operation.
                own = row.device_id == self.sender.device_id
                found[row.op_id] = outcome_of(row) if own else _malformed(row)
        return found

    def _workspace(self, operations: Sequence[Operation]) -> Workspace:
        """Everything the batch needs, read after the locks are held."""
        workspace = self._load(operations)
        if self.server.database.is_postgres:
            locked = self._lock(self._to_lock(workspace, operations))
            workspace = self._load(operations)
            for key, exclusive in self._to_lock(workspace, operations).items():
                if key not in locked or (exclusive and not locked[key]):
                    raise _Moved
        return workspace

    def _load(self, operations: Sequence[Operation]) -> Workspace:
        workspace = Workspace(self.connection)
        keys: set[Key] = set()
        for operation in operations:
            if operation.entity in KINDS:
                keys.add((operation.entity, operation.record_id))
                keys.update(references(operation.entity, created_row(operation)))
            if operation.decides is not None:
                keys.add(("conflict", operation.decides.conflict))
        workspace.load(keys)
        missing = [i for (_, i), row in workspace.rows.items() if row is None]
        workspace.note_refused(missing, self.sender.staff_id)
        workspace.note_taken(missing)
        return workspace

    def _to_lock(self, workspace: Workspace, operations: Sequence[Operation]) -> dict[Key, bool]:
        """Existing rows on which the batch depends, and whether it may change what follows from them."""
        moving = {
            (o.entity, o.record_id)
            for o in operations
            if workspace.rows.get((o.entity, o.record_id)) and not PLACING.isdisjoint(o.fields)
        }
        # A person stands where her households stand: two moves at once must not both file her.
        people = {k for k in dependants(self.connection, moving) if k[0] == "person"}
        workspace.load(people)
        exclusive = people | changed_by(workspace, operations)
        return {
            key: key in exclusive
            for key, row in workspace.rows.items()
            if row is not None and (key in exclusive or KINDS[key[0]].filing is not Filing.DISTRICT)
        }

    def _lock(self, wanted: dict[Key, bool]) -> dict[Key, bool]:
        """Lock existing rows kind by kind, each kind in id order. Returns what is held, and how."""
        by_entity: dict[str, dict[bytes, bool]] = defaultdict(dict)
        for (entity, record_id), exclusive in wanted.items():
            by_entity[entity][record_id] = exclusive
        held: dict[Key, bool] = {}
        for entity in KINDS:
            ids = by_entity.get(entity)
            if not ids:
                continue
            table = tables[entity]
            # One mode for the whole set: mixed modes in two statements could wait for each other.
            statement = (
                select(table.c.id)
                .where(table.c.id.in_(sorted(ids)))
                .order_by(table.c.id)
                .with_for_update(read=not any(ids.values()))
            )
            self.connection.execute(statement).all()
            held |= {(entity, record_id): any(ids.values()) for record_id in ids}
        return held

    def _links(self, operations: Sequence[Operation]) -> dict[bytes, Judged]:
        follows = {c.follows for o in operations for c in o.fields.values() if c.follows}
        found: dict[bytes, Judged] = {}
        for part in chunks(sorted(follows)):
            own = log.c.device_id == self.sender.device_id
            for row in self.connection.execute(select(log).where(log.c.op_id.in_(part), own)):
                starts = msgspec.msgpack.decode(row.starts) if row.starts else {}
                found[row.op_id] = Judged(outcome_of(row), starts)
        return found

    def _conflicts(self, operations: Sequence[Operation]) -> dict[tuple[bytes, str], Row]:
        table = tables["conflict"]
        found: dict[tuple[bytes, str], Row] = {}
        targets = {o.record_id for o in operations}
        targets |= {i for o in operations for _, i in owners(o)}
        for part in chunks(sorted(targets)):
            rows = self.connection.execute(
                select(table).where(
                    table.c.target_id.in_(part),
                    table.c.device_id == self.sender.device_id,
                    table.c.state == "open",
                )
            )
            found.update({(r.target_id, r.field): dict(r._mapping) for r in rows})
        return found

    def _write_rows(self, workspace: Workspace, judge: Judge) -> None:
        created: dict[str, list[Row]] = defaultdict(list)
        changed: dict[str, list[Row]] = defaultdict(list)
        # In one order everywhere, so that the same batch sent twice at once waits and never blocks itself.
        for entity, record_id in sorted(judge.changed):
            row = workspace.rows[entity, record_id]
            assert row is not None
            if (entity, record_id) in judge.replaced:
                row["last_device"] = None
            row["epoch"] = self.server.epoch
            row["mac"] = self.server.mac(entity, row)
            group = created if (entity, record_id) in judge.created else changed
            group[entity].append(row)
        for entity in KINDS:
            table = tables[entity]
            if entity in created:
                self.connection.execute(insert(table), created[entity])
            if entity in changed:
                names = [c.name for c in table.columns if c.name != "id"]
                statement = (
                    update(table)
                    .where(table.c.id == bindparam("b_id"))
                    .values({n: bindparam(f"b_{n}") for n in names})
                )
                self.connection.execute(
                    statement,
                    [{f"b_{n}": row.get(n) for n in ["id", *names]} for row in changed[entity]],
                )

    def _write_log(self, operations: Iterable[Operation], judged: dict[bytes, Judged]) -> None:
        self.connection.execute(
            insert(log), [self._log_row(o, judged[o.op_id]) for o in operations]
        )

    def _log_row(self, operation: Operation, judged: Judged) -> dict[str, Any]:
        outcome = judged.outcome
        return {
            "op_id": operation.op_id,
            "device_id": self.sender.device_id,
            "incarnation": self.sender.incarnation,
            "counter": operation.counter,
            "staff_id": self.sender.staff_id,
            "entity": operation.entity,
            "record_id": operation.record_id,
            "base_version": operation.base_version,
            "fields": msgspec.msgpack.encode(operation.fields),
            "recorded_at": operation.recorded_at,
            "clock_offset": operation.clock_offset,
            "received_at": self.now,
            "verdict": outcome.verdict.value,
            "code": outcome.code,
            "revision": outcome.revision,
            "previous": outcome.previous,
            "version": outcome.version,
            "verdicts": msgspec.msgpack.encode(outcome.fields),
            "starts": msgspec.msgpack.encode(judged.starts) if judged.starts else None,
            "decides": msgspec.msgpack.encode(operation.decides) if operation.decides else None,
        }

    def _publish(self, workspace: Workspace, judge: Judge, author: Author) -> list[str]:
        keys = set(judge.changed)
        if judge.moved:
            keys |= dependants(self.connection, judge.moved)
            workspace.load(keys)
        filed = {
            (entity, record_id): workspace.channels(entity, record_id, author.district_id)
            for entity, record_id in keys
        }
        # What stands nowhere yet (a person before the first residence) waits with who sent it.
        nowhere = user_channel(UUID(bytes=author.staff_id))
        hashes = {key: row_hash(row["mac"]) for key in filed if (row := workspace.rows[key])}
        return feed.publish(
            self.server.database, self.connection, filed, judge.changed, hashes, nowhere
        )


def changed_by(workspace: Workspace, operations: Sequence[Operation]) -> set[Key]:
    """Existing records that the batch may change, or whose steps and homes it orders."""
    found = touched_by(workspace, operations)
    for sent in operations:
        key = (sent.entity, sent.record_id)
        found.add(key)
        if sent.decides is not None:
            found.add(("conflict", sent.decides.conflict))
        # A creation brings a deleted owner back; steps of one event follow each other; a person's homes
        # say where the person stands.
        for owner in owners(sent):
            row = workspace.rows.get(owner)
            if owner[0] == "event" or (row is not None and row["deleted"]):
                found.add(owner)
        if sent.entity == "residence":
            rows = (workspace.rows.get(key), created_row(sent))
            found |= {("person", r["person_id"]) for r in rows if r and r["person_id"]}
    return found


def owners(sent: Operation) -> list[Key]:
    """The owners that an operation names."""
    return references(sent.entity, created_row(sent)) if sent.entity in KINDS else []


def _malformed(sent: Any) -> Outcome:
    return Outcome(sent.op_id, Verdict.REJECTED, code="bad_operation")
