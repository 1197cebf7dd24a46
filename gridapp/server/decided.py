"""What the head of a grid says about parked work, as it was sent: accepted, with other values, or given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import msgspec

from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.review import ACCEPTED, RETURNED, WAITING
from gridapp.domain.values import Stored, loaded, stored
from gridapp.errors import Problem
from gridapp.server.author import Author
from gridapp.server.decisions import ALREADY_DECIDED
from gridapp.server.parked import Parked
from gridapp.server.place import Place
from gridapp.server.reviews import WAITS
from gridapp.server.sent import Refused, canonical, creates
from gridapp.server.workspace import Row

_NAMESPACE = UUID("8b0f6a52-54d1-5a2e-9c1c-0f6f7a3d2b11")
NOTE_MISSING = "note_missing"
_REVIEW = KINDS["review"]
# Who did it is the author's word, whoever decides.
_AUTHORS_OWN = frozenset({"visited_by", "recorded_by", "reported_by", "actor_id"})


@dataclass(frozen=True, slots=True)
class Said:
    """A decision. ``changed``: field -> what it is to be; ``seen``: field -> what stood there then."""

    state: str
    note: Stored
    changed: Mapping[str, Stored]
    seen: Mapping[str, Stored]


def read(operation: Operation, held: Row | None, author: Author, parked: Parked | None) -> Said:
    """The decision that an operation on a review says. Raises ``Refused``."""
    changes, unknown = canonical(_REVIEW, operation)
    if held is None or not author.may_write("review", Place(frozenset({held["grid_id"]}))):
        raise Refused(Verdict.REJECTED, "not_allowed")
    if held["state"] != WAITING:
        raise Refused(Verdict.REJECTED, ALREADY_DECIDED)
    state = changes["state"].after if "state" in changes else None
    if state not in (ACCEPTED, RETURNED) or unknown or "deleted" in operation.fields:
        raise Refused(Verdict.REJECTED, "bad_operation")
    if held["hangs_on"]:
        raise Refused(Verdict.REJECTED, WAITS)
    if state == RETURNED and not _says_why(changes):
        raise Refused(Verdict.REJECTED, NOTE_MISSING)
    after = {name: change.after for name, change in changes.items()}
    if parked is None:
        # A restored server may not have the operation (yet): to give it back is possible all the same.
        if state != RETURNED or after.get("changed"):
            raise Refused(Verdict.REJECTED, "not_allowed")
        return Said(RETURNED, after.get("note"), {}, {})
    changed = values(parked, after.get("changed"))
    if changed and (state != ACCEPTED or not _may_change(parked, changed)):
        raise Refused(Verdict.REJECTED, "bad_operation")
    return Said(str(state), after.get("note"), changed, values(parked, after.get("seen")))


def _says_why(changes: Mapping[str, Change]) -> bool:
    return "note" in changes and bool(str(changes["note"].after or "").strip())


def as_accepted(parked: Parked, said: Said) -> Operation:
    """The operation as it is judged: a creation with the values of the head, an edit without the fields that the
    head sets."""
    fields = dict(parked.operation.fields)
    if creates(parked.operation):
        fields |= {n: Change(None, v) for n, v in said.changed.items()}
        fields = {n: c for n, c in fields.items() if c.after is not None}
    else:
        fields = {n: c for n, c in fields.items() if n not in said.changed}
    return msgspec.structs.replace(parked.operation, fields=fields)


def heads_edit(decision: Operation, parked: Parked, said: Said, version: int) -> Operation:
    """What the head changed, as an edit of the record in the head's own name."""
    sent = parked.operation.fields
    if creates(parked.operation):
        before = {n: sent[n].after if n in sent else None for n in said.changed}
    else:
        before = {n: said.seen.get(n, sent[n].before) for n in said.changed}
    fields = {n: Change(before[n], after) for n, after in said.changed.items()}
    return Operation(
        uuid5(_NAMESPACE, decision.op_id.hex()).bytes,
        decision.counter,
        parked.operation.entity,
        parked.operation.record_id,
        version,
        fields,
        decision.recorded_at,
        decision.clock_offset,
    )


def values(parked: Parked, text: Stored) -> dict[str, Stored]:
    """Stored values by field out of a map, where ids are in hex. Raises ``Refused``."""
    known = KINDS[parked.operation.entity].by_name
    found: dict[str, Stored] = {}
    given: Mapping[str, Any] = loaded(_REVIEW.by_name["changed"], text)
    for name, value in given.items():
        field = known.get(name)
        if field is None or field.given or field.derived or field.fixed:
            raise Refused(Verdict.REJECTED, "bad_operation")
        try:
            found[name] = stored(field, value)
        except Problem as problem:
            raise Refused(Verdict.REJECTED, problem.code) from problem
    return found


def _may_change(parked: Parked, changed: Mapping[str, Stored]) -> bool:
    """Of an edit only what it sent, a group as a whole; of a creation anything but whose work it is."""
    if not _AUTHORS_OWN.isdisjoint(changed):
        return False
    if creates(parked.operation):
        return True
    known = KINDS[parked.operation.entity].by_name
    groups = {known[n].group for n in changed} - {""}
    whole = {n for n in parked.operation.fields if n in known and known[n].group in groups}
    return changed.keys() <= parked.operation.fields.keys() and whole <= changed.keys()
