"""Judging that can be taken back whole: a decision is taken with everything that it means, or not at all."""

from __future__ import annotations

from typing import Any

from gridapp.server.judge import Judge
from gridapp.server.workspace import Workspace


class Trial:
    """What a workspace and its judges hold now. Decisions are rare, so copying it is cheap enough."""

    def __init__(self, workspace: Workspace, *judges: Judge) -> None:
        self._workspace = workspace
        self._judges = judges
        self._rows = {k: (row, dict(row) if row else None) for k, row in workspace.rows.items()}
        self._gathered = [
            (held, {owner: dict(rows) for owner, rows in held.items()})
            for held in (workspace.homes, workspace.steps)
        ]
        self._sets = [(each, set(each)) for each in _sets(judges)]
        self._refused = {staff: set(records) for staff, records in workspace.refused.items()}
        self._taken = dict(workspace.taken)
        self._conflicts = [
            (judge.conflicts.held, {k: (row, dict(row)) for k, row in judge.conflicts.held.items()})
            for judge in judges
        ]

    def undo(self) -> None:
        """Everything as it was, in the very rows and sets that others hold."""
        rows = self._workspace.rows
        rows.clear()
        for key, (row, held) in self._rows.items():
            rows[key] = row
            if row is not None and held is not None:
                _refill(row, held)
        for gathered, was in self._gathered:
            gathered.clear()
            gathered.update(was)
        for each, members in self._sets:
            each.clear()
            each.update(members)
        _refill(self._workspace.taken, self._taken)
        _refill(self._workspace.refused, self._refused)
        for conflicts, known in self._conflicts:
            _refill(conflicts, {k: row for k, (row, _) in known.items()})
            for row, held in known.values():
                _refill(row, held)


def _sets(judges: tuple[Judge, ...]) -> list[set[Any]]:
    found: list[set[Any]] = []
    for judge in judges:
        found += [judge.changed, judge.created, judge.replaced, judge.moved]
    return found


def _refill(held: dict[Any, Any], was: dict[Any, Any]) -> None:
    held.clear()
    held.update(was)
