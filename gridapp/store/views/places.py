"""The user's grids with their buildings and micro grids, and how many households each holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.address import address_key, dwelling_address
from gridapp.domain.place import Building, Compound, MicroGrid
from gridapp.domain.roles import Role
from gridapp.domain.unit import Assignment, Unit
from gridapp.store.reader import Reader


@dataclass(frozen=True, slots=True)
class Place:
    """A building or a micro grid with the number of its households."""

    id: UUID
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class GridPlaces:
    """One grid and what is in it."""

    id: UUID
    name: str
    community: str
    count: int
    buildings: tuple[Place, ...]
    micro_grids: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class MyPost:
    """Who the user is at work: roles, and the name of the place under the product's name."""

    roles: frozenset[str]
    place: str


def grid_places(reader: Reader) -> tuple[GridPlaces, ...]:
    """Every grid that households, buildings or an own assignment stand in, by name."""
    counts = _counts(reader, "SELECT grid_id, count(*) FROM household WHERE deleted=0 GROUP BY 1")
    ids = {UUID(bytes=key) for key in counts}
    ids |= {b.grid_id for b in reader.where(Building, "1") if b.grid_id}
    ids |= {a.unit_id for a in _assignments(reader) if a.unit_id}
    units = [u for u in reader.records(Unit, ids) if u.kind == "grid"]
    parents = {u.id: u for u in reader.records(Unit, {u.parent_id for u in units if u.parent_id})}
    places = [_grid(reader, u, parents, counts.get(u.id.bytes, 0)) for u in units]
    return tuple(sorted(places, key=lambda g: (g.community, address_key(g.name))))


def my_post(reader: Reader) -> MyPost:
    """The user's present roles and where they serve."""
    own = _assignments(reader)
    units = {u.id: u for u in reader.records(Unit, [a.unit_id for a in own if a.unit_id])}
    names: list[str] = []
    for unit in units.values():
        parent = reader.record(Unit, unit.parent_id) if unit.kind == "grid" else None
        names.append(f"{_short(parent.name)} · {unit.name}" if parent else _short(unit.name))
    first = sorted(names)[0] if names else ""
    return MyPost(
        frozenset(a.role for a in own) & frozenset(Role),
        f"{first} +{len(names) - 1}" if len(names) > 1 else first,
    )


def _grid(reader: Reader, unit: Unit, parents: dict[UUID, Unit], count: int) -> GridPlaces:
    in_building = _counts(
        reader,
        "SELECT d.building_id, count(*) FROM household h JOIN dwelling d ON d.id=h.dwelling_id "
        "WHERE h.deleted=0 AND h.grid_id=? GROUP BY 1",
        unit.id,
    )
    in_micro = _counts(
        reader,
        "SELECT b.micro_grid_id, count(*) FROM household h JOIN dwelling d ON d.id=h.dwelling_id "
        "JOIN building b ON b.id=d.building_id WHERE h.deleted=0 AND h.grid_id=? GROUP BY 1",
        unit.id,
    )
    buildings = reader.where(Building, "grid_id=?", (unit.id.bytes,))
    compounds = {c.id: c.name for c in reader.where(Compound, "1")}
    micro = reader.where(MicroGrid, "grid_id=?", (unit.id.bytes,))
    parent = parents.get(unit.parent_id) if unit.parent_id else None
    return GridPlaces(
        unit.id,
        unit.name,
        parent.name if parent else "",
        count,
        _places(((b.id, _building(b, compounds)) for b in buildings), in_building),
        _places(((m.id, m.name) for m in micro), in_micro),
    )


def _building(building: Building, compounds: dict[UUID, str]) -> str:
    compound = compounds.get(building.compound_id, "") if building.compound_id else ""
    return dwelling_address(building.name, "", "", "", compound)


def _short(name: str) -> str:
    for ending in ("居民委员会", "村民委员会", "办事处"):
        name = name.removesuffix(ending)
    return name


def _places(named: Iterable[tuple[UUID, str]], counts: dict[bytes, int]) -> tuple[Place, ...]:
    places = [Place(i, name, counts.get(i.bytes, 0)) for i, name in named]
    return tuple(sorted(places, key=lambda p: address_key(p.name)))


def _counts(reader: Reader, sql: str, grid_id: UUID | None = None) -> dict[bytes, int]:
    params = (grid_id.bytes,) if grid_id else ()
    return {key: count for key, count in reader.rows(sql, params) if key is not None}


def _assignments(reader: Reader) -> list[Assignment]:
    return reader.where(Assignment, "staff_id=? AND to_date IS NULL", (reader.who.staff_id.bytes,))
