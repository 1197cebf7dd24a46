"""Judges of somebody else's work: in its author's name, with the authority of who decides, in the decider's batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from gridapp.clock import Instant, day_of
from gridapp.server import redeciding
from gridapp.server.author import SYSTEM, Author, load_authors
from gridapp.server.bounds import Bounds
from gridapp.server.conflicts import Conflicts
from gridapp.server.judge import Judge, Judged
from gridapp.server.parked import Parked
from gridapp.server.workspace import Row, Workspace

# What a device's operations follow, and its open conflicts.
Chains = tuple[dict[bytes, Judged], dict[tuple[bytes, str], Row]]


class Beside:
    """The judges beside those of a group, each made once."""

    def __init__(
        self,
        connection: Connection,
        workspace: Workspace,
        now: Instant,
        links: Mapping[bytes, dict[bytes, Judged]],
        conflicts: Mapping[bytes, dict[tuple[bytes, str], Row]],
    ) -> None:
        """``links``, ``conflicts``: device -> what its operations follow, and its open conflicts."""
        self.connection, self.workspace, self.now = connection, workspace, now
        self.links, self.conflicts = links, conflicts
        self._judges: dict[tuple[Judge, bytes, bool], Judge] = {}
        self._chains: dict[bytes, Chains] = {}

    def of(self, judge: Judge, one: Parked) -> Judge:
        """Who judges an author's work with the authority of who decides. Everything else is shared."""
        device = one.device_id
        if device == judge.author.device_id:
            return judge
        key = (judge, device, one.operation.entity == "event_action")
        if key not in self._judges:
            chains = (self.links.get(device, {}), self.conflicts.get(device, {}))
            author = self._authority(judge.author, one)
            self._judges[key] = _beside(judge, author, *self._chains.setdefault(device, chains))
        return self._judges[key]

    def decider(self, judge: Judge, review: Row) -> Judge:
        """A judge with the authority of who decided."""
        key = (judge, review["decided_by"], False)
        if key not in self._judges:
            author = redeciding.decider(self.connection, judge, review["decided_by"])
            self._judges[key] = _beside(judge, author, {}, {})
        return self._judges[key]

    def _authority(self, head: Author, one: Parked) -> Author:
        holdings = head.holdings
        if one.operation.entity == "event_action":
            # Which step one may take hangs on the role that one had, not on who decides about it now.
            sender = (one.staff_id, one.device_id)
            day = day_of(self.now)
            reference = self.workspace.reference
            own = load_authors(self.connection, reference, [sender], head.district_id, day)[0]
            if head.staff_id == SYSTEM.bytes:
                return own  # nobody decided: a photo came
            holdings += tuple(replace(h, ended=False) for h in own.holdings if h.ended)
        return replace(head, staff_id=one.staff_id, device_id=one.device_id, holdings=holdings)


def _beside(
    judge: Judge,
    author: Author,
    links: dict[bytes, Judged],
    conflicts: dict[tuple[bytes, str], Row],
) -> Judge:
    """A judge of somebody else's operations, whose changes count as this one's."""
    other = Judge(judge.workspace, author, judge.now, links, conflicts)
    other.changed, other.created = judge.changed, judge.created
    other.replaced, other.moved = judge.replaced, judge.moved
    other.bounds = Bounds(judge.workspace, author, judge.created)
    other.conflicts = Conflicts(
        judge.workspace, author, judge.now, conflicts, judge.changed, judge.created
    )
    return other
