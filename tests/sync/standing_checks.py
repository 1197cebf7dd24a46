"""What must hold of where records stand: every living one in a grid that is there, and where its owner and ground are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridapp.domain.kinds import KINDS

if TYPE_CHECKING:
    from tests.sync.world import World

_GROUND = {"household": ("dwelling_id", "dwelling"), "dwelling": ("building_id", "building")}


def check_standing(world: World) -> None:
    """Of living records that went into no other one."""
    units = {u["id"] for u in world.rows("unit", deleted=0)}
    # What a restored server remembers of a merged grid is read where that went, until its own row comes back.
    restored = world.server.epoch > 1
    went = {
        u["id"]: u["successor_id"] for u in world.rows("unit") if restored and u["successor_id"]
    }
    rows = {e: {r["id"]: r for r in world.rows(e)} for e in KINDS}
    for entity, kind in KINDS.items():
        for row in rows[entity].values():
            if row["deleted"] or row["merged_into"]:
                continue
            told = entity, row["id"].hex()
            if "grid_id" in kind.by_name and entity != "review":
                assert _today(went, row["grid_id"]) in units, told
            if kind.owner and row[kind.owner] and kind.owner_kind in KINDS:
                assert row[kind.owner] in rows[kind.owner_kind], told
            _check_ground(told, entity, row, rows, went)


def _today(went: dict[bytes, bytes], grid: bytes) -> bytes:
    for _ in went:
        grid = went.get(grid, grid)
    return grid


def _check_ground(
    told: tuple[str, str],
    entity: str,
    row: dict[str, Any],
    rows: dict[str, dict[bytes, Any]],
    went: dict[bytes, bytes],
) -> None:
    field, kind = _GROUND.get(entity, ("", ""))
    if field and row[field]:
        ground = rows[kind][row[field]]
        one, other = (_today(went, each["grid_id"]) for each in (ground, row))
        assert ground["deleted"] or one == other, (*told, kind)
