"""Judging one operation against the workspace: is it valid, is it allowed, how does it merge.

Nothing is written here; verdicts and changed rows are handed to ``apply``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.identity import check_identity
from gridapp.domain.kinds import CHILDREN, KINDS
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored, canonical_json, loaded
from gridapp.errors import Problem
from gridapp.server.author import Author
from gridapp.server.place import Place
from gridapp.server.sent import Refused, canonical, creates, extra, seen
from gridapp.server.steps import step_number
from gridapp.server.workspace import Key, Row, Workspace, references
from gridapp.sync.merge import Clash, Judgement, Link, OpenConflict, judge

_CONFLICTS = UUID("6f0f5f0e-7a43-5d0c-9a52-6b1d6f6c1a10")


# Fields on which it depends where a record, or what hangs on it, stands.
PLACING = frozenset(
    {
        "grid_id",
        "dwelling_id",
        "building_id",
        "micro_grid_id",
        "household_id",
        "person_id",
        "to_date",
        "target_unit_id",
        "target_kind",
        "target_id",
    }
)

# A deletion met somebody else's work: the record stays, the wish to delete it is kept.
_DELETION = Clash("deleted", {"deleted": 0}, {"deleted": 0}, {"deleted": 1})


@dataclass(slots=True)
class Judged:
    """An outcome, with what the operation log keeps beside it."""

    outcome: Outcome
    starts: dict[str, Stored] = field(default_factory=dict)


# The field of a kind that says who did it, on whose device.
_SENDER = {"event": "reported_by", "event_action": "actor_id", "visit": "recorded_by"}


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
                self._starts(operation),
            )
            key = (operation.entity, operation.record_id)
            if creates(operation) and self.workspace.rows.get(key) is None:
                self.workspace.refused.add(operation.record_id)
        self.links[operation.op_id] = judged
        return judged

    def _judge(self, operation: Operation) -> Judged:
        if operation.entity not in KINDS:
            raise Refused(Verdict.REJECTED, "unknown_kind")
        kind = KINDS[operation.entity]
        key = (operation.entity, operation.record_id)
        row = self.workspace.rows.get(key)
        changes, unknown = canonical(kind, operation)
        if row is None:
            if not creates(operation):
                raise self._missing(operation.record_id)
            if self.workspace.taken.get(operation.record_id, kind.name) != kind.name:
                raise Refused(Verdict.REJECTED, "id_taken")
            return self._create(kind, operation, changes, unknown)
        if kind.append_only:
            self._check_scope(kind, operation)
            raise Refused(Verdict.REJECTED, "append_only")
        if "deleted" in operation.fields:
            return self._delete(kind, operation, row)
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
        missing = [f.name for f in kind.editable if f.required and row[f.name] is None]
        if missing:
            raise Refused(Verdict.REJECTED, "required")
        self._check_values(kind, row)
        self._check_sender(kind, row, row)
        self._check_owners(kind, row)
        # Adopted before the scope is asked, which follows owners; taken back where it is refused.
        self.workspace.adopt(kind.name, row)
        try:
            self._check_scope(kind, operation, reports=True)
            if kind.name == "event":
                self._check_event_parts(kind, row)
            if kind.name == "event_action":
                row["number"] = step_number(self.workspace, self.author, row)
        except Refused:
            self._disown(kind.name, row)
            raise
        row["version"] = 1
        self.workspace.taken[row["id"]] = kind.name
        if row.get("number") is not None:
            self.replaced.add((kind.name, row["id"]))  # the sender does not know it
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
            self._open_conflicts(kind, operation.record_id),
        )
        after = row | result.values
        if any(f.required and after[f.name] is None for f in kind.editable):
            raise Refused(Verdict.REJECTED, "required")
        self._check_values(kind, after)
        self._check_sender(kind, after, {n: v for n, v in result.values.items() if row[n] != v})
        self._check_move(kind, row, result.values)
        previous = row["version"]
        values = {n: v for n, v in result.values.items() if row[n] != v}
        more = extra(row["extra"], unknown)
        if row["deleted"]:
            # An edit that meets a deletion brings the record back, and asks.
            values["deleted"] = 0
            self._clash(operation, kind.name, _DELETION)
        if values or more != row["extra"]:
            row |= values
            row["extra"] = more
            self._next_version(row)
            self.changed.add((kind.name, operation.record_id))
            if not PLACING.isdisjoint(values) or kind.name == "residence":
                self.moved.add((kind.name, operation.record_id))
            # The sender can follow only what was taken exactly as it was sent.
            literal = all(result.starts[n] == c.before for n, c in changes.items())
            if "deleted" in values or _verdict(result) is not Verdict.APPLIED or not literal:
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

    def _delete(self, kind: Kind, operation: Operation, row: Row) -> Judged:
        if operation.fields["deleted"].after != 1 or len(operation.fields) > 1:
            raise Refused(Verdict.REJECTED, "bad_operation")
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

    def _check_sender(self, kind: Kind, row: Row, stated: Mapping[str, Any]) -> None:
        """Who sends is the server's word: nobody reports, records or acts in another's name."""
        name = _SENDER.get(kind.name)
        if name is not None and name in stated and row[name] != self.author.staff_id:
            raise Refused(Verdict.REJECTED, "not_the_sender")

    def _check_event_parts(self, kind: Kind, row: Row) -> None:
        """Grid and household of an event must each be the reporter's, or one would open the other."""
        if self.author.reaches_as_unit(self.workspace.place(kind.name, row["id"])):
            return
        grid = frozenset({row["grid_id"]})
        parts = [(Place(grid), row["id"])]
        if row["household_id"]:
            home = self.workspace.place("household", row["household_id"])
            # The household's own grid comes with it.
            parts = [(home, row["household_id"])] + ([] if grid <= home.grids else parts)
        for place, root in parts:
            if not (
                self.author.may_write(kind.name, place) or self.author.may_report(kind.name, place)
            ):
                raise self._out_of_reach(kind, place, root)

    def _check_owners(self, kind: Kind, row: Row) -> None:
        """What a record hangs on must be there; what is not there and what is not the sender's are one."""
        for owner in references(kind.name, row):
            if self.workspace.rows.get(owner) is None:
                raise self._missing(owner[1])
        if kind.name == "residence":
            # Or a tie to one's own household would open somebody else's person.
            person: bytes = row["person_id"]
            if not self._reaches("person", person, self.workspace.place("person", person)):
                raise Refused(Verdict.REJECTED, "not_allowed")

    def _check_move(self, kind: Kind, row: Row, values: dict[str, Stored]) -> None:
        """Who moves a record, or what it hangs on, must reach where it goes as well."""
        if PLACING.isdisjoint(n for n, v in values.items() if row[n] != v):
            return
        if (
            kind.name == "residence"
            and values.get("person_id", row["person_id"]) != row["person_id"]
        ):
            raise Refused(Verdict.REJECTED, "bad_value")
        after = row | values
        for owner in references(kind.name, after):
            if self.workspace.rows.get(owner) is None:
                raise self._missing(owner[1])
        held = dict(row)
        row |= values
        place = self.workspace.place(kind.name, row["id"])
        row |= held
        if not self._reaches(kind.name, row["id"], place):
            raise Refused(Verdict.REJECTED, "not_allowed")

    def _missing(self, record_id: bytes) -> Refused:
        if record_id in self.workspace.refused:
            return Refused(Verdict.PARKED, "waits_for_owner")
        return Refused(Verdict.REJECTED, "not_allowed")

    def _reaches(self, entity: str, record_id: bytes, place: Place) -> bool:
        if not self.author.may_write(entity, place):
            return False
        if not place.open:
            return True
        # What stands nowhere yet is its maker's alone.
        root = self.workspace.root(entity, record_id)
        row = self.workspace.rows.get(root)
        return (
            root in self.created
            or (row is not None and row["version"] == 0)
            or self.workspace.held_by(root[1], self.author.staff_id)
        )

    def _check_scope(self, kind: Kind, operation: Operation, *, reports: bool = False) -> None:
        place = self.workspace.place(kind.name, operation.record_id)
        if self._reaches(kind.name, operation.record_id, place):
            return
        if reports and self.author.may_report(kind.name, place):
            return
        root = self.workspace.root(kind.name, operation.record_id)[1]
        raise self._out_of_reach(kind, place, root, reports=reports)

    def _out_of_reach(
        self, kind: Kind, place: Place, root: bytes, *, reports: bool = True
    ) -> Refused:
        if self.author.may_write(kind.name, place, ended=True) or (
            reports and self.author.may_report(kind.name, place, ended=True)
        ):
            return Refused(Verdict.PARKED, "role_ended")
        # Theirs until it went to another grid: valid work, for the head to look at.
        if self.workspace.once_held(root, self.author.channels()):
            return Refused(Verdict.PARKED, "moved_away")
        return Refused(Verdict.REJECTED, "not_allowed")

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

    def _open_conflicts(self, kind: Kind, record_id: bytes) -> dict[str, OpenConflict]:
        return {
            name: OpenConflict(*(_values(kind, c[n]) for n in ("start", "standing", "other")))
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
        if clash.closed and ("conflict", held["id"]) in self.created:
            # Opened and undone in one batch: nobody need ever see it.
            self._disown("conflict", held)
            del self.conflicts[target, clash.name]
            self.changed.discard(("conflict", held["id"]))
            self.created.discard(("conflict", held["id"]))
            return
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
        return self.workspace.changed_by_others(
            operation.record_id, operation.base_version, self.author.device_id
        )

    def _created_beneath(self, kind: Kind, operation: Operation) -> bool:
        seen = set(operation.beneath)
        unseen = {
            held["id"]
            for child in CHILDREN[kind.name]
            for held in self.workspace.children(child.name, child.owner, operation.record_id)
            if held["id"] not in seen and (child.name, held["id"]) not in self.created
        }
        return bool(unseen - self.workspace.created_by(unseen, self.author.device_id))

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


def _json(values: Mapping[str, Stored]) -> str:
    return canonical_json({n: v.hex() if isinstance(v, bytes) else v for n, v in values.items()})


def _values(kind: Kind, text: str | None) -> dict[str, Stored]:
    """Stored values out of a conflict, where IDs stand in hex."""
    values = json.loads(text) if text else {}
    known = kind.by_name
    return {n: seen(known[n], v) if n in known else v for n, v in values.items()}
