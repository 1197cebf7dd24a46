"""A group of batches in one transaction: all are read, judged one after the other, and written together.

The order of the steps is the same for one batch and for many. Whatever an operation brings about belongs either
into its judging (``judge``) or between judging and writing, here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from gridapp.clock import Instant, day_of
from gridapp.domain.channels import user_channel
from gridapp.domain.digest import row_hash
from gridapp.domain.exchange import Operation, Outcome, Verdict
from gridapp.server import covers, feed, merged, numbering, revising
from gridapp.server.author import SYSTEM, Author, load_authors
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.joining import Job, Sender
from gridapp.server.judge import Judge, Judged
from gridapp.server.later import Later
from gridapp.server.locks import locked_workspace
from gridapp.server.outcomes import outcome_of
from gridapp.server.rejudging import Rejudging
from gridapp.server.schema import operation as log
from gridapp.server.statements import fetch_in, quoted
from gridapp.server.workspace import Key, Row, Workspace, column_names, dependants, owners
from gridapp.server.writing import write_log, write_rows


@dataclass(frozen=True, slots=True)
class Applied:
    """Outcomes in the order of the operations, and the channels that moved (of the whole group)."""

    outcomes: list[Outcome]
    channels: list[str]


@dataclass(slots=True)
class Part:
    """One sender's part of a group. ``fresh``: what is to be judged, in order."""

    sender: Sender
    sent: Sequence[Operation]
    unfit: frozenset[bytes]
    known: dict[bytes, Outcome] = field(default_factory=dict)
    fresh: list[Operation] = field(default_factory=list)
    judged: dict[bytes, Judged] = field(default_factory=dict)


