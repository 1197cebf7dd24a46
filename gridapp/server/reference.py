"""Units and catalogue as they stand: loaded once, and again as soon as anything of the district changed.

Units, staff, assignments and the catalogue are all filed in the district's channel, so the number of that channel
says whether what is known still holds, also where another process changed it. A role that ends counts
in the very next transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from gridapp.domain.calendar import Limit, limit_of
from gridapp.domain.channels import district_channel
from gridapp.server.statements import fetch

if TYPE_CHECKING:
    from gridapp.server.author import Holding

_COMMANDS = ("township", "district")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """What is needed of a unit to climb the tree and to name a grid."""

    kind: str
    code: str
    name: str
    parent: bytes | None
    deleted: bool
    successor: bytes | None = None


@dataclass(slots=True)
class Reference:
    """The unit tree and the catalogue as of one number of the district's channel."""

    number: int
    units: Mapping[bytes, UnitRow]
    levels: Mapping[str, str]  # catalogue item -> the level that handles it
    limits: Mapping[str, Limit | None]  # of items that are not deleted
    # (staff, day) -> roles; filled by ``author``, and thrown away with the rest when anything changes
    holdings: dict[tuple[bytes, str], tuple[Holding, ...]] = field(default_factory=dict)
    _below: dict[bytes, list[bytes]] = field(default_factory=dict)
    _grids: dict[tuple[bytes, bool], frozenset[bytes]] = field(default_factory=dict)

    def grids_of(self, unit: bytes, *, gone: bool = False) -> frozenset[bytes]:
        """The grids at or beneath a unit; with ``gone`` also those that are no more."""
        key = (unit, gone)
        if key not in self._grids:
            self._grids[key] = self._find_grids(unit, gone=gone)
        return self._grids[key]

    def command_of(self, unit: bytes) -> bytes | None:
        """The nearest township at or above a unit, else the district."""
        above: bytes | None = unit
        while above:
            row = self.units.get(above)
            if row is None:
                return None
            if row.kind in _COMMANDS:
                return above
            above = row.parent
        return None

    def grid_names(self, grid: bytes) -> tuple[str, str]:
        """(grid code, name of the township above it, or of the nearest unit)."""
        code, name = "", ""
        above: bytes | None = grid
        while above and (row := self.units.get(above)) is not None:
            code, name = code or row.code, row.name
            if row.kind in _COMMANDS:
                break
            above = row.parent
        return code, name

    def _find_grids(self, unit: bytes, *, gone: bool) -> frozenset[bytes]:
        below = self._children()
        found, frontier, seen = set(), [unit], {unit}
        while frontier:
            one = frontier.pop()
            row = self.units.get(one)
            if row is None or (row.deleted and not gone):
                continue
            if row.kind == "grid":
                found.add(one)
            more = [key for key in below.get(one, ()) if key not in seen]
            seen.update(more)
            frontier += more
        return frozenset(found)

    def _children(self) -> dict[bytes, list[bytes]]:
        if not self._below:
            for key, row in self.units.items():
                if row.parent:
                    self._below.setdefault(row.parent, []).append(key)
        return self._below


class References:
    """Keeps the last one of a server. Ask before the transaction writes anything, or what it undoes would stay."""

    def __init__(self) -> None:
        self._held: Reference | None = None

    def get(self, connection: Connection, district_id: bytes) -> Reference:
        """As this transaction sees it."""
        name = district_channel(UUID(bytes=district_id))
        found = fetch(connection, "SELECT seq FROM channel WHERE name=?", name)
        number = int(found[0][0]) if found else 0
        held = self._held
        if held is None or held.number != number:
            held = self._held = load_reference(connection, number)
        return held


def load_reference(connection: Connection, number: int = 0) -> Reference:
    """Read everything."""
    units = {
        key: UnitRow(kind or "", code or "", name or "", parent, bool(deleted), successor)
        for key, kind, code, name, parent, deleted, successor in fetch(
            connection, "SELECT id, kind, code, name, parent_id, deleted, successor_id FROM unit"
        )
    }
    levels: dict[str, str] = {}
    limits: dict[str, Limit | None] = {}
    for code, level, value, unit, deleted in fetch(
        connection, "SELECT item_code, level, limit_value, limit_unit, deleted FROM catalogue_item"
    ):
        levels[code] = level or ""
        if not deleted:
            limits.setdefault(code, limit_of(value, unit or ""))
    return Reference(number, units, levels, limits)
