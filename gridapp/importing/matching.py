"""A plan held against what is there: for each household what its form would open with and be saved with.

Only what the file states is changed. Sets, telephones and care groups are added to, never cut.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.identity import tidy_number
from gridapp.domain.place import Building, Compound, Dwelling
from gridapp.domain.record import Record, kind_of
from gridapp.domain.values import Stored, row_of
from gridapp.errors import Problem
from gridapp.importing.grouping import address_words
from gridapp.importing.known import Known
from gridapp.importing.people import new_member, new_tie, pairs, stated_member, with_stated
from gridapp.importing.places import Place, Places
from gridapp.importing.plan import PlannedHousehold, RowProblem
from gridapp.store.drafting import HouseholdForm, MemberForm
from gridapp.store.recording import checked_member, form_records, is_saved


@dataclass(frozen=True, slots=True)
class Match:
    """One household. ``opened`` None: it is new. ``held``: other records that are there already.

    ``compound`` must be made first where it is not None.
    """

    opened: HouseholdForm | None
    form: HouseholdForm
    held: tuple[Record, ...] = ()
    compound: Compound | None = None
    problems: tuple[RowProblem, ...] = ()

    def changed(self) -> set[UUID]:
        """The ids of records that saving would write."""
        before = form_records(self.opened) if self.opened else {}
        before |= {record.id: record for record in self.held}
        return {
            key
            for key, record in form_records(self.form).items()
            if key not in before or _row(before[key]) != _row(record)
        }


class Matcher:
    """Matches the households of one plan; a household that is there is matched at most once."""

    def __init__(self, known: Known, today: date) -> None:
        self._known = known
        self._today = today
        self._places = Places(known)
        self._free = dict(known.households)
        self._by_number: dict[str, UUID] = {}
        self._by_head: dict[str, UUID] = {}
        self._by_home: dict[tuple[str, ...], UUID] = {}
        for household in known.households.values():
            self._index(household)

    def match(self, planned: PlannedHousehold) -> Match:
        """What importing this household would do."""
        there = self._find(planned)
        opened = self._known.form(there) if there else None
        if opened:
            opened = dataclasses.replace(opened, dwelling=self._places.now(opened.dwelling))
        household = there or self._new_household(planned)
        members, held, problems = self._members(planned, household.id, opened)
        current = opened.dwelling if opened and household.dwelling_id else None
        place = self._places.find(planned.address, current, planned.dwelling)
        form = _form(planned, household, opened, place, members)
        mine = form_records(opened) if opened else {}
        held += [record for record in (place.held if place else ()) if record.id not in mine]
        compound = place.compound if place else None
        return Match(opened, form, tuple(held), compound, tuple(problems))

    def _index(self, household: Household) -> None:
        for number in (household.own_number, household.number, household.temporary):
            if number:
                self._by_number.setdefault(_plain(number), household.id)
        form = self._known.form(household)
        for member in form.members:
            if member.person.id == household.head_id and member.file.id_number:
                self._by_head.setdefault(tidy_number(member.file.id_number), household.id)
        words = address_words(self._places.address(form.dwelling))
        self._by_home.setdefault((household.name, *words), household.id)
        self._by_home.setdefault((household.name, "", *words[1:]), household.id)

    def _find(self, planned: PlannedHousehold) -> Household | None:
        head = planned.head
        keys: list[UUID | None] = []
        if planned.number:
            keys.append(self._by_number.get(_plain(planned.number)))
        if head and head.id_number:
            keys.append(self._by_head.get(head.id_number))
        if planned.address:
            keys.append(self._by_home.get((planned.name, *address_words(planned.address))))
        found = next((key for key in keys if key in self._free), None)
        return self._free.pop(found) if found else None

    def _new_household(self, planned: PlannedHousehold) -> Household:
        return Household(
            grid_id=self._known.grid.id,
            name=planned.name,
            kind="family",
            status="active",
            opened_on=self._today,
        )

    def _members(
        self, planned: PlannedHousehold, household_id: UUID, opened: HouseholdForm | None
    ) -> tuple[list[MemberForm], list[Record], list[RowProblem]]:
        there = opened.members if opened else ()
        found = pairs(planned.members, there)
        members: list[MemberForm] = []
        held: list[Record] = []
        problems: list[RowProblem] = []
        for person in planned.members:
            current = found.get(person.row)
            other = self._known.elsewhere.get(person.id_number)
            if current is None and other:
                held += [r for r in (other.person, other.file, *other.care) if is_saved(r)]
                tie = new_tie(other.person.id, household_id)
                current = dataclasses.replace(other, residence=tie)
            member = stated_member(person, current or new_member(household_id))
            try:
                member = checked_member(member)
            except Problem as problem:
                problems.append(_row_problem(person.row, problem))
            members.append(member)
        listed = {m.residence.id for m in members}
        members += [m for m in there if m.residence.id not in listed]
        return members, held, problems


def _form(
    planned: PlannedHousehold,
    household: Household,
    opened: HouseholdForm | None,
    place: Place | None,
    members: list[MemberForm],
) -> HouseholdForm:
    stated: dict[str, Any] = dict(planned.household)
    if planned.number not in ("", household.number, household.temporary):
        stated["own_number"] = planned.number
    stated |= _head(planned, household, opened, members)
    dwelling, building = _home(planned, household, opened, place)
    if place or opened is None or planned.dwelling:
        stated["dwelling_id"] = dwelling.id
    file = opened.file if opened else HouseholdFile(household_id=household.id)
    return HouseholdForm(
        with_stated(household, stated),
        with_stated(file, planned.file),
        dwelling,
        building,
        tuple(members),
    )


def _home(
    planned: PlannedHousehold,
    household: Household,
    opened: HouseholdForm | None,
    place: Place | None,
) -> tuple[Dwelling, Building | None]:
    if place:
        return place.dwelling, place.building
    # No address is known: the household still has a dwelling, of which nothing is said yet.
    nowhere = opened.dwelling if opened else Dwelling(grid_id=household.grid_id)
    return with_stated(nowhere, planned.dwelling), None


def _head(
    planned: PlannedHousehold,
    household: Household,
    opened: HouseholdForm | None,
    members: list[MemberForm],
) -> dict[str, Any]:
    """The head, and the household's name where it is the head's and not one of its own."""
    index = next((i for i, m in enumerate(planned.members) if m.head), None)
    if index is None:
        return {}
    head = members[index].person
    before = next(
        (m.person for m in (opened.members if opened else ()) if m.person.id == household.head_id),
        None,
    )
    own_name = opened is not None and before is not None and household.name != before.name
    return {"head_id": head.id} if own_name else {"head_id": head.id, "name": head.name}


def _row_problem(row: int, problem: Problem) -> RowProblem:
    """What the file says may not fit what is there: another birth date than the kept ID number's."""
    return RowProblem(row, "", problem.message, problem.remedy, problem.code, values=problem.values)


def _row(record: Record) -> dict[str, Stored]:
    return row_of(kind_of(type(record)), record)


def _plain(number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()
