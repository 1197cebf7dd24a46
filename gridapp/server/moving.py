"""What moves with a household: its dwelling, and the building or a part of it, so that its address goes with it.

Whatever program moved the household said only that it stands in another grid. Everything beneath it follows by
itself (``workspace.dependants``); a dwelling and a building stand in a grid of their own and may be shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID, uuid5

from gridapp.clock import Instant
from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import KINDS
from gridapp.server.grounds import ground_of
from gridapp.server.workspace import Key, Row, Workspace

_NAMESPACE = UUID("0d7c0d0b-5c0e-5f43-9a3b-9b0e5a0c7f21")


class Carried(NamedTuple):
    """A row that changed, or came to be, because a household moved."""

    key: Key
    made: bool


def carry_along(workspace: Workspace, household: Row, now: Instant) -> list[Carried]:
    """Bring dwelling and building to the household's grid; rows of the workspace are changed in place.

    What others still live in stays, and the household gets its like in the new grid: the same one for everybody
    who follows.
    """
    grid = household["grid_id"]
    dwelling = workspace.rows.get(("dwelling", household["dwelling_id"]))
    if dwelling is None or dwelling["grid_id"] == grid:
        return []
    found: list[Carried] = []
    if _all_in(workspace.children("household", "dwelling_id", dwelling["id"]), grid):
        _change(dwelling, {"grid_id": grid})
        found.append(Carried(("dwelling", dwelling["id"]), made=False))
    else:
        dwelling, came = _like(workspace, "dwelling", dwelling, grid, now)
        household |= {"dwelling_id": dwelling["id"], "last_device": None}
        found += came
    return found + _carry_building(workspace, dwelling, grid, now)


def follow_ground(workspace: Workspace, entity: str, row: Row) -> bool:
    """Let a new dwelling or household stand in the grid of what it stands on. Whether that was another one.

    Its author did not know that the building had gone to another grid meanwhile.
    """
    key = ground_of(entity, row)
    ground = workspace.rows.get(key) if key else None
    grid = workspace.grid_of(key[0], ground) if key and ground else None
    if grid is None or grid == row["grid_id"]:
        return False
    row["grid_id"] = grid
    return True


def touched_by(workspace: Workspace, operations: Iterable[Operation]) -> set[Key]:
    """Loaded rows that moves among these operations may carry along."""
    found: set[Key] = set()
    for sent in operations:
        row = workspace.rows.get(("household", sent.record_id))
        if sent.entity != "household" or row is None:
            continue
        if "grid_id" in sent.fields or row["deleted"]:  # which may come back in another grid
            found |= set(_grounds(workspace, row))
    return found


def _grounds(workspace: Workspace, household: Row) -> Iterator[Key]:
    dwelling = workspace.rows.get(("dwelling", household["dwelling_id"]))
    if dwelling is not None:
        yield "dwelling", dwelling["id"]
        if dwelling["building_id"]:
            yield "building", dwelling["building_id"]


def _carry_building(
    workspace: Workspace, dwelling: Row, grid: bytes, now: Instant
) -> list[Carried]:
    building = workspace.rows.get(("building", dwelling["building_id"]))
    if building is None or building["grid_id"] == grid:
        return []
    workspace.load({_twin("building", building, grid)})
    parted = workspace.rows[_twin("building", building, grid)] is not None
    if not parted and _all_in(workspace.children("dwelling", "building_id", building["id"]), grid):
        _change(building, {"grid_id": grid, "micro_grid_id": None})
        return [Carried(("building", building["id"]), made=False)]
    building, came = _like(workspace, "building", building, grid, now)
    dwelling["building_id"] = building["id"]
    return came


def _like(
    workspace: Workspace, entity: str, row: Row, grid: bytes, now: Instant
) -> tuple[Row, list[Carried]]:
    """Its like in the other grid, made where there is none, or where that went on to another grid since."""
    key = _twin(entity, row, grid)
    workspace.load({key})
    held = workspace.rows[key]
    if held is None:
        made = dict.fromkeys(row) | {f.name: row[f.name] for f in KINDS[entity].fields}
        made |= {"id": key[1], "grid_id": grid, "version": 1, "deleted": 0, "run_from": 0}
        made |= {"recorded_at": now, "received_at": now}
        made |= {"micro_grid_id": None} if entity == "building" else {}
        workspace.adopt(entity, made)
        return made, [Carried(key, made=True)]
    if workspace.grid_of(entity, held) != grid:
        return _like(workspace, entity, held, grid, now)
    if held["deleted"]:
        _change(held, {"deleted": 0, "grid_id": grid})
        return held, [Carried(key, made=False)]
    return held, []


def _twin(entity: str, row: Row, grid: bytes) -> Key:
    return entity, uuid5(_NAMESPACE, row["id"].hex() + grid.hex()).bytes


def _all_in(rows: Iterable[Row], grid: bytes) -> bool:
    return all(row["grid_id"] == grid for row in rows)


def _change(row: Row, values: Row) -> None:
    row |= values
    # Nobody's device did this: whoever holds the row is sent it whole.
    row |= {"version": row["version"] + 1, "last_device": None}
