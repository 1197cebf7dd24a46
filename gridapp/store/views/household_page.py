"""One household with everything that its file shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.domain.attachment import Attachment
from gridapp.domain.due import Due
from gridapp.domain.event import Event
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Building, Dwelling
from gridapp.domain.unit import Staff, Unit
from gridapp.domain.visit import Visit
from gridapp.store.drafting import HouseholdForm, MemberForm
from gridapp.store.merging import merged_here, stands_for
from gridapp.store.reader import Reader, marks
from gridapp.store.views.due import standings
from gridapp.store.views.duplicates import Duplicate, duplicates
from gridapp.store.views.photos import household_attachments


@dataclass(frozen=True, slots=True)
class HouseholdPage:
    """A household file. ``waiting``: something of it is not with the server yet; ``next``: its next visit."""

    household: Household
    file: HouseholdFile
    dwelling: Dwelling | None
    building: Building | None
    grid: str
    members: tuple[MemberForm, ...]  # those who are there now, the head first
    visits: tuple[Visit, ...]  # newest first
    events: tuple[Event, ...]  # newest first
    attachments: tuple[Attachment, ...]  # of all of it: visits and events too
    staff: Mapping[UUID, str]
    visit_events: Mapping[UUID, UUID]  # visit -> event reported at it
    waiting: bool
    next: Due | None
    duplicates: tuple[Duplicate, ...] = ()  # other households that may be this one

    @property
    def care(self) -> tuple[str, ...]:
        """The codes of the care groups of those who live here."""
        living = (m for m in self.members if m.residence.kind == "living")
        codes = {c.group_code for m in living for c in m.care}
        return tuple(sorted(codes))

    @property
    def due(self) -> date | None:
        """The day of the next visit."""
        return self.next.day if self.next else None

    def form(self) -> HouseholdForm:
        """What the edit form opens with."""
        dwelling = self.dwelling or Dwelling(grid_id=self.household.grid_id)
        return HouseholdForm(self.household, self.file, dwelling, self.building, self.members)


def household_page(reader: Reader, household_id: UUID) -> HouseholdPage | None:
    """The file of one household, None where it is not here (any more).

    Of one that went into another household it is the other one's.
    """
    household_id = stands_for(reader, household_id)
    household = reader.record(Household, household_id)
    if household is None or household.deleted:
        return None
    # What hangs on one that was merged here comes when the server has carried it along; it is shown already.
    homes = (household_id, *merged_here(reader, household_id))
    files = [f for home in homes for f in reader.children(HouseholdFile, home)]
    files = [f for f in files if f.merged_into is None]
    dwelling = reader.record(Dwelling, household.dwelling_id)
    grid = reader.record(Unit, household.grid_id)
    visits = [v for home in homes for v in reader.children(Visit, home)]
    visits.sort(key=lambda v: (v.happened_at or "", v.id), reverse=True)
    keys = [home.bytes for home in homes]
    events = reader.where(Event, f"household_id IN ({marks(keys)})", keys)
    events.sort(key=lambda e: (e.happened_at or "", e.id), reverse=True)
    return HouseholdPage(
        household,
        files[0] if files else HouseholdFile(household_id=household_id),
        dwelling,
        reader.record(Building, dwelling.building_id) if dwelling else None,
        grid.name if grid else "",
        _members(reader, household, homes),
        tuple(visits),
        tuple(events),
        tuple(a for home in homes for a in household_attachments(reader, home)),
        _staff(reader, visits, events),
        {e.visit_id: e.id for e in events if e.visit_id},
        len(homes) > 1 or _waiting(reader, household_id, visits),
        standings(reader, (household_id,))[household_id].due,
        duplicates(reader, household),
    )


def _members(reader: Reader, household: Household, homes: Sequence[UUID]) -> tuple[MemberForm, ...]:
    ties = [r for home in homes for r in reader.children(Residence, home) if r.to_date is None]
    people = {p.id: p for p in reader.records(Person, {r.person_id for r in ties if r.person_id})}
    members = []
    for tie in ties:
        person = people.get(tie.person_id) if tie.person_id else None
        if person is None or person.deleted:
            continue
        files = reader.children(PersonFile, person.id)
        care = [c for c in reader.children(CareEnrolment, person.id) if c.to_date is None]
        file = files[0] if files else PersonFile(person_id=person.id)
        members.append(MemberForm(person, file, tie, tuple(care)))
    members.sort(
        key=lambda m: (m.person.id != household.head_id, m.residence.relation or "99", m.person.id)
    )
    return tuple(members)


def _staff(reader: Reader, visits: list[Visit], events: list[Event]) -> dict[UUID, str]:
    ids = {v.visited_by for v in visits} | {v.recorded_by for v in visits}
    ids |= {e.reported_by for e in events}
    return {s.id: s.name for s in reader.records(Staff, {i for i in ids if i})}


def _waiting(reader: Reader, household_id: UUID, visits: list[Visit]) -> bool:
    keys = [household_id.bytes, *(v.id.bytes for v in visits[:50])]
    return bool(
        reader.value(
            f"SELECT 1 FROM outbox WHERE state='waiting' AND record_id IN ({marks(keys)}) LIMIT 1",
            keys,
        )
    )
