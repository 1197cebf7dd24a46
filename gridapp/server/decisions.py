"""A person's choice between two values, as the server judges it.

It is an edit of the record that names both values as they were seen. It holds only while both are still so;
otherwise the same conflict stays open with what stands now, and the person is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping

from gridapp.domain.choice import AtStake, Choice, at_stake, conflict_values
from gridapp.domain.conflict import OPEN
from gridapp.domain.exchange import Change, Decision, FieldVerdict, Operation, Verdict
from gridapp.domain.fields import merged
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored
from gridapp.server.sent import Refused, seen
from gridapp.server.workspace import Row, Workspace
from gridapp.sync.merge import Judgement

ALREADY_DECIDED = "already_decided"
VALUES_CHANGED = "values_changed"


def decided_conflict(workspace: Workspace, operation: Operation, decision: Decision) -> Row:
    """The conflict that is decided. Raises ``Refused``: ``not_allowed``, ``bad_operation``, ``already_decided``."""
    held = workspace.rows.get(("conflict", decision.conflict))
    if held is None or (held["target_kind"], held["target_id"]) != (
        operation.entity,
        operation.record_id,
    ):
        raise Refused(Verdict.REJECTED, "not_allowed")
    if held["state"] != OPEN:
        raise Refused(Verdict.REJECTED, ALREADY_DECIDED)
    return held


def stake_of(kind: Kind, held: Row, row: Row) -> AtStake:
    """What is to be chosen between now."""
    return at_stake(
        kind, conflict_values(kind, held["standing"]), conflict_values(kind, held["other"]), row
    )


def choice_of(kind: Kind, changes: Mapping[str, Change], decision: Decision) -> Choice:
    """Which value was chosen. Raises ``Refused`` ``bad_operation`` where it is neither of the two."""
    before = {n: c.before for n, c in changes.items()}
    after = {n: c.after for n, c in changes.items()}
    if after and after == before:
        return Choice.STANDING
    if after and after == other_seen(kind, decision):
        return Choice.OTHER
    raise Refused(Verdict.REJECTED, "bad_operation")


def other_seen(kind: Kind, decision: Decision) -> dict[str, Stored]:
    """The other values as the person saw them, in stored form."""
    known = kind.by_name
    return {n: seen(known[n], v) if n in known else v for n, v in decision.other.items()}


def weigh(
    kind: Kind,
    row: Row,
    changes: Mapping[str, Change],
    stake: AtStake,
    operation: Operation,
    choice: Choice,
) -> Judgement:
    """Take the choice into ``row``, or let it stand aside where either value is not what was seen.

    Of a record that was deleted, and seen to be: what stood leaves it so, the other value brings it back.
    """
    assert operation.decides is not None
    before = {n: c.before for n, c in changes.items()}
    after = {n: c.after for n, c in changes.items()}
    result = Judgement(starts=dict(before))
    holds = stake.other == other_seen(kind, operation.decides)
    holds = holds and stake.standing in (before, after)
    if not holds or (row["deleted"] and operation.base_version < row["version"]):
        result.verdicts = dict.fromkeys(changes, FieldVerdict.CONFLICT)
        return result
    if row["deleted"] and choice is Choice.STANDING:
        result.verdicts = dict.fromkeys(changes, FieldVerdict.SAME)
        return result
    for name, change in changes.items():
        value = merged(kind.by_name[name], row.get(name), change.before, change.after)
        result.values[name] = value
        same = value == row.get(name)
        result.verdicts[name] = FieldVerdict.SAME if same else FieldVerdict.TAKEN
    return result
