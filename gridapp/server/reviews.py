"""Work that was parked, as records for the head of the grid where it belongs: opened, moved along, closed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from gridapp.clock import Instant
from gridapp.domain.kinds import KINDS
from gridapp.domain.review import ACCEPTED, RETURNED, WAITING, review_id
from gridapp.domain.values import Stored, canonical_json
from gridapp.server.author import Author
from gridapp.server.bound_for import BoundFor, ended_grids, in_one_community
from gridapp.server.judge import Judge
from gridapp.server.locks import Moved
from gridapp.server.parked import Parked, creation_of, waiting_for
from gridapp.server.sent import creates
from gridapp.server.statements import fetch, fetch_in, is_postgres
from gridapp.server.workspace import Key, Row, Workspace, dependants, owners

WAITS = "waits_for_owner"
REVIEWED = frozenset({"role_ended", "moved_away"})


class Reviews:
    """The reviews that one transaction opens and changes."""

    def __init__(self, connection: Connection, workspace: Workspace, now: Instant) -> None:
        self.connection = connection
        self.workspace = workspace
        self.now = now
        self.bound_for = BoundFor(connection, workspace)

    def open(self, judge: Judge, parked: Parked, code: str) -> Row | None:
        """Make the review of an operation that was parked, if a head can decide it.

        What waits for its owner is decided together with the owner's creation. Raises ``Moved``.
        """
        held = self.of_operation(parked.operation.op_id)
        if held is not None:
            return self._again(judge, held, parked, code)
        hangs_on, grid, about = None, None, None
        if code == WAITS:
            owner = self._of_creation(parked.waits_for) or self._late_owner(judge, parked)
            if owner is None:
                return None
            hangs_on, grid = owner["hangs_on"] or owner["id"], owner["grid_id"]
            about = (owner["about_kind"], owner["about_id"])
        elif code in REVIEWED:
            grid, about = self._standing(judge.author, parked)
        if grid is None:
            return None
        row = self._row(parked, code, grid, about, hangs_on)
        key = ("review", row["id"])
        self.workspace.adopt("review", row)
        judge.created.add(key)
        judge.changed.add(key)
        if creates(parked.operation):
            # What waited for an attempt before, which was refused or given back, waits for this one.
            for other in waiting_for(self.connection, [parked.operation.record_id]):
                self.open(judge, other, WAITS)
        return row

    def attempts_before(self, row: Row) -> list[Row]:
        """Reviews of the same record, sent before by the same device: the last attempt may take their place."""
        sql = "SELECT id FROM review WHERE state='waiting' AND target_id IN (:ids) AND device_id=?"
        keys = [
            ("review", found[0])
            for found in fetch_in(self.connection, sql, [row["target_id"]], row["device_id"])
        ]
        held = [self._fresh(key) for key in sorted(keys)]
        return [
            other
            for other in held
            if other is not None and other["state"] == WAITING and other["id"] != row["id"]
        ]

    def close(self, judge: Judge, parked: Parked, *, taken: bool) -> None:
        """What was decided along with something else, or found its owner, waits for nobody any more."""
        held = self.of_operation(parked.operation.op_id)
        if held is not None and held["state"] == WAITING:
            self.decide(judge, held, ACCEPTED if taken else RETURNED)

    def decide(self, judge: Judge, held: Row, state: str) -> None:
        """Say who decided, and when."""
        held |= {"state": state, "decided_by": judge.author.staff_id, "decided_at": self.now}
        self.changed(judge, held)

    def registered(self, judge: Judge, held: Row) -> None:
        """Its author sent it once more, and that was taken: nobody decided, and nobody need."""
        if held["state"] == WAITING:
            held |= {"state": ACCEPTED, "decided_by": None, "decided_at": self.now}
            self.changed(judge, held)

    def follow(self, judge: Judge, moved: Iterable[Key]) -> None:
        """Where a household or event went, or a grid, what waits for a decision about it goes too."""
        moved = set(moved)
        waiting = fetch(self.connection, "SELECT id, about_id FROM review WHERE state='waiting'")
        if not waiting:
            return
        gone = {key for entity, key in moved if entity == "unit"}
        there = {key for _, key in dependants(self.connection, moved)}
        self.workspace.load({("review", key) for key, about in waiting if about in there or gone})
        for key, about in sorted(waiting, key=lambda each: each[0]):
            row = self.workspace.rows.get(("review", key))
            if row is not None and row["state"] == WAITING and (about in there or gone):
                self.place_again(judge, row)

    def place_again(self, judge: Judge, row: Row) -> None:
        """A waiting review goes to the grid where that stands now on which it hangs."""
        grids: frozenset[bytes] = frozenset()
        if row["about_id"]:
            self.workspace.load([(row["about_kind"], row["about_id"])])
            grids = self.workspace.place(row["about_kind"], row["about_id"]).grids
        grid = self.workspace.successors.of(row["grid_id"])
        if grids and grid not in grids:
            grid = min(grids)
        if grid != row["grid_id"]:
            row["grid_id"] = grid
            self.changed(judge, row)

    def of_operation(self, op_id: bytes) -> Row | None:
        """The review of an operation, if there is one."""
        key = ("review", review_id(op_id).bytes)
        self.workspace.load([key])
        return self.workspace.rows[key]

    def _again(self, judge: Judge, held: Row, parked: Parked, code: str) -> Row:
        """Judged again and still parked, it may be for another owner; or a restored server has forgotten the answer."""
        owner = self._of_creation(parked.waits_for) if code == WAITS else None
        hangs_on = (owner["hangs_on"] or owner["id"]) if owner else None
        now = {"hangs_on": hangs_on, "reason": code, "state": WAITING}
        if any(held[name] != value for name, value in now.items()):
            held |= now | {"decided_by": None, "decided_at": None}
            self.changed(judge, held)
        return held

    def _of_creation(self, record_id: bytes | None) -> Row | None:
        """The review of the missing record's creation, while it waits."""
        if record_id is None:
            return None
        # Locked, or a head could decide it before this transaction ends, and never learn of what hangs on it.
        lock = " FOR SHARE" if is_postgres(self.connection) else ""
        sql = f"SELECT id FROM review WHERE target_id IN (:ids) ORDER BY id{lock}"
        keys = {("review", row[0]) for row in fetch_in(self.connection, sql, [record_id])}
        keys |= {
            k
            for k, r in self.workspace.rows.items()
            if k[0] == "review" and r is not None and r["target_id"] == record_id
        }
        found = [row for key in sorted(keys) if (row := self._fresh(key)) is not None]
        waiting = [row for row in found if row["state"] == WAITING]
        if not waiting and any(row["state"] == ACCEPTED for row in found):
            raise Moved
        return next(iter(sorted(waiting, key=lambda r: r["hangs_on"] is not None)), None)

    def _fresh(self, key: Key) -> Row | None:
        self.workspace.load([key])
        return self.workspace.rows[key]

    def _late_owner(self, judge: Judge, parked: Parked) -> Row | None:
        """The review of a person about whom nobody could be asked, until this said where the person is going."""
        if parked.operation.entity != "residence" or parked.waits_for is None:
            return None
        found = creation_of(self.connection, parked.waits_for, parked.device_id)
        return self.open(judge, found[0], found[1]) if found is not None else None

    def _standing(self, author: Author, parked: Parked) -> tuple[bytes | None, Key | None]:
        """The grid whose head decides, and what the operation is about; no grid where nobody can say."""
        operation = parked.operation
        key = (operation.entity, operation.record_id)
        held = self.workspace.rows.get(key) is not None
        for found in [key] if held else owners(operation):
            if self.workspace.rows.get(found) is None:
                continue
            grids = self.workspace.place(*found).grids
            if grids:
                return self._one_of(author, grids), self.workspace.root(*found)
        stated = operation.fields.get("grid_id")
        if stated is not None and isinstance(stated.after, bytes):
            return self.workspace.successors.of(stated.after), None
        # Nowhere yet (a person): where the rest of that save goes, or where the author served.
        grids, home = self.bound_for.find(author, parked)
        if grids:
            return self._one_of(author, grids), home
        served = ended_grids(author)
        return (min(served) if in_one_community(self.workspace, served) else None), None

    def _one_of(self, author: Author, grids: frozenset[bytes]) -> bytes:
        return min(grids & ended_grids(author) or grids)

    def _row(
        self, parked: Parked, code: str, grid: bytes, about: Key | None, hangs_on: bytes | None
    ) -> Row:
        operation = parked.operation
        row: Row = dict.fromkeys(f.name for f in KINDS["review"].fields)
        return row | {
            "id": review_id(operation.op_id).bytes,
            "version": 1,
            "deleted": 0,
            "merged_into": None,
            "recorded_at": operation.recorded_at,
            "received_at": self.now,
            "extra": None,
            "last_device": None,
            "run_from": 0,
            "grid_id": grid,
            "op_id": operation.op_id,
            "device_id": parked.device_id,
            "author_id": parked.staff_id,
            "target_kind": operation.entity,
            "target_id": operation.record_id,
            "about_kind": about[0] if about else None,
            "about_id": about[1] if about else None,
            "hangs_on": hangs_on,
            "reason": code,
            "sent": canonical_json(
                {n: [_plain(c.before), _plain(c.after)] for n, c in operation.fields.items()}
            ),
            "stated_at": min(operation.recorded_at + operation.clock_offset, self.now),
            "state": WAITING,
        }

    def changed(self, judge: Judge, row: Row) -> None:
        """Note that a review is not what it was."""
        key = ("review", row["id"])
        if key not in judge.created:
            row["version"] += 1
        judge.changed.add(key)
        judge.replaced.add(key)


def _plain(value: Stored) -> Stored:
    return value.hex() if isinstance(value, bytes) else value
