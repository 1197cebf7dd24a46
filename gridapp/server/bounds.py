"""What a sender may do to a record, and what a record must be to be taken: asked by ``judge`` before anything merges.

Every refusal is a ``Refused``: rejected, or parked where it was the sender's until it ended or moved away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.identity import check_identity
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind
from gridapp.domain.values import Stored, loaded
from gridapp.errors import Problem
from gridapp.server.author import Author
from gridapp.server.grounds import ground_of
from gridapp.server.place import PLACING, Place
from gridapp.server.sent import Refused
from gridapp.server.workspace import Key, Row, Workspace, references

PURGED = "purged"  # it was, or what it hangs on: not even its words are kept

# The field of a kind that says who did it, on whose device.
_SENDER = {"event": "reported_by", "event_action": "actor_id", "visit": "recorded_by"}


class Bounds:
    """The bounds of one author. ``created``: what the batch made so far, shared with its judge."""

    def __init__(self, workspace: Workspace, author: Author, created: set[Key]) -> None:
        self.workspace, self.author, self.created = workspace, author, created

    def check_values(self, kind: Kind, row: Row) -> None:
        """An identity must agree with itself. Every ``check_…`` raises ``Refused``."""
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

    def check_fixed(self, kind: Kind, row: Row, changes: Mapping[str, Change]) -> None:
        """What was said when the record was made stays: which photo it is, for one."""
        fields = kind.by_name
        if any(fields[n].fixed and c.after != row[n] for n, c in changes.items()):
            raise Refused(Verdict.REJECTED, "fixed_field")

    def check_sender(self, kind: Kind, row: Row, stated: Mapping[str, Any]) -> None:
        """Who sends is the server's word: nobody reports, records or acts in another's name."""
        name = _SENDER.get(kind.name)
        if name is not None and name in stated and row[name] != self.author.staff_id:
            raise Refused(Verdict.REJECTED, "not_the_sender")

    def check_event_parts(self, kind: Kind, row: Row) -> None:
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

    def check_owners(self, kind: Kind, row: Row) -> None:
        """What a record hangs on must be there; what is not there and what is not the sender's are one."""
        for owner in references(kind.name, row):
            if self.workspace.rows.get(owner) is None:
                raise self.missing(owner[1])
        self._check_ground(kind, row)
        if kind.name == "residence":
            # Or a tie to one's own household would open somebody else's person.
            person: bytes = row["person_id"]
            if not self._reaches("person", person, self.workspace.place("person", person)):
                raise Refused(Verdict.REJECTED, "not_allowed")

    def _check_ground(self, kind: Kind, row: Row) -> None:
        """What a dwelling or household stands on must be the sender's, or have been: or she would follow it."""
        if ground := ground_of(kind.name, row):
            place = self.workspace.place(*ground)
            if not self.author.may_write(ground[0], place):
                raise self._out_of_reach(KINDS[ground[0]], place, ground[1])

    def check_move(self, kind: Kind, row: Row, values: dict[str, Stored]) -> None:
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
                raise self.missing(owner[1])
        if ground_of(kind.name, after) != ground_of(kind.name, row):
            self._check_ground(kind, after)
        held = dict(row)
        row |= values
        place = self.workspace.place(kind.name, row["id"])
        row |= held
        if not self._reaches(kind.name, row["id"], place):
            raise Refused(Verdict.REJECTED, "not_allowed")

    def missing(self, record_id: bytes) -> Refused:
        """Why a record is not there: purged, refused before, or none of the sender's business."""
        # Asked as of one that is there and not the sender's, so that the answer takes as long.
        self.workspace.once_held(record_id, self.author.channels(once=True))
        if record_id in self.workspace.purged:
            return Refused(Verdict.REJECTED, PURGED)
        if record_id in self.workspace.refused[self.author.staff_id]:
            return Refused(Verdict.PARKED, "waits_for_owner", record_id)
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

    def check_scope(self, kind: Kind, operation: Operation, *, reports: bool = False) -> None:
        """The record must stand where the sender may write it, or (``reports``) report it."""
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
        if self.workspace.once_held(root, self.author.channels(once=True)):
            return Refused(Verdict.PARKED, "moved_away")
        return Refused(Verdict.REJECTED, "not_allowed")
