"""Whether the row that came back, and the rights of the sender, bear out an answer that a client brings."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from gridapp.domain.conflict import OPEN
from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.fields import mergeable
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored
from gridapp.server.bounds import Bounds
from gridapp.server.lineage import Lineage
from gridapp.server.place import PLACING
from gridapp.server.schema import tables
from gridapp.server.sent import Refused, canonical, creates
from gridapp.server.workspace import Row

TAKEN = (Verdict.APPLIED, Verdict.MERGED, Verdict.CONFLICT)
_STANDS = (FieldVerdict.TAKEN, FieldVerdict.SAME)


@dataclass(slots=True)
class Reached:
    """What a row holds of former epochs: up to ``row`` by itself, up to ``best`` with what was merged into it since.

    ``lineage``: what was done to it in this epoch. ``made``: versions of which it is known who made them.
    """

    row: int = 0
    best: int = 0
    lineage: Lineage | None = None
    made: set[int] = field(default_factory=set)


def vouched(bounds: Bounds, sent: Operation, outcome: Outcome, reached: Reached) -> bool:
    """Whether this operation may be taken to have been answered so. Otherwise it is judged like any other."""
    row = bounds.workspace.rows.get((sent.entity, sent.record_id))
    if row is None or outcome.verdict not in TAKEN or not 0 < outcome.version <= reached.best:
        return False
    if outcome.version > outcome.previous and outcome.version in reached.made:
        return False
    kind = KINDS[sent.entity]
    try:
        changes, _ = canonical(kind, sent)
        _check_rights(bounds, kind, sent, changes)
    except Refused:
        return False
    return (
        _whole(sent, changes, outcome)
        and (outcome.version != reached.row or _holds(kind, sent, changes, outcome, row, reached))
        and _conflict_came_back(bounds, sent, outcome)
        and _choice_came_back(bounds, sent)
    )


def _check_rights(bounds: Bounds, kind: Kind, sent: Operation, changes: dict[str, Change]) -> None:
    """As for what is sent now, but what ended meanwhile was hers then. Raises ``Refused``."""
    if kind.append_only and not creates(sent):
        raise Refused(Verdict.REJECTED, "append_only")
    after: Row = {name: change.after for name, change in changes.items()}
    bounds.check_sender(kind, after, after)
    try:
        bounds.check_scope(kind, sent, reports=creates(sent))
    except Refused as refused:
        if refused.verdict is not Verdict.PARKED:
            raise


def _whole(sent: Operation, changes: dict[str, Change], outcome: Outcome) -> bool:
    """Whether the answer speaks of all that was sent. Of a decision it speaks of what had to be weighed."""
    said = changes.keys() | ({"deleted", "merged_into"} & sent.fields.keys())
    return sent.decides is not None or said <= outcome.fields.keys()


def _holds(
    kind: Kind,
    sent: Operation,
    changes: dict[str, Change],
    outcome: Outcome,
    row: Row,
    reached: Reached,
) -> bool:
    """Whether the row, as it was in that version, has the values that were taken."""
    if row["merged_into"]:
        return True  # what was said of it went to another record
    placing = PLACING if creates(sent) else frozenset()
    for name, verdict in outcome.fields.items():
        change = changes.get(name) or sent.fields.get(name)
        # Where a record stands may follow from what it stands on.
        if change is None or verdict is FieldVerdict.CONFLICT or name in placing:
            continue
        if (
            verdict is FieldVerdict.MERGED
            and name in kind.by_name
            and mergeable(kind.by_name[name])
        ):
            continue
        if verdict not in _STANDS or _value(name, row, reached.lineage) != change.after:
            return False
    return True


def _value(name: str, row: Row, lineage: Lineage | None) -> Stored:
    """Of a field, before anything of this epoch."""
    since = lineage.fields.get(name) if lineage else None
    found: Stored = since.before if since else row.get(name)
    return found


def _conflict_came_back(bounds: Bounds, sent: Operation, outcome: Outcome) -> bool:
    """Whether the conflict in which a value stood aside is here."""
    if FieldVerdict.CONFLICT not in outcome.fields.values():
        return True
    c = tables["conflict"].c
    own = (c.target_id == sent.record_id, c.device_id == bounds.author.device_id)
    return bounds.workspace.connection.execute(select(c.id).where(*own)).first() is not None


def _choice_came_back(bounds: Bounds, sent: Operation) -> bool:
    """Whether a choice need not be made again: what it closed is not open here."""
    if sent.decides is None:
        return True
    c = tables["conflict"].c
    asked = select(c.state).where(c.id == sent.decides.conflict)
    return bounds.workspace.connection.scalar(asked) != OPEN
