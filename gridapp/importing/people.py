"""One person of a roster against the person who is there: what the form would hold afterwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from gridapp.domain.household import Residence
from gridapp.domain.identity import tidy_number
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.record import Record, Type, kind_of
from gridapp.importing.plan import PlannedPerson
from gridapp.store.drafting import MemberForm

R = TypeVar("R", bound=Record)

_OWN = "本人"


def pairs(planned: Iterable[PlannedPerson], there: Iterable[MemberForm]) -> dict[int, MemberForm]:
    """Row to the member that it means: by ID number first, then by name and birth year."""
    left = {m.residence.id: m for m in there}
    found: dict[int, MemberForm] = {}
    rows = list(planned)
    for same in (_same_number, _same_name):
        for person in rows:
            if person.row in found:
                continue
            member = next((m for m in left.values() if same(person, m)), None)
            if member:
                found[person.row] = left.pop(member.residence.id)
    return found


def new_member(household_id: UUID) -> MemberForm:
    """A person of whom nothing is known yet; what the roster states comes on top."""
    person = Person(status="here")
    return MemberForm(person, PersonFile(person_id=person.id), new_tie(person.id, household_id))


def new_tie(person_id: UUID, household_id: UUID) -> Residence:
    """A person comes to live in a household."""
    return Residence(person_id=person_id, household_id=household_id, kind="living")


def stated_member(planned: PlannedPerson, current: MemberForm) -> MemberForm:
    """``current`` with everything that the roster states; what it leaves out stays."""
    file = with_stated(current.file, planned.file)
    phones = dict(current.file.phones)
    held = {tidy_number(number): number for number in phones}
    for number, owner in planned.phones.items():
        key = held.get(tidy_number(number), number)
        phones[key] = owner or phones.get(key) or _OWN
    enrolled = {c.group_code for c in current.care}
    care = [
        CareEnrolment(person_id=current.person.id, group_code=code)
        for code in planned.care
        if code not in enrolled
    ]
    return MemberForm(
        with_stated(current.person, {"name": planned.name, **planned.person}),
        dataclasses.replace(file, phones=phones),
        with_stated(current.residence, planned.residence),
        (*current.care, *care),
    )


def with_stated(record: R, stated: Mapping[str, Any]) -> R:
    """``record`` with the stated fields; members of sets are added."""
    fields = kind_of(type(record)).by_name
    values: dict[str, Any] = {
        name: tuple(sorted({*getattr(record, name), *value}))
        if fields[name].type is Type.SET
        else value
        for name, value in stated.items()
    }
    return dataclasses.replace(record, **values) if values else record


def _same_number(planned: PlannedPerson, member: MemberForm) -> bool:
    return bool(planned.id_number) and planned.id_number == tidy_number(member.file.id_number)


def _same_name(planned: PlannedPerson, member: MemberForm) -> bool:
    if planned.name != member.person.name:
        return False
    born = member.person.birth_year
    if born is None and member.file.birth_date:
        born = member.file.birth_date.year
    return born is None or planned.birth_year in (None, born)
