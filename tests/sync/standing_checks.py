"""What must hold of where records stand: every living one in a grid that is there, and where its owner and ground are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridapp.domain.kinds import KINDS

if TYPE_CHECKING:
    from tests.sync.world import World

_GROUND = {"household": ("dwelling_id", "dwelling"), "dwelling": ("building_id", "building")}


def check_standing(world: World) -> None:
    """Of living records that went into no other one.

    A server that was set back may have got back a building and not what stands on it, if nobody held that any more.
    """
    units = {u["id"] for u in world.rows("unit", deleted=0)}
    restored = world.server.epoch > 1
    if restored:  # what names a merged grid is read where that went, until its own row comes back
        units |= {u["id"] for u in world.rows("unit") if u["successor_id"]}
    rows = {e: {r["id"]: r for r in world.rows(e)} for e in KINDS}
    for entity, kind in KINDS.items():
        for row in rows[entity].values():
            if row["deleted"] or row["merged_into"]:
                continue
            told = entity, row["id"].hex()
            if "grid_id" in kind.by_name and entity != "review":
                assert row["grid_id"] in units, told
            if kind.owner and row[kind.owner] and kind.owner_kind in KINDS:
                assert row[kind.owner] in rows[kind.owner_kind], told
            if not restored:
                _check_ground(told, entity, row, rows)


def _check_ground(
    told: tuple[str, str], entity: str, row: dict[str, Any], rows: dict[str, dict[bytes, Any]]
) -> None:
    field, kind = _GROUND.get(entity, ("", ""))
    if field and row[field]:
        ground = rows[kind][row[field]]
        assert ground["deleted"] or ground["grid_id"] == row["grid_id"], (*told, kind)
