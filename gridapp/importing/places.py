"""The dwelling that a roster's address means: one that is there, or a new one with building and compound."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gridapp.domain.place import Building, Compound, Dwelling
from gridapp.domain.record import Record
from gridapp.importing.grouping import address_words
from gridapp.importing.known import Known
from gridapp.importing.plan import Address

_PARTS = tuple(f.name for f in dataclasses.fields(Address))

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a household lives. ``held``: what of it is there already, as it is there.

    ``compound`` only where it must be made first.
    """

    dwelling: Dwelling
    building: Building | None
    held: tuple[Record, ...]
    compound: Compound | None = None


class Places:
    """Finds and makes places of one grid; what was made for one household serves the next."""

    def __init__(self, known: Known) -> None:
        self._grid = known.grid
        self._compounds = {_plain(c.name): c for c in reversed(known.compounds)}
        self._names = {c.id: c.name for c in known.compounds}
        self._buildings = {b.id: b for b in known.buildings}
        self._by_name: dict[str, list[Building]] = {}
        for building in known.buildings:
            self._by_name.setdefault(_building_words(building.name), []).append(building)
        self._by_words: dict[Words, UUID] = {}
        self._by_door: dict[Words, list[UUID]] = {}
        self._dwellings: dict[UUID, Dwelling] = {}
        for dwelling in known.dwellings.values():
            self._keep(dwelling)
        self._held: set[UUID] = self._buildings.keys() | self._dwellings.keys()

    def now(self, dwelling: Dwelling) -> Dwelling:
        """A dwelling as the households before left it."""
        return self._dwellings.get(dwelling.id, dwelling)

    def find(
        self, stated: Address, current: Dwelling | None, fields: Mapping[str, Any]
    ) -> Place | None:
        """The place that a household states; parts that it leaves out are those of ``current``.

        None where neither says anything. ``fields`` are further fields of the dwelling.
        """
        before = self.address(current) if current else Address()
        merged = Address(**{n: getattr(stated, n) or getattr(before, n) for n in _PARTS})
        if current and address_words(merged) == address_words(before):
            return self._place(self.now(current), fields)
        if not merged:
            return None
        if current and not stated.landmark:
            merged = dataclasses.replace(merged, landmark="")  # it described the old door
        words = address_words(merged)
        found = self._by_words.get(words)
        if found is None and not merged.compound:
            doors = self._by_door.get(words[1:], [])
            found = doors[0] if len(doors) == 1 else None
        return self._place(self._dwellings[found], fields) if found else self._make(merged, fields)

    def address(self, dwelling: Dwelling) -> Address:
        """The parts of a dwelling's address."""
        building = self._buildings.get(dwelling.building_id) if dwelling.building_id else None
        compound = building.compound_id if building else None
        return Address(
            self._names.get(compound, "") if compound else "",
            building.name if building else "",
            dwelling.entrance,
            dwelling.room,
            dwelling.landmark,
        )

    def _keep(self, dwelling: Dwelling) -> None:
        words = address_words(self.address(dwelling))
        if dwelling.id not in self._dwellings and words not in self._by_words:
            self._by_words[words] = dwelling.id
            self._by_door.setdefault(words[1:], []).append(dwelling.id)
        self._dwellings[dwelling.id] = dwelling

    def _place(
        self, dwelling: Dwelling, fields: Mapping[str, Any], compound: Compound | None = None
    ) -> Place:
        building = self._buildings.get(dwelling.building_id) if dwelling.building_id else None
        here = [record for record in (building, dwelling) if record]
        held = tuple(record for record in here if record.id in self._held)
        self._held.update(record.id for record in here)
        changed = dataclasses.replace(dwelling, **fields)
        self._keep(changed)
        return Place(changed, building, held, compound)

    def _make(self, address: Address, fields: Mapping[str, Any]) -> Place:
        compound, is_new = self._compound(address.compound)
        building = self._building(address.building, compound) if address.building else None
        dwelling = Dwelling(
            grid_id=self._grid.id,
            building_id=building.id if building else None,
            entrance=address.entrance,
            room=address.room,
            landmark=address.landmark,
        )
        return self._place(dwelling, fields, compound if is_new else None)

    def _compound(self, name: str) -> tuple[Compound | None, bool]:
        plain = _plain(name)
        if not plain or plain in self._compounds:
            return self._compounds.get(plain), False
        made = Compound(unit_id=self._grid.parent_id or self._grid.id, name=name)
        self._compounds[plain] = made
        self._names[made.id] = name
        return made, True

    def _building(self, name: str, compound: Compound | None) -> Building:
        same = self._by_name.setdefault(_building_words(name), [])
        wanted = compound.id if compound else None
        for building in same:
            if building.compound_id == wanted or (wanted is None and len(same) == 1):
                return building
        made = Building(grid_id=self._grid.id, compound_id=wanted, name=name)
        self._buildings[made.id] = made
        same.append(made)
        return made


def _building_words(name: str) -> str:
    return address_words(Address(building=name))[1]


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
