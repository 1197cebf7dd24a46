"""Open conflicts follow what becomes of their record: they say what stands now, and by whom, and close themselves
where nothing is left to choose between. No matter whose device they are of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from gridapp.domain.choice import DELETION, conflict_values, differing_keys, map_of
from gridapp.domain.conflict import CLOSED, OPEN
from gridapp.domain.exchange import FieldVerdict, Operation, Outcome
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind, Type
from gridapp.domain.values import Stored, canonical_json
from gridapp.server import deletions
from gridapp.server.judge import Judge
from gridapp.server.workspace import Row

_WRITTEN = (FieldVerdict.TAKEN, FieldVerdict.MERGED)


class Agreeing:
    """``conflicts``: those that were open when the group began, of every device."""

    def __init__(self, conflicts: Iterable[Row]) -> None:
        self._of: dict[bytes, list[Row]] = defaultdict(list)
        for row in conflicts:
            self._of[row["target_id"]].append(row)

    def note(self, judge: Judge, operation: Operation, outcome: Outcome) -> None:
        """An operation was judged: bring the conflicts of its record up to date."""
        held = list(self._of.get(operation.record_id, ()))
        asked = judge.conflicts.held.get((operation.record_id, DELETION))
        if asked is not None and all(asked is not one for one in held):
            held.append(asked)  # opened since
        if not held or outcome.version <= outcome.previous:
            return
        row = judge.workspace.rows[operation.entity, operation.record_id]
        assert row is not None
        written = {name for name, verdict in outcome.fields.items() if verdict in _WRITTEN}
        for conflict in held:
            if conflict["state"] != OPEN:
                continue
            if conflict["field"] == DELETION and not row["deleted"]:
                kind = KINDS[operation.entity]
                deletions.edited_more(judge, kind, conflict, operation, written, row)
            else:
                _bring_up_to_date(judge, KINDS[operation.entity], conflict, row, written)


def _bring_up_to_date(judge: Judge, kind: Kind, conflict: Row, row: Row, written: set[str]) -> None:
    if conflict["field"] == DELETION:
        conflict["state"] = CLOSED
        judge.conflicts.renew(conflict, {DELETION: 1})
        return
    other = conflict_values(kind, conflict["other"])
    if written.isdisjoint(other):
        return
    was = conflict_values(kind, conflict["standing"])
    standing = {n: _standing(kind, n, was.get(n), other[n], row[n]) for n in other}
    if standing == other:
        conflict["state"] = CLOSED
    judge.conflicts.renew(conflict, standing)


def _standing(kind: Kind, name: str, was: Stored, other: Stored, now: Stored) -> Stored:
    """What stands; of a map only the keys over which there is a choice, the rest as in the other value."""
    if kind.by_name[name].type is not Type.MAP:
        return now
    keys = differing_keys(was, other)
    values: Mapping[str, object] = map_of(now)
    mixed = {k: v for k, v in map_of(other).items() if k not in keys}
    mixed |= {k: v for k, v in values.items() if k in keys}
    return canonical_json(mixed) if mixed else None