class Group:
    """``jobs``: batches of different devices that may go together (``joining``)."""

    def __init__(self, server: Server, connection: Connection, jobs: Iterable[Job]) -> None:
        self.server = server
        self.connection = connection
        self.now: Instant = server.clock()
        self.parts = [Part(job.sender, job.operations, job.unfit) for job in jobs]

    def run(self) -> list[Applied]:
        """Judge and write. Raises ``locks.Moved`` and what the database raises: then nothing was done."""
        self._sort_out()
        active = [part for part in self.parts if part.fresh]
        channels = self._apply(active) if active else []
        covers.lower_all(
            self.connection, ((p.sender.device_id, p.sender.incarnation, p.fresh) for p in active)
        )
        return [_applied(part, channels) for part in self.parts]

    def written(self) -> list[tuple[Operation, Judged]]:
        """What was judged, in the order in which it was written."""
        return [(o, part.judged[o.op_id]) for part in self.parts for o in part.fresh]

    def _apply(self, parts: list[Part]) -> list[str]:
        operations = [o for part in parts for o in part.fresh]
        reference = self.server.references.get(self.connection, self.server.district_id)
        senders = [(part.sender.staff_id, part.sender.device_id) for part in parts]
        district = self.server.district_id
        authors = load_authors(self.connection, reference, senders, district, day_of(self.now))
        # What is decided, or waits for what is created, is read and locked as if it had come now.
        later = Later(self.connection, operations)
        every = [*operations, *later.operations]
        workspace = locked_workspace(self.connection, reference, every)
        later.check(self.connection, operations)
        links, conflicts = self._links(every), self._conflicts(every, workspace)
        judges = judges_of(authors, workspace, self.now, links, conflicts)
        again = Rejudging(self.connection, workspace, later, self.now, links, conflicts)
        for part, judge in zip(parts, judges, strict=True):
            again.before |= dict(part.sender.parked)
            again.reviews.bound_for.note(part.sender.device_id, part.fresh)
            part.judged = {o.op_id: again.judge(judge, o) for o in part.fresh}
        return self._write(workspace, judges, again)

    def _write(self, workspace: Workspace, judges: list[Judge], again: Rejudging) -> list[str]:
        """Write what was judged. Returns the channels that moved."""
        again.finish(judges)
        numbering.give(self.server, self.connection, workspace, judges)
        write_rows(self.server, self.connection, workspace, judges)
        write_log(
            self.connection,
            ((part.sender, o, part.judged[o.op_id]) for part in self.parts for o in part.fresh),
            self.now,
            self.server.epoch,
        )
        self._write_again(again)
        return self._publish(workspace, judges, again.makers)

    def _write_again(self, again: Rejudging) -> None:
        """New verdicts of earlier operations, and what heads changed in deciding."""
        heads = [(Sender(staff, SYSTEM.bytes, 1), o, judged) for staff, o, judged in again.heads]
        write_log(self.connection, heads, self.now, self.server.epoch)
        revising.write(self.connection, again.revised)
        revising.tell(self.connection, again.forgotten)

    def _sort_out(self) -> None:
        """What was answered before, what is no operation at all, and what remains to be judged."""
        wanted = [o.op_id for part in self.parts for o in part.sent]
        found = fetch_in(
            self.connection, "SELECT op_id FROM operation WHERE op_id IN (:ids)", wanted
        )
        answered = self._answered([op_id for (op_id,) in found])
        for part in self.parts:
            for sent in part.sent:
                row = answered.get(sent.op_id)
                if row is not None:
                    # Nobody learns what became of somebody else's operation.
                    own = row.device_id == part.sender.device_id
                    part.known[sent.op_id] = outcome_of(row) if own else _malformed(sent)
                elif sent.op_id in part.unfit:
                    part.known[sent.op_id] = _malformed(sent)
            fresh = {o.op_id: o for o in part.sent if o.op_id not in part.known}
            part.fresh = sorted(fresh.values(), key=lambda o: (o.counter, o.op_id))

    def _answered(self, op_ids: list[bytes]) -> dict[bytes, Any]:
        found: dict[bytes, Any] = {}
        for ids in chunks(op_ids):
            for row in self.connection.execute(select(log).where(log.c.op_id.in_(ids))):
                found[row.op_id] = row
        return found

    def _links(self, operations: Sequence[Operation]) -> dict[bytes, dict[bytes, Judged]]:
        """Device -> operations of earlier batches that these follow."""
        follows = {c.follows for o in operations for c in o.fields.values() if c.follows}
        follows -= {o.op_id for part in self.parts for o in part.fresh}
        found: dict[bytes, dict[bytes, Judged]] = {}
        for op_id, row in self._answered(sorted(follows)).items():
            starts = msgspec.msgpack.decode(row.starts) if row.starts else {}
            found.setdefault(row.device_id, {})[op_id] = Judged(outcome_of(row), starts)
        return found

    def _conflicts(
        self, operations: Sequence[Operation], workspace: Workspace
    ) -> dict[bytes, dict[tuple[bytes, str], Row]]:
        """Device -> its open conflicts on these records and their owners, by record and field."""
        targets = {o.record_id for o in operations}
        targets |= {i for o in operations for _, i in owners(o)}
        targets |= merged.targets(workspace, operations)
        names = column_names("conflict")
        sql = f"SELECT {quoted(names)} FROM conflict WHERE target_id IN (:ids) AND state='open'"
        found: dict[bytes, dict[tuple[bytes, str], Row]] = {}
        for values in fetch_in(self.connection, sql, targets):
            row = dict(zip(names, values, strict=True))
            found.setdefault(row["device_id"], {})[row["target_id"], row["field"]] = row
        return found

    def _publish(
        self, workspace: Workspace, judges: list[Judge], makers: Mapping[bytes, bytes]
    ) -> list[str]:
        changed: set[Key] = set()
        filed: dict[Key, frozenset[str]] = {}
        nowhere: dict[Key, str] = {}
        for judge in judges:
            changed |= judge.changed
            keys = set(judge.changed)
            if judge.moved:
                keys |= dependants(self.connection, judge.moved)
                workspace.load(keys)
            # What stands nowhere yet (a person before the first residence) waits with who sent it.
            for key in keys:
                filed[key] = workspace.channels(*key, self.server.district_id)
                maker = makers.get(key[1], judge.author.staff_id)
                nowhere[key] = user_channel(UUID(bytes=maker))
        hashes = {key: row_hash(row["mac"]) for key in filed if (row := workspace.rows[key])}
        database = self.server.database
        return feed.publish(database, self.connection, filed, changed, hashes, nowhere)


def judges_of(
    authors: list[Author],
    workspace: Workspace,
    now: Instant,
    links: dict[bytes, dict[bytes, Judged]],
    conflicts: dict[bytes, dict[tuple[bytes, str], Row]],
) -> list[Judge]:
    """A judge for each author, with what its device said before (see ``Group``)."""
    for held in conflicts.values():
        for row in held.values():
            workspace.adopt("conflict", row)
    return [
        Judge(
            workspace,
            author,
            now,
            links.get(author.device_id, {}),
            conflicts.get(author.device_id, {}),
        )
        for author in authors
    ]


def _applied(part: Part, channels: list[str]) -> Applied:
    outcomes = part.known | {op_id: judged.outcome for op_id, judged in part.judged.items()}
    return Applied([outcomes[o.op_id] for o in part.sent], channels)


def _malformed(sent: Operation) -> Outcome:
    return Outcome(sent.op_id, Verdict.REJECTED, code="bad_operation")
