"""The units that an event can be sent to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.names import name_tokens
from gridapp.domain.unit import Unit
from gridapp.store.reader import Reader


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit to choose, with the unit above it and pinyin for typing."""

    id: UUID
    name: str
    above: str
    spellings: frozenset[str]


def target_units(reader: Reader, event_id: UUID) -> tuple[UnitChoice, ...]:
    """Departments, communities and the grids beside the event's own, the likeliest first.

    Likely are departments of the item's kind, then the event's own grid and community, then what is near.
    """
    row = next(
        iter(
            reader.rows(
                "SELECT e.grid_id, (SELECT dept_type FROM catalogue_item c WHERE c.deleted=0 "
                "AND c.item_code=e.item_code LIMIT 1) FROM event e WHERE e.id=?",
                (event_id.bytes,),
            )
        ),
        (None, ""),
    )
    units = {unit.id: unit for unit in reader.where(Unit, "1")}
    above = _above(units, UUID(bytes=row[0]) if row[0] else None)
    found = []
    for unit in units.values():
        if unit.kind == "grid" and unit.parent_id not in above:
            continue
        if unit.kind not in ("department", "team", "village", "township", "grid"):
            continue
        near = unit.id in above or unit.parent_id in above
        fits = bool(row[1]) and unit.dept_type == row[1]
        own = unit.id in above[:2]
        parent = units.get(unit.parent_id) if unit.parent_id else None
        choice = UnitChoice(
            unit.id,
            unit.name,
            parent.name if parent else "",
            frozenset(name_tokens(unit.name, ())),
        )
        found.append((not fits, not own, not near, unit.code, choice))
    found.sort(key=lambda entry: entry[:4])
    return tuple(choice for *_, choice in found)


def _above(units: dict[UUID, Unit], grid_id: UUID | None) -> list[UUID]:
    """The grid, its community, and so on to the top."""
    found: list[UUID] = []
    unit = units.get(grid_id) if grid_id else None
    while unit is not None and unit.id not in found:
        found.append(unit.id)
        unit = units.get(unit.parent_id) if unit.parent_id else None
    return found
