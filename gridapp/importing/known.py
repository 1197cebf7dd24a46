"""What the local database holds of a grid, read at once, so that matching a roster asks nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.identity import tidy_number
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Building, Compound, Dwelling
from gridapp.domain.record import Record
from gridapp.domain.unit import Unit
from gridapp.errors import Problem
from gridapp.store.drafting import HouseholdForm, MemberForm
from gridapp.store.reader import Reader, marks

R = TypeVar("R", bound=Record)

_IN_GRID = "SELECT id FROM household WHERE grid_id=? AND deleted=0 AND merged_into IS NULL"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Known:
    """One grid's places and households; ``members`` are those who are there now."""

    grid: Unit
    compounds: tuple[Compound, ...]
    buildings: tuple[Building, ...]
    dwellings: dict[UUID, Dwelling]
    households: dict[UUID, Household]
    files: dict[UUID, HouseholdFile]
    members: dict[UUID, tuple[MemberForm, ...]]  # by household
    elsewhere: dict[str, MemberForm]  # by ID number: people who are here only with other households

    def form(self, household: Household) -> HouseholdForm:
        """A household as its edit form would open it."""
        dwelling = self.dwellings.get(household.dwelling_id) if household.dwelling_id else None
        building = None
        if dwelling and dwelling.building_id:
            building = next((b for b in self.buildings if b.id == dwelling.building_id), None)
        return HouseholdForm(
            household,
            self.files.get(household.id) or HouseholdFile(household_id=household.id),
            dwelling or Dwelling(grid_id=household.grid_id),
            building,
            self.members.get(household.id, ()),
        )


def load(reader: Reader, grid_id: UUID, numbers: Iterable[str]) -> Known:
    """Read a grid, and the people with these ID numbers wherever they are.

    Raises ``Problem`` ``no_grid`` where the grid is not here.
    """
    grid = reader.record(Unit, grid_id)
    if grid is None or grid.deleted or grid.kind != "grid":
        raise Problem(
            "no_grid", "本机没有这个网格。", place=str(grid_id), remedy="请核对网格编码，或先同步。"
        )
    key = (grid_id.bytes,)
    parent = grid.parent_id.bytes if grid.parent_id else b""
    ties = reader.where(Residence, f"to_date IS NULL AND household_id IN ({_IN_GRID})", key)
    found = _Found(reader, {t.person_id for t in ties if t.person_id})
    members: dict[UUID, list[MemberForm]] = {}
    for tie in sorted(ties, key=lambda t: t.id):
        if tie.household_id and (member := found.member(tie.person_id, tie)):
            members.setdefault(tie.household_id, []).append(member)
    return Known(
        grid,
        tuple(_by_age(reader.where(Compound, "unit_id=?", (parent,)))),
        tuple(_by_age(reader.where(Building, "grid_id=?", key))),
        {d.id: d for d in _by_age(reader.where(Dwelling, "grid_id=?", key))},
        {h.id: h for h in _by_age(reader.where(Household, "grid_id=?", key))},
        {
            f.household_id: f
            for f in reader.where(HouseholdFile, f"household_id IN ({_IN_GRID})", key)
            if f.household_id
        },
        {household: tuple(people) for household, people in members.items()},
        _elsewhere(reader, set(numbers)),
    )


class _Found:
    """People with their files and care groups, read in a few queries."""

    def __init__(self, reader: Reader, ids: Iterable[UUID]) -> None:
        keys = list(ids)
        self.people = {p.id: p for p in reader.records(Person, keys) if not p.deleted}
        self.files = _grouped(reader, PersonFile, keys, lambda f: f.person_id)
        self.care = _grouped(reader, CareEnrolment, keys, lambda c: c.person_id)

    def member(self, person_id: UUID | None, tie: Residence) -> MemberForm | None:
        person = self.people.get(person_id) if person_id else None
        if person is None:
            return None
        files = self.files.get(person.id)
        care = [c for c in self.care.get(person.id, ()) if c.to_date is None]
        file = files[0] if files else PersonFile(person_id=person.id)
        return MemberForm(person, file, tie, tuple(care))


def _elsewhere(reader: Reader, numbers: set[str]) -> dict[str, MemberForm]:
    rows = reader.rows(
        "SELECT id_number, person_id FROM person_file WHERE deleted=0 AND id_number IS NOT NULL"
    )
    found = {n: UUID(bytes=key) for text, key in rows if (n := tidy_number(text)) in numbers}
    people = _Found(reader, found.values())
    members = {n: people.member(key, Residence(person_id=key)) for n, key in found.items()}
    return {number: member for number, member in members.items() if member}


def _grouped(
    reader: Reader, record: type[R], ids: Sequence[UUID], owner: Callable[[R], UUID | None]
) -> dict[UUID, list[R]]:
    found: dict[UUID, list[R]] = {}
    for start in range(0, len(ids), _CHUNK):
        part = [i.bytes for i in ids[start : start + _CHUNK]]
        for row in _by_age(reader.where(record, f"person_id IN ({marks(part)})", part)):
            if key := owner(row):
                found.setdefault(key, []).append(row)
    return found


def _by_age(records: Iterable[R]) -> list[R]:
    return sorted(records, key=lambda record: record.id)
