"""What a place or a household stands on, and the grid where a record belongs that is deleted.

A deleted record says in which grid it stood then. Its building may have gone to another grid since, or the grid into
another one: there it stands, and there it is when late work brings it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gridapp.server.author import SYSTEM, Author
from gridapp.server.successors import Successors

Key = tuple[str, bytes]
Row = dict[str, Any]

# The ground on which a kind stands: the field that names it, and its kind.
GROUND = {"household": ("dwelling_id", "dwelling"), "dwelling": ("building_id", "building")}
_FILING = frozenset({"grid_id", "micro_grid_id"})


def ground_of(entity: str, row: Mapping[str, Any]) -> Key | None:
    """The building of a dwelling, the dwelling of a household; None for other kinds, or where none is named."""
    if entity not in GROUND:
        return None
    field, kind = GROUND[entity]
    return (kind, row[field]) if row[field] else None


def grid_today(
    rows: Mapping[Key, Row | None], successors: Successors, entity: str, row: Mapping[str, Any]
) -> bytes | None:
    """The grid in which a loaded row stands: as it says itself, or, of a deleted one, where it would come back."""
    grid: bytes | None = row.get("grid_id")
    if not row["deleted"] or grid is None:
        return grid
    key = ground_of(entity, row)
    ground = rows.get(key) if key else None
    if key is not None and ground is not None and not ground["merged_into"]:
        return grid_today(rows, successors, key[0], ground)
    return successors.of(grid)


def coming_back(
    rows: Mapping[Key, Row | None], successors: Successors, entity: str, row: Mapping[str, Any]
) -> dict[str, Any]:
    """What brings a deleted record back, to where it belongs."""
    grid = grid_today(rows, successors, entity, row)
    elsewhere = {} if grid == row.get("grid_id") else {"grid_id": grid}
    return {"deleted": 0} | elsewhere


def only_files(author: Author, fields: Iterable[str]) -> bool:
    """Whether an edit is the district's own by which a record goes to another grid: a deleted one stays deleted."""
    return author.staff_id == SYSTEM.bytes and _FILING.issuperset(fields)
