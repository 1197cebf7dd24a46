"""What comes back to a restored server and still names a grid that was merged away meanwhile goes where that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gridapp.domain.exchange import Change, Operation
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing, new_id
from gridapp.server.reference import load_reference
from gridapp.server.statements import fetch_in
from gridapp.server.successors import Successors

_STANDING = tuple(
    kind.name
    for kind in KINDS.values()
    if "grid_id" in kind.by_name and kind.filing is not Filing.REVIEW
)


def resettling(
    connection: Connection, rows: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[Operation]:
    """Edits, owners first, by which those of these records that are here name the grids of today.

    Where a building went that was split off is not asked: its own row may come back later than what stands on it.
    """
    came = {entity: [row["id"] for e, row in rows if e == entity] for entity in _STANDING}
    if not any(came.values()):
        return []
    successors = Successors(load_reference(connection))
    found: list[Operation] = []
    for entity, keys in came.items():
        sql = (
            f"SELECT id, version, grid_id FROM {entity} WHERE merged_into IS NULL AND id IN (:ids)"
        )
        for key, version, grid in fetch_in(connection, sql, keys):
            today = successors.of(grid) if grid else grid
            if today != grid:
                change = {"grid_id": Change(grid, today)}
                found.append(Operation(new_id().bytes, 0, entity, key, version, change, 0, 0))
    return found
