"""The user's grids with their buildings and micro grids, and how many households each holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from gridapp.clock import Instant
from gridapp.domain.address import address_key, dwelling_address
from gridapp.domain.roles import RIGHTS, Reach, Role, reaches, writes
from gridapp.domain.unit import Assignment, Unit
from gridapp.store.acting import standing
from gridapp.store.authority import own_assignments, posts_known
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
    """Who the user is at work: roles, and the name of the place under the product's name.

    ``known``: whether this computer knows yet who serves where; ``grids``: those whose files the roles reach.
    """

    roles: frozenset[str]
    place: str
    known: bool = False
    grids: frozenset[UUID] = frozenset()

    def may(self, kind: str, grid_id: UUID | None = None) -> bool:
        """Whether the user writes records of this kind, in this grid or (None) anywhere.

        What the store would refuse is not offered; before the first sync it refuses nothing.
        """
        if not self.known:
            return True
        writing = [role for role in self.roles if writes((role,), kind)]
        if grid_id is None or grid_id in self.grids:
            return bool(writing)
        return any(RIGHTS[Role(role)].reach is not Reach.GRIDS for role in writing)

    def holds_file(self, grid_id: UUID | None = None) -> bool:
        """Whether the user has whole files, of this grid or (None) of any: more than names and addresses."""
        if not self.known:
            return True
        return grid_id in self.grids if grid_id else reaches(self.roles, Reach.GRIDS)


def grid_places(reader: Reader) -> tuple[GridPlaces, ...]:
    """Every grid that households, buildings or an own assignment stand in, by name."""
    held = _Held(reader)
    ids = {key for key in (*held.counts, *held.buildings, *held.micro_grids) if key}
    own = [a.unit_id for a in _assignments(reader) if a.unit_id]
    units = [
        u for u in reader.records(Unit, [*(UUID(bytes=k) for k in ids), *own]) if u.kind == "grid"
    ]
    parents = {u.id: u for u in reader.records(Unit, {u.parent_id for u in units if u.parent_id})}
    places = [held.grid(u, parents.get(u.parent_id) if u.parent_id else None) for u in units]
    return tuple(sorted(places, key=lambda g: (g.community, address_key(g.name))))


class _Held:
    """All places and how many households each holds: a few questions, however many grids there are."""

    def __init__(self, reader: Reader) -> None:
        self.counts: Counter[bytes | None] = Counter()
        self._in_building: Counter[bytes | None] = Counter()
        self._in_micro: Counter[bytes | None] = Counter()
        for grid, building, micro, count in reader.rows(
            "SELECT grid_id, building_id, micro_grid_id, count(*) FROM household_order "
            "GROUP BY 1, 2, 3"
        ):
            self.counts[grid] += count
            self._in_building[building] += count
            self._in_micro[micro] += count
        compounds = dict(reader.rows("SELECT id, name FROM compound WHERE deleted=0"))
        self.buildings: dict[bytes, list[tuple[bytes, str]]] = {}
        for grid, key, name, compound in reader.rows(
            "SELECT grid_id, id, name, compound_id FROM building WHERE deleted=0"
        ):
            said = dwelling_address(name or "", "", "", "", compounds.get(compound) or "")
            self.buildings.setdefault(grid, []).append((key, said))
        self.micro_grids: dict[bytes, list[tuple[bytes, str]]] = {}
        for grid, key, name in reader.rows(
            "SELECT grid_id, id, name FROM micro_grid WHERE deleted=0"
        ):
            self.micro_grids.setdefault(grid, []).append((key, name or ""))

    def grid(self, unit: Unit, parent: Unit | None) -> GridPlaces:
        """One grid with what is in it."""
        key = unit.id.bytes
        return GridPlaces(
            unit.id,
            unit.name,
            parent.name if parent else "",
            self.counts[key],
            _places(self.buildings.get(key, ()), self._in_building),
            _places(self.micro_grids.get(key, ()), self._in_micro),
        )


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
        posts_known(reader),
        frozenset(grid for post in standing(reader).posts for grid in post.grids),
    )


def last_known(reader: Reader) -> Instant:
    """When the server was last heard, by its own clock; 0 where that was never."""
    return reader.last_known


def _short(name: str) -> str:
    for ending in ("居民委员会", "村民委员会", "办事处"):
        name = name.removesuffix(ending)
    return name


def _places(
    named: Iterable[tuple[bytes, str]], counts: Mapping[bytes | None, int]
) -> tuple[Place, ...]:
    places = [Place(UUID(bytes=key), name, counts.get(key, 0)) for key, name in named]
    return tuple(sorted(places, key=lambda p: address_key(p.name)))


def _assignments(reader: Reader) -> list[Assignment]:
    return own_assignments(reader, reader.today.isoformat())
