"""Grids that were merged into others: what still names the old one means the one that it went into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridapp.domain.exchange import Change
from gridapp.domain.record import Kind
from gridapp.server.author import Author
from gridapp.server.place import Place
from gridapp.server.reference import Reference

_MOST = 20  # mergers one after the other


class Successors:
    """As one batch sees them; hardly any grid has one."""

    def __init__(self, reference: Reference) -> None:
        self._units = reference.units
        self._new: dict[bytes, bytes | None] = {}

    def of(self, grid: bytes) -> bytes:
        """The grid that stands for this one today: itself, or what it was merged into."""
        for _ in range(_MOST):
            unit = self._units.get(grid)
            following = self._new.get(grid, unit.successor if unit else None)
            if following is None:
                return grid
            grid = following
        return grid

    def grids(self, grid: bytes | None) -> frozenset[bytes]:
        """Where a record that names a grid stands: there, and where that went."""
        return frozenset({grid, self.of(grid)}) if grid else frozenset()

    def note(self, unit: Mapping[str, Any]) -> None:
        """This batch merged a grid into another one."""
        self._new[unit["id"]] = unit["successor_id"]

    def redirect(self, kind: Kind, changes: dict[str, Change], author: Author) -> dict[str, Change]:
        """Changes that name a grid of today. Who does not write there is taken at their word."""
        sent = changes.get("grid_id")
        if sent is None or not isinstance(sent.after, bytes):
            return changes
        after = self.of(sent.after)
        place = Place(frozenset({after}))
        if after == sent.after or not (
            author.may_write(kind.name, place) or author.may_report(kind.name, place)
        ):
            return changes
        before = self.of(sent.before) if isinstance(sent.before, bytes) else sent.before
        return changes | {"grid_id": Change(before, after, sent.follows)}
