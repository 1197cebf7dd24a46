"""Grids that were merged into others: what still names the old one means the one that it went into."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from gridapp.domain.exchange import Change
from gridapp.domain.record import Kind
from gridapp.server.author import Author
from gridapp.server.place import Place
from gridapp.server.schema import tables

_MOST = 20  # mergers one after the other


class Successors:
    """Asked once for each grid of a batch; hardly any grid has a successor."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[bytes, bytes] = {}

    def of(self, grid: bytes) -> bytes:
        """The grid that stands for this one today: itself, or what it was merged into."""
        if grid not in self._known:
            self._known[grid] = self._follow(grid)
        return self._known[grid]

    def redirect(
        self, kind: Kind, changes: Mapping[str, Change], author: Author
    ) -> dict[str, Change]:
        """Changes that name a grid of today. Who does not write there is taken at their word."""
        sent = changes.get("grid_id")
        if sent is None or "grid_id" not in kind.by_name or not isinstance(sent.after, bytes):
            return dict(changes)
        after = self.of(sent.after)
        place = Place(frozenset({after}))
        if after == sent.after or not (
            author.may_write(kind.name, place) or author.may_report(kind.name, place)
        ):
            return dict(changes)
        before = self.of(sent.before) if isinstance(sent.before, bytes) else sent.before
        return {**changes, "grid_id": Change(before, after, sent.follows)}

    def _follow(self, grid: bytes) -> bytes:
        unit = tables["unit"].c
        for _ in range(_MOST):
            statement = select(unit.successor_id).where(
                unit.id == grid, unit.successor_id.is_not(None)
            )
            following = self._connection.scalar(statement)
            if following is None:
                return grid
            grid = following
        return grid
