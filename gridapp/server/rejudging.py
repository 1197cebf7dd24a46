"""Verdicts that change: parked work that a head decides, and what waited for an owner that is there now.

A decision is an edit of a ``review``. What it concerns is judged again in the same transaction, with the head's
authority and in its author's name; then, round by round, what waited for it. The log's rows get new
verdicts, which the authors' devices are told by the numbers of ``outcomes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec
from sqlalchemy import Connection

from gridapp.clock import Instant
from gridapp.domain.exchange import Change, FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.review import ACCEPTED, RETURNED, WAITING
from gridapp.server import decided, parked, redeciding, sent_again
from gridapp.server.agreeing import Agreeing
from gridapp.server.author import SYSTEM
from gridapp.server.beside import Beside
from gridapp.server.decided import Said
from gridapp.server.judge import Judge, Judged
from gridapp.server.later import Later, tells_of_photo
from gridapp.server.locks import Moved
from gridapp.server.parked import Parked
from gridapp.server.reviews import REVIEWED, WAITS, Reviews
from gridapp.server.sent import Refused, canonical, creates
from gridapp.server.statements import fetch, is_postgres
from gridapp.server.trial import Trial
from gridapp.server.workspace import Row, Workspace, owners

REPLACED = "replaced"  # its content came again, with the creation that was corrected
CHANGED = "changed"  # taken, with values that the head set
_TAKEN = (Verdict.APPLIED, Verdict.MERGED, Verdict.CONFLICT)


class Rejudging:
    """Judges the operations of a group, and what becomes of others by it."""

    def __init__(
        self,
        connection: Connection,
        workspace: Workspace,
        later: Later,
        now: Instant,
        links: Mapping[bytes, dict[bytes, Judged]],
        conflicts: Mapping[bytes, dict[tuple[bytes, str], Row]],
    ) -> None:
        """``links``, ``conflicts``: device -> what its operations follow, and its open conflicts."""
        self.connection, self.workspace = connection, workspace
        self.later, self.now = later, now
        self.reviews = Reviews(connection, workspace, now)
        self._agreeing = Agreeing(row for held in conflicts.values() for row in held.values())
        self.revised: list[tuple[Parked, Judged]] = []
        self.heads: list[
            tuple[bytes, Operation, Judged]
        ] = []  # edits made by deciding or following, and by whom
        self.before: dict[
            bytes, str
        ] = {}  # op_id -> why it was parked, as its sender was told before
        self.forgotten: list[bytes] = []  # decided before they came (again): authors are told
        self.makers: dict[bytes, bytes] = {}  # record -> whose it is, where it stands nowhere yet
        self._beside = Beside(connection, workspace, now, links, conflicts)

    def judge(self, judge: Judge, operation: Operation) -> Judged:
        """The outcome of one operation, as ``judge`` has it; with everything that follows."""
        if operation.entity == "review":
            recalled = redeciding.is_recalled(judge, operation)
            judged = (self._recall if recalled else self._decide)(judge, operation)
            judge.links[operation.op_id] = judged
            return judged
        judged = self._judged(judge, operation)
        if judged.outcome.verdict in _TAKEN:
            self._take_place(judge, operation)
        if judged.outcome.code == "not_allowed":
            self._check_missing(operation)
            self._keep_parked(operation, judged)
        if judged.outcome.verdict is Verdict.PARKED:
            self._park(judge, parked.just_parked(operation, judge.author, judged))
        elif _creates(operation, judged) or (
            tells_of_photo(operation) and judge.author.staff_id == SYSTEM.bytes
        ):
            device, contained = judge.author.device_id, None
            if self.later.waiting.get(operation.record_id):
                contained = sent_again.first_sent(self.connection, device, operation)
            self.follow(judge, operation.record_id, device, contained)
        return judged

    def _take_place(self, judge: Judge, operation: Operation) -> None:
        """What its author sent before and waits for a head is registered with this: it waits no more."""
        for one in self.later.earlier.get(operation.record_id, ()):
            own = one.staff_id == judge.author.staff_id
            op_id = one.operation.op_id
            settled = any(op_id == other.operation.op_id for other, _ in self.revised)
            if settled or not own or not sent_again.contains(operation, one.operation):
                continue
            review = self.reviews.of_operation(op_id)
            if review is not None:
                self.reviews.registered(judge, review)
            for waiting in self.later.waiting.values():
                waiting[:] = [w for w in waiting if w.operation.op_id != op_id]
            self.replace(one)

    def _check_missing(self, operation: Operation) -> None:
        """What was missing may have been taken while this was read: then it is judged anew. Raises ``Moved``."""
        if operation.entity not in KINDS or not is_postgres(self.connection):
            return
        for entity, key in [(operation.entity, operation.record_id), *owners(operation)]:
            sql = f"SELECT 1 FROM {entity} WHERE id=?"
            if self.workspace.rows.get((entity, key)) is None and fetch(self.connection, sql, key):
                raise Moved

    def _judged(self, judge: Judge, operation: Operation) -> Judged:
        judged = judge.judge(operation)
        self._agreeing.note(judge, operation, judged.outcome)
        for sent, done in judge.followed:
            if done.outcome.verdict in _TAKEN:
                self._agreeing.note(judge, sent, done.outcome)
                self.heads.append((judge.author.staff_id, sent, done))
        judge.followed.clear()
        return judged

    def finish(self, judges: Iterable[Judge]) -> None:
        """Once all is judged: what waits for a decision goes where its household went."""
        for judge in judges:
            if judge.moved:
                self.reviews.follow(judge, judge.moved)

    def _keep_parked(self, operation: Operation, judged: Judged) -> None:
        """What a restored server forgot may be all that made it late work: then it waits on for its decision."""
        review = self.reviews.of_operation(operation.op_id)
        code = review["reason"] if review is not None else self.before.get(operation.op_id, "")
        if code in REVIEWED:
            outcome = judged.outcome
            judged.outcome = msgspec.structs.replace(outcome, verdict=Verdict.PARKED, code=code)

    def _park(self, judge: Judge, one: Parked) -> None:
        assert one.fresh is not None
        review = self.reviews.of_operation(one.operation.op_id)
        if review is not None and redeciding.is_decided(review):
            self._as_decided(judge, one, review)
            return
        if one.waits_for is not None:
            self.later.waiting[one.waits_for].append(one)
        self.review(judge, one, one.fresh.outcome.code)

    def review(self, judge: Judge, one: Parked, code: str) -> None:
        """Let a head decide about what is parked, if one can."""
        row = self.reviews.open(judge, one, code)
        if row is None:
            return
        # Sent once more: who decides need see it once.
        before = {row["id"]: row for row in self.reviews.attempts_before(row)}
        for key, other in parked.of_reviews(self.connection, before).items():
            if sent_again.contains(one.operation, other.operation):
                self.reviews.decide(judge, before[key], RETURNED)
                self.replace(other)

    def replace(self, one: Parked) -> None:
        """Its content came again."""
        self._revise(one, Judged(_outcome(one, Verdict.REJECTED, REPLACED)))

    def _recall(self, judge: Judge, operation: Operation) -> Judged:
        """A review came back to a restored server, as it was decided: so it is, and what follows from it."""
        held = self.workspace.rows.get(("review", operation.record_id))
        if held is None:
            return Judged(Outcome(operation.op_id, Verdict.REJECTED, code="not_allowed"))
        previous = held["version"]
        if held["state"] == WAITING and "state" in operation.fields:
            held |= {name: operation.fields[name].after for name in redeciding.SAID}
            self.reviews.changed(judge, held)
        if held["state"] == WAITING:
            self.reviews.place_again(judge, held)
        one = self.later.reviewed.get(operation.record_id)
        settled = {p.operation.op_id for p, _ in self.revised}
        if one is not None and redeciding.is_decided(held) and one.operation.op_id not in settled:
            self._as_decided(judge, one, held)
        version = held["version"]
        outcome = Outcome(operation.op_id, Verdict.APPLIED, previous=previous, version=version)
        return Judged(outcome)

    def _as_decided(self, judge: Judge, one: Parked, review: Row) -> None:
        """Give an operation the outcome that its review says; where it is not taken any more, it waits again."""
        head = self._beside.decider(judge, review)
        if review["state"] == RETURNED:
            self._revise(one, Judged(_outcome(one, Verdict.REJECTED, RETURNED)))
        else:
            decision, said = redeciding.as_said(one, review)
            sent, changed = one.operation, bool(said.changed)
            judged = redeciding.contained(self.connection, self.workspace, sent, changed)
            try:
                if judged is None:
                    self._accept(head, decision, one, said)
                else:
                    code = CHANGED if changed else ""
                    judged.outcome = msgspec.structs.replace(judged.outcome, code=code)
                    self._note_taken(head, one, judged)
                    self._revise(one, judged)
            except Refused:
                self.reviews.open(judge, one, review["reason"])
                return
            if creates(sent):
                self.follow(head, sent.record_id, b"")
        if one.fresh is not None:
            # Its author may have been told already, and knows it by a later revision than the first.
            one.fresh.outcome = msgspec.structs.replace(one.fresh.outcome, revision=2)
            self.forgotten.append(one.operation.op_id)

    def _decide(self, judge: Judge, operation: Operation) -> Judged:
        try:
            return self._decided(judge, operation)
        except Refused as refused:
            return Judged(Outcome(operation.op_id, refused.verdict, code=refused.code))

    def _decided(self, judge: Judge, operation: Operation) -> Judged:
        held = self.workspace.rows.get(("review", operation.record_id))
        one = self.later.reviewed.get(operation.record_id)
        said = decided.read(operation, held, judge.author, one)
        assert held is not None
        previous = held["version"]
        if one is not None and said.state == ACCEPTED:
            self._accept(judge, operation, one, said)
        elif one is not None:
            self._revise(one, Judged(_outcome(one, Verdict.REJECTED, RETURNED)))
        changes, _ = canonical(KINDS["review"], operation)
        held |= {name: change.after for name, change in changes.items()}
        self.reviews.decide(judge, held, said.state)
        taken = dict.fromkeys(changes, FieldVerdict.TAKEN)
        outcome = Outcome(
            operation.op_id,
            Verdict.APPLIED,
            previous=previous,
            version=held["version"],
            fields=taken,
        )
        if one is not None and said.state == ACCEPTED and creates(one.operation):
            self.follow(judge, one.operation.record_id, b"")
        return Judged(outcome)

    def _accept(self, judge: Judge, decision: Operation, one: Parked, said: Said) -> None:
        """Judge the work again. Raises ``Refused`` with its code, and leaves no trace, where it is not taken."""
        beside = self._beside.of(judge, one)
        trial, noted = Trial(self.workspace, judge, beside), len(self.heads)
        sent = self._where_it_stands(decided.as_accepted(one, said))
        judged = self._judged(beside, sent) if sent.fields else self._nothing(one)
        made: tuple[Operation, Judged] | None = None
        if said.changed and judged.outcome.verdict in _TAKEN:
            made = self._heads_edit(judge, decision, one, said, judged)
        for outcome in (judged.outcome, *((made[1].outcome,) if made else ())):
            if outcome.verdict not in _TAKEN:
                trial.undo()
                del self.heads[noted:]
                raise Refused(Verdict.REJECTED, outcome.code)
        if made is not None:
            self.heads.append((judge.author.staff_id, *made))
            judged.outcome = msgspec.structs.replace(judged.outcome, code=CHANGED)
        self._note_taken(judge, one, judged)
        self._revise(one, judged)

    def _where_it_stands(self, sent: Operation) -> Operation:
        """A report about a household that went to another grid belongs there."""
        home = sent.fields.get("household_id")
        if sent.entity != "event" or home is None or not creates(sent):
            return sent
        grids = self.workspace.place("household", home.after).grids
        grid = sent.fields.get("grid_id")
        if not grids or (grid is not None and grid.after in grids):
            return sent
        return msgspec.structs.replace(
            sent, fields=sent.fields | {"grid_id": Change(None, min(grids))}
        )

    def _heads_edit(
        self, judge: Judge, decision: Operation, one: Parked, said: Said, judged: Judged
    ) -> tuple[Operation, Judged]:
        version = judged.outcome.version
        edit = decided.heads_edit(decision, one, said, version)
        if not creates(one.operation):
            return edit, self._judged(judge, edit)
        # It was created with these values at once: what is left is to say whose they are.
        row = self.workspace.rows[one.operation.entity, one.operation.record_id]
        assert row is not None
        row["version"] += 1
        taken = dict.fromkeys(edit.fields, FieldVerdict.TAKEN)
        outcome = Outcome(
            edit.op_id,
            Verdict.APPLIED,
            previous=version,
            version=row["version"],
            fields=taken,
        )
        return edit, Judged(outcome, {n: c.before for n, c in edit.fields.items()})

    def _nothing(self, one: Parked) -> Judged:
        """The head set every field: nothing of the author's own is left to judge."""
        row = self.workspace.rows.get((one.operation.entity, one.operation.record_id))
        version = row["version"] if row else 0
        outcome = _outcome(one, Verdict.APPLIED, "")
        return Judged(msgspec.structs.replace(outcome, previous=version, version=version))

    def follow(
        self, judge: Judge, record_id: bytes, device_id: bytes, contained: int | None = None
    ) -> None:
        """Judge what waited for a record that is there now, and what waited for that.

        ``device_id``: of who corrected a creation; what it said of the same record before is contained, or, where
        it is a former one that came again, what it had said until then (the counter ``contained``).
        """
        frontier = [record_id]
        while frontier:
            ready = [p for key in frontier for p in self.later.waiting.pop(key, [])]
            frontier = []
            for one in sorted(ready, key=lambda p: p.order):
                own = one.operation.record_id == record_id and device_id == one.device_id
                if own and (contained is None or one.operation.counter < contained):
                    judged = Judged(_outcome(one, Verdict.REJECTED, REPLACED))
                else:
                    judged = self._judged_later(judge, one)
                self._settle(judge, one, judged)
                if _creates(one.operation, judged):
                    frontier.append(one.operation.record_id)

    def _judged_later(self, judge: Judge, one: Parked) -> Judged:
        back = creates(one.operation) and redeciding.contained(
            self.connection, self.workspace, one.operation
        )
        return back or self._judged(self._beside.of(judge, one), one.operation)

    def _settle(self, judge: Judge, one: Parked, judged: Judged) -> None:
        verdict, code = judged.outcome.verdict, judged.outcome.code
        if verdict is Verdict.PARKED:
            now = replace(one, waits_for=judged.waits_for)
            if judged.waits_for is not None:
                self.later.waiting[judged.waits_for].append(now)
            self.reviews.open(judge, now, code)
        else:
            taken = verdict in _TAKEN
            if taken:
                self._note_taken(judge, one, judged)
            self.reviews.close(judge, one, taken=taken)
        self._revise(one, judged)

    def _note_taken(self, judge: Judge, one: Parked, judged: Judged) -> None:
        key = (one.operation.entity, one.operation.record_id)
        judge.replaced.add(key)  # what a device has of it is not what was judged
        if _creates(one.operation, judged):
            self.makers[one.operation.record_id] = one.staff_id

    def _revise(self, one: Parked, judged: Judged) -> None:
        outcome = msgspec.structs.replace(judged.outcome, op_id=one.operation.op_id)
        if one.fresh is not None:
            # It came with this batch: its sender has not been told anything yet.
            one.fresh.outcome, one.fresh.starts = outcome, judged.starts
            one.fresh.waits_for = judged.waits_for
            return
        same = outcome.verdict is Verdict.PARKED and outcome.code == WAITS
        revision = one.revision + (0 if same else 1)
        judged.outcome = msgspec.structs.replace(outcome, revision=revision)
        self.revised.append((one, judged))


def _creates(operation: Operation, judged: Judged) -> bool:
    """Whether a record is there since this operation."""
    outcome = judged.outcome
    return creates(operation) and outcome.verdict in _TAKEN and outcome.previous == 0


def _outcome(one: Parked, verdict: Verdict, code: str) -> Outcome:
    return Outcome(one.operation.op_id, verdict, code=code)
