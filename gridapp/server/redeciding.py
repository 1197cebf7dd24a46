"""Decisions that a restored server forgot: what was decided follows from the review that came back.

A review that is handed back is known by its MAC (``recalled``), so it needs nobody's word; an operation that comes
again after its review is judged by it too.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from gridapp.clock import day_of
from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.record import new_id
from gridapp.domain.review import ACCEPTED, RETURNED
from gridapp.server import decided
from gridapp.server.author import SYSTEM, Author, load_authors
from gridapp.server.decided import Said
from gridapp.server.judge import Judge, Judged
from gridapp.server.lineage import handed_back
from gridapp.server.parked import Parked
from gridapp.server.sent import creates
from gridapp.server.workspace import Row, Workspace

SAID = ("state", "note", "changed", "seen", "decided_by", "decided_at")
_DECIDED = (ACCEPTED, RETURNED)


def is_recalled(judge: Judge, operation: Operation) -> bool:
    """Whether it is the server's own word about a review that came back."""
    return judge.author.staff_id == SYSTEM.bytes and "decided_by" in operation.fields


def is_decided(review: Row | None) -> bool:
    """Whether somebody decided, before the operation was parked (again)."""
    return review is not None and review["state"] in _DECIDED and bool(review["decided_by"])


def contained(
    connection: Connection, workspace: Workspace, operation: Operation, changed: bool = False
) -> Judged | None:
    """The outcome of an operation that the row which came back holds already; None where it does not."""
    row = workspace.rows.get((operation.entity, operation.record_id))
    if row is None:
        return None
    if creates(operation):
        taken = dict.fromkeys(operation.fields, FieldVerdict.TAKEN)
        return Judged(Outcome(operation.op_id, Verdict.APPLIED, version=1, fields=taken))
    same = not changed and all(row.get(n) == c.after for n, c in operation.fields.items())
    if not same and not handed_back(connection, [operation.record_id]):
        return None
    verdicts = dict.fromkeys(operation.fields, FieldVerdict.SAME)
    version = row["version"]
    starts = {name: change.before for name, change in operation.fields.items()}
    outcome = Outcome(
        operation.op_id, Verdict.APPLIED, previous=version, version=version, fields=verdicts
    )
    return Judged(outcome, starts)


def as_said(one: Parked, review: Row) -> tuple[Operation, Said]:
    """The decision that a review holds, as it was sent."""
    state, note = str(review["state"]), review["note"]
    changed = decided.values(one, review["changed"])
    sent = Operation(
        new_id().bytes,
        1,
        "review",
        review["id"],
        review["version"],
        {"state": Change(None, state)},
        review["decided_at"] or review["received_at"],
        0,
    )
    return sent, Said(state, note, changed, decided.values(one, review["seen"]))


def decider(connection: Connection, judge: Judge, staff_id: bytes) -> Author:
    """Who decided, with the rights of then: a role that ended since takes nothing back."""
    known = judge.workspace.reference, [(staff_id, SYSTEM.bytes)]
    district = judge.author.district_id
    author = load_authors(connection, *known, district, day_of(judge.now))[0]
    return replace(author, holdings=tuple(replace(h, ended=False) for h in author.holdings))
