"""Where somebody who stands nowhere yet is going: the residence of the same save says so, never a guess.

A new person comes before the residence that says in which household. Who decides about it sees an ID number, so
it must be the head of that household's grid, and nobody's of another community.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from gridapp.domain.exchange import Operation
from gridapp.server.author import Author
from gridapp.server.parked import Parked, waiting_for
from gridapp.server.sent import creates
from gridapp.server.workspace import Key, Workspace, owners


class BoundFor:
    """What the devices of a group said of residences, in this batch and in what waits."""

    def __init__(self, connection: Connection, workspace: Workspace) -> None:
        self.connection, self.workspace = connection, workspace
        self._sent: dict[bytes, Sequence[Operation]] = {}

    def note(self, device_id: bytes, operations: Sequence[Operation]) -> None:
        """The operations of one device in this group."""
        self._sent[device_id] = operations

    def find(self, author: Author, parked: Parked) -> tuple[frozenset[bytes], Key | None]:
        """The grids of the household where the person of an operation is going, and the household if it is there."""
        for household in self._households(parked):
            key = ("household", household)
            self.workspace.load([key])
            if self.workspace.rows[key] is None:
                grid = self._stated(parked.device_id, household)
                if grid is not None:
                    return frozenset({self.workspace.successors.of(grid)}), None
                continue
            grids = self.workspace.place(*key).grids
            # Nobody puts something before the head of a grid that was never theirs.
            if grids & ended_grids(author) or self.workspace.once_held(
                household, author.channels(once=True)
            ):
                return grids, key
        return frozenset(), None

    def _households(self, parked: Parked) -> Iterator[bytes]:
        operation = parked.operation
        key = (operation.entity, operation.record_id)
        every = {key, self.workspace.root(*key), *owners(operation)}
        people = {record for entity, record in every if entity == "person"}
        waiting = (one.operation for one in waiting_for(self.connection, sorted(people)))
        for sent in (*self._sent.get(parked.device_id, ()), *waiting):
            if sent.entity == "residence" and _said(sent, "person_id") in people:
                household = _said(sent, "household_id")
                if household is not None:
                    yield household

    def _stated(self, device_id: bytes, household: bytes) -> bytes | None:
        """The grid of a household that the same batch makes."""
        for sent in self._sent.get(device_id, ()):
            if (sent.entity, sent.record_id) == ("household", household) and creates(sent):
                return _said(sent, "grid_id")
        return None


def ended_grids(author: Author) -> frozenset[bytes]:
    """Where the author served."""
    return frozenset(g for h in author.holdings if h.ended for g in h.grids)


def in_one_community(workspace: Workspace, grids: Iterable[bytes]) -> bool:
    """Whether these grids belong together, so that any of their heads may see what is of one."""
    units = workspace.reference.units
    return len({units[g].parent if g in units else g for g in grids}) == 1


def _said(sent: Operation, name: str) -> bytes | None:
    change = sent.fields.get(name)
    return change.after if change is not None and isinstance(change.after, bytes) else None
