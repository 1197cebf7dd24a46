"""Judging one operation against the workspace: is it valid, is it allowed, how does it merge.

Nothing is written here; verdicts and changed rows are handed to ``apply``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from gridapp.domain import workflow
from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.identity import check_identity
from gridapp.domain.kinds import CHILDREN, KINDS
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored, canonical_json, loaded, stored
from gridapp.errors import Problem
from gridapp.server.author import Author
from gridapp.server.workspace import Key, Row, Workspace
from gridapp.sync.merge import Clash, Judgement, Link, OpenConflict, judge

_CONFLICTS = UUID("6f0f5f0e-7a43-5d0c-9a52-6b1d6f6c1a10")


# Fields on which it depends where a record, or what hangs on it, stands.
_PLACING = frozenset(
    {
        "grid_id",
        "dwelling_id",
        "building_id",
        "micro_grid_id",
        "household_id",
        "person_id",
        "to_date",
        "target_unit_id",
    }
)

# A deletion met somebody else's work: the record stays, the wish to delete it is kept.
_DELETION = Clash("deleted", {"deleted": 0}, {"deleted": 0}, {"deleted": 1})


class Refused(Exception):  # noqa: N818 - a verdict, not an error
    """An operation that is not taken: verdict and stable code."""

    def __init__(self, verdict: Verdict, code: str) -> None:
        super().__init__(code)
        self.verdict = verdict
        self.code = code


@dataclass(slots=True)
class Judged:
    """An outcome, with what the operation log keeps beside it."""

    outcome: Outcome
    starts: dict[str, Stored] = field(default_factory=dict)


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
        self.conflicts = conflicts  # (record, field or group) -> this device's conflict row
        self.changed: set[Key] = set()
        self.created: set[Key] = set()
        self.replaced: set[Key] = set()  # clients must have the body: more changed than was sent
        self.moved: set[Key] = set()  # where they or their dependants stand may have changed

    def judge(self, operation: Operation) -> Judged:
        """The outcome of one operation. Never raises for what a client can send."""
        try:
            judged = self._judge(operation)
        except Refused as refused:
            judged = Judged(
                Outcome(operation.op_id, refused.verdict, code=refused.code),
                {name: change.before for name, change in operation.fields.items()},
            )
        self.links[operation.op_id] = judged
        return judged

    def _judge(self, operation: Operation) -> Judged:
        if operation.entity not in KINDS:
            raise Refused(Verdict.REJECTED, "unknown_kind")
        kind = KINDS[operation.entity]
        key = (operation.entity, operation.record_id)
        row = self.workspace.rows.get(key)
        changes, unknown = _canonical(kind, operation)
        if "deleted" in operation.fields:
            return self._delete(kind, operation, row)
        if row is None:
            return self._create(kind, operation, changes, unknown)
        if kind.append_only:
            raise Refused(Verdict.REJECTED, "append_only")
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
            "extra": _extra(None, unknown),
            "last_device": self.author.device_id,
            "run_from": 0,
        }
        missing = [f.name for f in kind.editable if f.required and row[f.name] is None]
        if missing:
            raise Refused(Verdict.REJECTED, "required")
        self._check_values(kind, row)
        self._check_owner(kind, row)
        # Adopted before the scope is asked, which follows owners; taken back where it is refused.
        self.workspace.adopt(kind.name, row)
        try:
            self._check_scope(kind, operation)
            if kind.name == "event_action":
                self._take_step(row)
        except Refused:
            self._disown(kind.name, row)
            raise
        row["version"] = 1
        self._note_created(kind, row)
        self._revive_owner(kind, row, operation)
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
        self._check_scope(kind, operation)
        result = judge(
            kind,
            row,
            changes,
            {n: self._link(n, c) for n, c in changes.items() if c.follows is not None},
            self._open_conflicts(operation.record_id),
        )
        after = row | result.values
        if any(f.required and after[f.name] is None for f in kind.editable):
            raise Refused(Verdict.REJECTED, "required")
        self._check_values(kind, after)
        previous = row["version"]
        values = {n: v for n, v in result.values.items() if row[n] != v}
        extra = _extra(row["extra"], unknown)
        if row["deleted"]:
            # An edit that meets a deletion brings the record back, and asks.
            values["deleted"] = 0
            self._clash(operation, kind.name, _DELETION)
        if values or extra != row["extra"]:
            row |= values
            row["extra"] = extra
            self._next_version(row)
            self.changed.add((kind.name, operation.record_id))
            if not _PLACING.isdisjoint(values) or kind.name == "residence":
                self.moved.add((kind.name, operation.record_id))
            if "deleted" in values or _verdict(result) is not Verdict.APPLIED:
                self.replaced.add((kind.name, operation.record_id))
        for clash in result.clashes:
            self._clash(operation, kind.name, clash)
        outcome = Outcome(
            operation.op_id,
            _verdict(result),
            previous=previous,
            version=row["version"],
            fields=result.verdicts,
        )
        return Judged(outcome, result.starts)

    def _delete(self, kind: Kind, operation: Operation, row: Row | None) -> Judged:
        if row is None:
            raise Refused(Verdict.REJECTED, "unknown_record")
        self._check_scope(kind, operation)
        previous = row["version"]
        if row["deleted"]:
            verdict = FieldVerdict.SAME
        elif self._changed_since(operation, row) or self._created_beneath(kind, operation):
            verdict = FieldVerdict.CONFLICT
            self._clash(operation, kind.name, _DELETION)
        else:
            verdict = FieldVerdict.TAKEN
            row["deleted"] = 1
            self._next_version(row)
            self.changed.add((kind.name, operation.record_id))
            if kind.name == "residence":
                self.moved.add((kind.name, operation.record_id))
        outcome = Outcome(
            operation.op_id,
            Verdict.CONFLICT if verdict is FieldVerdict.CONFLICT else Verdict.APPLIED,
            previous=previous,
            version=row["version"],
            fields={"deleted": verdict},
        )
        return Judged(outcome, {"deleted": 0})

    def _check_values(self, kind: Kind, row: Row) -> None:
        if kind.name == "person_file":
            fields = kind.by_name
            try:
                check_identity(
                    row["id_kind"] or "",
                    row["id_number"] or "",
                    loaded(fields["birth_date"], row["birth_date"]),
                    row["sex"] or "",
                )
            except Problem as problem:
                raise Refused(Verdict.REJECTED, problem.code) from problem

    def _check_owner(self, kind: Kind, row: Row) -> None:
        if not kind.owner:
            return
        owner = (kind.owner_kind, row[kind.owner])
        if self.workspace.rows.get(owner) is None:
            if owner[1] in self.workspace.refused:
                raise Refused(Verdict.PARKED, "waits_for_owner")
            raise Refused(Verdict.REJECTED, "no_owner")

    def _check_scope(self, kind: Kind, operation: Operation) -> None:
        place = self.workspace.place(kind.name, operation.record_id)
        if self.author.may_write(kind.name, place):
            return
        if self.author.may_write(kind.name, place, ended=True):
            raise Refused(Verdict.PARKED, "role_ended")
        if operation.base_version > 0 and self.workspace.once_held(
            operation.record_id, self.author.channels()
        ):
            raise Refused(Verdict.PARKED, "moved_away")
        raise Refused(Verdict.REJECTED, "not_allowed")

    def _take_step(self, row: Row) -> None:
        event = row["event_id"]
        steps = [s for s in self.workspace.steps[event].values() if s["number"] is not None]
        steps.sort(key=lambda s: s["number"])
        state = workflow.state_after([s["action"] for s in steps])
        code = workflow.judge(state, row["action"], self.author.roles)
        if code is None and row["action"] in workflow.BY_TARGET_UNIT:
            target = next(
                (s["target_unit_id"] for s in reversed(steps) if s["target_unit_id"]), None
            )
            if target not in {h.unit for h in self.author.holdings if not h.ended}:
                code = workflow.NOT_ALLOWED
        if code is not None:
            raise Refused(Verdict.REJECTED, code)
        row["number"] = steps[-1]["number"] + 1 if steps else 1

    def _revive_owner(self, kind: Kind, row: Row, operation: Operation) -> None:
        if not kind.owner:
            return
        owner = self.workspace.rows.get((kind.owner_kind, row[kind.owner]))
        if owner is not None and owner["deleted"]:
            owner["deleted"] = 0
            owner["version"] += 1
            owner["last_device"] = None
            self.changed.add((kind.owner_kind, owner["id"]))
            self._clash(operation, kind.owner_kind, _DELETION, record_id=owner["id"])

    def _link(self, name: str, change: Change) -> Link:
        assert change.follows is not None
        judged = self.links.get(change.follows)
        if judged is None:
            return Link(stands=True, start=change.before)
        stands = judged.outcome.fields.get(name) in (
            FieldVerdict.TAKEN,
            FieldVerdict.SAME,
            FieldVerdict.MERGED,
        )
        return Link(stands, judged.starts.get(name))

    def _open_conflicts(self, record_id: bytes) -> dict[str, OpenConflict]:
        return {
            name: OpenConflict(_values(c["start"]), _values(c["other"]))
            for (target, name), c in self.conflicts.items()
            if target == record_id and c["state"] == "open"
        }

    def _clash(
        self, operation: Operation, entity: str, clash: Clash, record_id: bytes | None = None
    ) -> None:
        target = record_id or operation.record_id
        held = self.conflicts.get((target, clash.name))
        if held is None or held["state"] != "open":
            if clash.closed:
                return
            held = self._new_conflict(operation, entity, target, clash)
        else:
            held |= {"last_device": None, "version": held["version"] + 1}
        held["standing"] = _json(clash.standing)
        held["other"] = _json(clash.other)
        held["state"] = "closed" if clash.closed else "open"
        self.changed.add(("conflict", held["id"]))

    def _new_conflict(self, operation: Operation, entity: str, target: bytes, clash: Clash) -> Row:
        row: Row = dict.fromkeys(f.name for f in KINDS["conflict"].fields)
        row |= {
            "id": uuid5(_CONFLICTS, operation.op_id.hex() + clash.name).bytes,
            "version": 1,
            "deleted": 0,
            "merged_into": None,
            "recorded_at": operation.recorded_at,
            "received_at": self.now,
            "extra": None,
            "last_device": None,
            "run_from": 0,
            "target_kind": entity,
            "target_id": target,
            "field": clash.name,
            "device_id": self.author.device_id,
            "author_id": self.author.staff_id,
            "start": _json(clash.start),
            "opened_at": self.now,
        }
        self.workspace.adopt("conflict", row)
        self.conflicts[target, clash.name] = row
        self.created.add(("conflict", row["id"]))
        return row

    def _changed_since(self, operation: Operation, row: Row) -> bool:
        """Whether somebody else changed the record after the version that was deleted."""
        if row["version"] == operation.base_version:
            return False
        return not (
            row["last_device"] == self.author.device_id
            and (row["run_from"] or 0) <= operation.base_version
        )

    def _created_beneath(self, kind: Kind, operation: Operation) -> bool:
        seen = set(operation.beneath)
        for child in CHILDREN[kind.name]:
            for held in self.workspace.children(child.name, child.owner, operation.record_id):
                if held["id"] not in seen and held["last_device"] != self.author.device_id:
                    return True
        return False

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


def _canonical(kind: Kind, operation: Operation) -> tuple[dict[str, Change], dict[str, Any]]:
    """Values in stored form, and fields that this program does not know."""
    changes: dict[str, Change] = {}
    unknown: dict[str, Any] = {}
    for name, change in operation.fields.items():
        declared = kind.by_name.get(name)
        if declared is None:
            if name != "deleted":
                unknown[name] = change.after
            continue
        if declared.derived or declared.given:
            raise Refused(Verdict.REJECTED, "derived_field")
        try:
            before, after = stored(declared, change.before), stored(declared, change.after)
        except Problem as problem:
            raise Refused(Verdict.REJECTED, problem.code) from problem
        changes[name] = Change(before, after, change.follows)
    return changes, unknown


def _verdict(result: Judgement) -> Verdict:
    found = set(result.verdicts.values())
    if FieldVerdict.CONFLICT in found:
        return Verdict.CONFLICT
    return Verdict.MERGED if FieldVerdict.MERGED in found else Verdict.APPLIED


def _extra(held: str | None, unknown: Mapping[str, Any]) -> str | None:
    if not unknown:
        return held
    merged = json.loads(held) if held else {}
    for name, value in unknown.items():
        merged[name] = value.hex() if isinstance(value, bytes) else value
    return canonical_json(merged)


def _json(values: Mapping[str, Stored]) -> str:
    return canonical_json({n: v.hex() if isinstance(v, bytes) else v for n, v in values.items()})


def _values(text: str | None) -> dict[str, Stored]:
    return dict(json.loads(text)) if text else {}
