"""Judging one operation against the workspace: is it valid, is it allowed, how does it merge.

Nothing is written here; verdicts and changed rows are handed to ``apply``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from gridapp.clock import EARLIEST, LATEST
from gridapp.domain.choice import DELETION, Choice, conflict_values
from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored
from gridapp.server import decisions, deletions, merged, merging, moving
from gridapp.server.author import Author
from gridapp.server.bounds import PURGED, Bounds
from gridapp.server.conflicts import Conflicts
from gridapp.server.grounds import coming_back, only_files
from gridapp.server.place import PLACING
from gridapp.server.sent import Refused, canonical, creates, extra
from gridapp.server.steps import take_step
from gridapp.server.workspace import Key, Row, Workspace
from gridapp.sync.merge import Judgement, Link, judge


@dataclass(slots=True)
class Judged:
    """An outcome, with what the operation log keeps beside it."""

    outcome: Outcome
    starts: dict[str, Stored] = field(default_factory=dict)
    waits_for: bytes | None = None  # the missing record on which it hangs


class Judge:
    """Judges the operations of one batch in order, changing rows of the workspace."""

    def __init__(
        self,
        workspace: Workspace,
        author: Author,
        now: int,
        links: dict[bytes, Judged],
        conflicts: dict[tuple[bytes, str], Row],
    ) -> None:
        self.workspace = workspace
        self.author = author
        self.now = now
        self.links = links  # op_id -> judged, of predecessors and of this batch
        self.changed: set[Key] = set()
        self.created: set[Key] = set()
        self.bounds = Bounds(workspace, author, self.created)
        self.conflicts = Conflicts(workspace, author, now, conflicts, self.changed, self.created)
        self.replaced: set[Key] = set()  # clients must have the body: more changed than was sent
        self.moved: set[Key] = set()  # where they or their dependants stand may have changed
        # What operations did to other records than theirs, for the log.
        self.followed: list[tuple[Operation, Judged]] = []

    def judge(self, operation: Operation) -> Judged:
        """The outcome of one operation. Never raises for what a client can send."""
        try:
            judged = self._judge(operation)
        except Refused as refused:
            judged = Judged(
                Outcome(operation.op_id, refused.verdict, code=refused.code),
                self._starts(operation),
                refused.waits_for,
            )
            key = (operation.entity, operation.record_id)
            if refused.code == PURGED:  # and so is what hangs on it
                self.workspace.purged.add(operation.record_id)
            if creates(operation) and self.workspace.rows.get(key) is None:
                self.workspace.refused[self.author.staff_id].add(operation.record_id)
        self.links[operation.op_id] = judged
        return judged

    def _judge(self, operation: Operation) -> Judged:
        if operation.entity not in KINDS:
            raise Refused(Verdict.REJECTED, "unknown_kind")
        kind = KINDS[operation.entity]
        key = (operation.entity, operation.record_id)
        row = self.workspace.rows.get(key)
        if row is not None and row["merged_into"] and not self._of_the_old_one(operation):
            return self._redirected(kind, operation, row)
        sent, unknown = canonical(kind, operation)
        changes = self.workspace.successors.redirect(kind, sent, self.author)
        changes = merged.redirect(self.workspace, kind, changes)
        if changes != sent:
            self.replaced.add(key)  # it names a grid or a record that went into another one
        if row is None:
            if not creates(operation):
                raise self.bounds.missing(operation.record_id)
            if operation.record_id in self.workspace.purged:
                raise Refused(Verdict.REJECTED, PURGED)
            if self.workspace.taken.get(operation.record_id, kind.name) != kind.name:
                raise Refused(Verdict.REJECTED, "id_taken")
            return self._create(kind, operation, changes, unknown)
        if kind.append_only:
            self.bounds.check_scope(kind, operation)
            raise Refused(Verdict.REJECTED, "append_only")
        if operation.decides is not None:
            return self._decide(kind, operation, row, changes)
        if "deleted" in operation.fields:
            return self._delete(kind, operation, row)
        if merged.MERGED in operation.fields:
            return self._merge(kind, operation, row)
        return self._edit(kind, operation, row, changes, unknown)

    def _create(
        self, kind: Kind, operation: Operation, changes: dict[str, Change], unknown: dict[str, Any]
    ) -> Judged:
        row: Row = dict.fromkeys(f.name for f in kind.fields)
        row |= {n: c.after for n, c in changes.items()}
        row |= {
            "id": operation.record_id,
            "version": 0,
            "deleted": 0,
            "merged_into": None,
            "recorded_at": operation.recorded_at,
            "received_at": self.now,
            "extra": extra(None, unknown),
            "last_device": self.author.device_id,
            "run_from": 0,
        }
        if any(row[name] is None for name in kind.required):
            raise Refused(Verdict.REJECTED, "required")
        self.bounds.check_values(kind, row)
        self.bounds.check_sender(kind, row, row)
        self.bounds.check_owners(kind, row)
        elsewhere = moving.follow_ground(self.workspace, kind.name, row)
        # Adopted before the scope is asked, which follows owners; taken back where it is refused.
        self.workspace.adopt(kind.name, row)
        try:
            self.bounds.check_scope(kind, operation, reports=True)
            if kind.name == "event":
                self.bounds.check_event_parts(kind, row)
            if kind.name == "event_action":
                take_step(self.workspace, self.author, row, self.now)
        except Refused:
            self._disown(kind.name, row)
            raise
        row["version"] = 1
        self.workspace.taken[row["id"]] = kind.name
        if elsewhere or row.get("number") is not None or row["recorded_at"] in (EARLIEST, LATEST):
            self.replaced.add((kind.name, row["id"]))  # the sender does not know it
        self._note_created(kind, row)
        self._revive_owner(kind, row, operation)
        if (
            kind.name == "household_file"
            and changes["household_id"] != operation.fields["household_id"]
        ):
            merging.fold_second(self, operation, row)
        verdicts = dict.fromkeys(changes, FieldVerdict.TAKEN)
        return Judged(Outcome(operation.op_id, Verdict.APPLIED, version=1, fields=verdicts))

    def _edit(
        self,
        kind: Kind,
        operation: Operation,
        row: Row,
        changes: dict[str, Change],
        unknown: dict[str, Any],
    ) -> Judged:
        self.bounds.check_scope(kind, operation)
        self.bounds.check_fixed(kind, row, changes)
        result = judge(
            kind,
            row,
            changes,
            {n: self._link(n, c) for n, c in changes.items() if c.follows is not None},
            self.conflicts.open_ones(kind, operation.record_id),
        )
        previous = row["version"]
        key = (kind.name, operation.record_id)
        revived = bool(row["deleted"]) and not only_files(self.author, operation.fields)
        before = dict(row) if revived else row
        literal = all(result.starts[n] == c.before for n, c in changes.items())
        self._take(kind, operation, row, result, unknown)
        if revived or not literal:
            self.replaced.add(key)
        if revived:
            # An edit that meets a deletion brings the record back, and asks.
            deletions.edited(self, kind, operation, before, row)
        for clash in result.clashes:
            self.conflicts.clash(operation, key, clash)
        return _judged(operation, result, previous, row)

    def _take(
        self,
        kind: Kind,
        operation: Operation,
        row: Row,
        result: Judgement,
        unknown: dict[str, Any],
    ) -> None:
        """Write what was merged into the row, if it may be so. A deleted record that is edited comes back."""
        after = row | result.values
        if any(after[name] is None for name in kind.required):
            raise Refused(Verdict.REJECTED, "required")
        self.bounds.check_values(kind, after)
        self.bounds.check_sender(
            kind, after, {n: v for n, v in result.values.items() if row[n] != v}
        )
        self.bounds.check_move(kind, row, result.values)
        values = {n: v for n, v in result.values.items() if row[n] != v}
        more = extra(row["extra"], unknown)
        if row["deleted"] and not only_files(self.author, operation.fields):
            values = self._coming_back(kind.name, row) | values
        if not values and more == row["extra"]:
            return
        row |= values
        row["extra"] = more
        self._next_version(row)
        key = (kind.name, operation.record_id)
        self.changed.add(key)
        self.conflicts.note_written(row["id"], values)
        if not PLACING.isdisjoint(values) or kind.name == "residence":
            self.moved.add(key)
        if kind.name == "household" and "grid_id" in values:
            self._carry(row)
        if "successor_id" in values:
            self.workspace.successors.note(row)
        # The sender can follow only what was taken exactly as it was sent.
        if _verdict(result) is not Verdict.APPLIED:
            self.replaced.add(key)

    def _carry(self, household: Row) -> None:
        carried = moving.carry_along(self.workspace, household, self.now)
        self.changed |= {c.key for c in carried}
        self.moved |= {c.key for c in carried}
        self.created |= {c.key for c in carried if c.made}

    def _decide(
        self, kind: Kind, operation: Operation, row: Row, changes: dict[str, Change]
    ) -> Judged:
        """A person's choice between two values: an edit that closes the conflict where it holds."""
        assert operation.decides is not None
        self.bounds.check_scope(kind, operation)
        self.bounds.check_fixed(kind, row, changes)
        held = decisions.decided_conflict(self.workspace, operation, operation.decides)
        previous = row["version"]
        if held["field"] == DELETION:
            result, choice = self._decide_deletion(kind, operation, row)
        else:
            choice = decisions.choice_of(kind, changes, operation.decides)
            stake = decisions.stake_of(kind, held, row)
            result = decisions.weigh(kind, row, changes, stake, operation, choice)
            if result.values:
                if row["deleted"]:
                    self.replaced.add((kind.name, operation.record_id))  # it comes back
                self._take(kind, operation, row, result, {})
        standing = {n: row[n] for n in conflict_values(kind, held["other"])}
        if _verdict(result) is Verdict.APPLIED:
            self.conflicts.decide(held, choice, standing)
            return _judged(operation, result, previous, row)
        if held["field"] == DELETION:
            deletions.grown(self, kind, operation, held, row)
        else:
            self.conflicts.renew(held, standing)
        return _judged(operation, result, previous, row, decisions.VALUES_CHANGED)

    def _decide_deletion(
        self, kind: Kind, operation: Operation, row: Row
    ) -> tuple[Judgement, Choice]:
        """To delete after all, unless somebody did more meanwhile; or to keep what is still there."""
        wanted = operation.fields.get("deleted")
        if wanted is None or len(operation.fields) > 1 or wanted.after not in (0, 1):
            raise Refused(Verdict.REJECTED, "bad_operation")
        if wanted.after:
            verdict = self._mark_deleted(kind, operation, row)
        else:
            verdict = FieldVerdict.CONFLICT if row["deleted"] else FieldVerdict.SAME
        result = Judgement(verdicts={"deleted": verdict}, starts={"deleted": 0})
        return result, Choice.OTHER if wanted.after else Choice.STANDING

    def _delete(self, kind: Kind, operation: Operation, row: Row) -> Judged:
        if operation.fields["deleted"].after != 1 or len(operation.fields) > 1:
            raise Refused(Verdict.REJECTED, "bad_operation")
        self.bounds.check_scope(kind, operation)
        previous = row["version"]
        verdict = self._mark_deleted(kind, operation, row)
        if verdict is FieldVerdict.CONFLICT:
            deletions.refused(self, kind, operation, row)
        result = Judgement(verdicts={"deleted": verdict}, starts={"deleted": 0})
        return _judged(operation, result, previous, row)

    def _merge(self, kind: Kind, operation: Operation, row: Row) -> Judged:
        """Let a record go into another one with everything that hangs on it."""
        previous = row["version"]
        found = merging.check(self, kind, operation)
        if found is not None:
            merging.merge(self, kind, operation, *found)
        self.replaced.add((kind.name, operation.record_id))
        verdict = FieldVerdict.SAME if found is None else FieldVerdict.TAKEN
        result = Judgement(verdicts={merged.MERGED: verdict}, starts={merged.MERGED: None})
        return _judged(operation, result, previous, row)

    def _of_the_old_one(self, operation: Operation) -> bool:
        """Whether an operation means a merged-away record itself."""
        if merged.MERGED in operation.fields:
            return True
        decides = operation.decides
        held = self.workspace.rows.get(("conflict", decides.conflict)) if decides else None
        return held is not None and held["target_id"] == operation.record_id

    def _redirected(self, kind: Kind, operation: Operation, row: Row) -> Judged:
        """What is said of a merged-away record is said of the one into which it went; a deletion is done."""
        into = merged.standing(self.workspace, (kind.name, row["id"]))
        sent = merging.to_the_other(operation, into, self.workspace.rows[into])
        if "deleted" in operation.fields:
            self.bounds.check_scope(kind, operation)
            result = Judgement(verdicts={"deleted": FieldVerdict.SAME}, starts={"deleted": 0})
            done = _judged(operation, result, row["version"], row)
        else:
            done = self._judge(sent)
            self.followed.append((sent, done))
        previous = row["version"]
        merging.told_whole(self, (kind.name, row["id"]))
        outcome = msgspec.structs.replace(
            done.outcome, op_id=operation.op_id, previous=previous, version=row["version"]
        )
        return Judged(outcome, done.starts)

    def follow(self, operation: Operation, outcome: Outcome, starts: dict[str, Stored]) -> None:
        """Note what an operation did to another record than its own."""
        self.followed.append((operation, Judged(outcome, starts)))

    def _mark_deleted(self, kind: Kind, operation: Operation, row: Row) -> FieldVerdict:
        """Mark the record as deleted, unless somebody else changed it, or created beneath it, meanwhile."""
        if row["deleted"]:
            return FieldVerdict.SAME
        if self._changed_since(operation, row) or deletions.unseen_beneath(self, kind, operation):
            return FieldVerdict.CONFLICT
        row["deleted"] = 1
        self.conflicts.deleted[row["id"]] = deletions.sent_by(self, operation)
        self._next_version(row)
        self.changed.add((kind.name, operation.record_id))
        if kind.name == "residence" or "grid_id" in self._coming_back(kind.name, row):
            self.moved.add((kind.name, operation.record_id))
        return FieldVerdict.TAKEN

    def _coming_back(self, entity: str, row: Row) -> Row:
        """What a deleted record is when it comes back: it may belong to another grid by now."""
        return coming_back(self.workspace.rows, self.workspace.successors, entity, row)

    def _revive_owner(self, kind: Kind, row: Row, operation: Operation) -> None:
        if not kind.owner:
            return
        owner = self.workspace.rows.get((kind.owner_kind, row[kind.owner]))
        if owner is None:
            return
        back = bool(owner["deleted"])
        if back:
            home = self._coming_back(kind.owner_kind, owner)
            owner |= home | {"version": owner["version"] + 1, "last_device": None}
            self.changed.add((kind.owner_kind, owner["id"]))
            if "grid_id" in home:
                self.moved.add((kind.owner_kind, owner["id"]))
        deletions.created(self, kind, operation, owner, back=back)

    def _link(self, name: str, change: Change) -> Link:
        assert change.follows is not None
        judged = self.links.get(change.follows)
        if judged is None or name not in judged.starts:
            return Link(stands=True, start=change.before)
        stands = judged.outcome.fields.get(name) in (
            FieldVerdict.TAKEN,
            FieldVerdict.SAME,
            FieldVerdict.MERGED,
        )
        clashed = judged.outcome.fields.get(name) is FieldVerdict.CONFLICT
        return Link(stands, judged.starts.get(name), clashed)

    def _starts(self, operation: Operation) -> dict[str, Stored]:
        """Where the chains of a refused operation began: the next one goes on from there."""
        found: dict[str, Stored] = {}
        for name, change in operation.fields.items():
            link = self._link(name, change) if change.follows is not None else None
            found[name] = change.before if link is None or link.stands else link.start
        return found

    def _changed_since(self, operation: Operation, row: Row) -> bool:
        """Whether somebody else changed the record after the version that was deleted."""
        if row["version"] == operation.base_version:
            return False
        return self.workspace.changed_by_others(
            operation.record_id, operation.base_version, self.author.device_id
        )

    def _next_version(self, row: Row) -> None:
        if row["last_device"] != self.author.device_id:
            row["last_device"] = self.author.device_id
            row["run_from"] = row["version"]
        row["version"] += 1

    def _note_created(self, kind: Kind, row: Row) -> None:
        key = (kind.name, row["id"])
        self.changed.add(key)
        self.created.add(key)
        if kind.name == "residence":
            self.moved.add(key)
        elif row.get("target_unit_id"):
            self.moved.add(("event", row["event_id"]))

    def _disown(self, entity: str, row: Row) -> None:
        self.workspace.rows[entity, row["id"]] = None
        if entity == "residence":
            self.workspace.homes[row["person_id"]].pop(row["id"], None)
        if entity == "event_action":
            self.workspace.steps[row["event_id"]].pop(row["id"], None)


def _verdict(result: Judgement) -> Verdict:
    found = set(result.verdicts.values())
    if FieldVerdict.CONFLICT in found:
        return Verdict.CONFLICT
    return Verdict.MERGED if FieldVerdict.MERGED in found else Verdict.APPLIED


def _judged(
    operation: Operation, result: Judgement, previous: int, row: Row, code: str = ""
) -> Judged:
    outcome = Outcome(
        operation.op_id,
        _verdict(result),
        code=code,
        previous=previous,
        version=row["version"],
        fields=result.verdicts,
    )
    return Judged(outcome, result.starts)
