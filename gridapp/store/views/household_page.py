"""One household with everything that its file shows."""

from __future__ import annotations

from collections.abc import Mapping
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
from gridapp.store.reader import Reader, marks
from gridapp.store.views.due import standings
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
    """The file of one household, None where it is not here (any more)."""
    household = reader.record(Household, household_id)
    if household is None or household.deleted:
        return None
    files = reader.children(HouseholdFile, household_id)
    dwelling = reader.record(Dwelling, household.dwelling_id)
    grid = reader.record(Unit, household.grid_id)
    visits = reader.children(Visit, household_id)
    visits.sort(key=lambda v: (v.happened_at or "", v.id), reverse=True)
    events = reader.where(Event, "household_id=?", (household_id.bytes,))
    events.sort(key=lambda e: (e.happened_at or "", e.id), reverse=True)
    return HouseholdPage(
        household,
        files[0] if files else HouseholdFile(household_id=household_id),
        dwelling,
        reader.record(Building, dwelling.building_id) if dwelling else None,
        grid.name if grid else "",
        _members(reader, household),
        tuple(visits),
        tuple(events),
        household_attachments(reader, household_id),
        _staff(reader, visits, events),
        {e.visit_id: e.id for e in events if e.visit_id},
        _waiting(reader, household_id, visits),
        standings(reader, (household_id,))[household_id].due,
    )


def _members(reader: Reader, household: Household) -> tuple[MemberForm, ...]:
    ties = [r for r in reader.children(Residence, household.id) if r.to_date is None]
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
