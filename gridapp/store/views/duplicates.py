"""A hint that one household may be registered twice: at one address, or with one and the same person.

Never more than a hint: two families may share an address, and the register knows only what was written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.household import Household, Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Dwelling
from gridapp.store import search
from gridapp.store.derived import order_key
from gridapp.store.reader import Reader

_GONE = frozenset({"moved", "closed"})


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another household that may be this one. ``person``: who lives in both, "" where only the address says so."""

    id: UUID
    name: str
    number: str
    address: str
    person: str = ""


def duplicates(reader: Reader, household: Household) -> tuple[Duplicate, ...]:
    """Other households of the same grid that may be this one, those with the same person first."""
    if not _stands(household):
        return ()
    found: dict[UUID, str] = {}
    for key, person in _of_same_person(reader, household):
        found.setdefault(key, person)
    for key in _at_same_address(reader, household):
        found.setdefault(key, "")
    homes = {h.id: h for h in reader.records(Household, found)}
    return tuple(
        Duplicate(key, h.name, h.number or h.temporary, h.address, person)
        for key, person in found.items()
        if (h := homes.get(key)) and _stands(h) and h.grid_id == household.grid_id
    )


def _stands(household: Household) -> bool:
    gone = household.deleted or household.merged_into is not None
    return not gone and household.status not in _GONE


def _at_same_address(reader: Reader, household: Household) -> list[UUID]:
    """At the same address, but not of the same dwelling: who put two there knew of both."""
    dwelling = reader.record(Dwelling, household.dwelling_id)
    if dwelling is None or not (dwelling.room or dwelling.landmark) or not household.address:
        return []
    first = order_key(household.address, "")
    rows = reader.rows(
        "SELECT o.household_id FROM household_order o JOIN household h ON h.id=o.household_id "
        "WHERE o.address_key>=? AND o.address_key<? AND h.address=? AND h.dwelling_id<>? "
        "ORDER BY o.household_id",
        (first, first[:-1] + "\x02", household.address, dwelling.id.bytes),
    )
    return [UUID(bytes=key) for (key,) in rows if key != household.id.bytes]


def _of_same_person(reader: Reader, household: Household) -> Iterator[tuple[UUID, str]]:
    """(household, name) of other people with the number, or the name and birth date, of one who lives here."""
    for tie in reader.children(Residence, household.id):
        if tie.person_id is None or tie.to_date is not None:
            continue
        person = reader.record(Person, tie.person_id)
        files = reader.children(PersonFile, tie.person_id)
        if person is None or person.deleted or not files:
            continue
        for other in _same(reader, person, files[0]):
            for home in reader.where(Residence, "person_id=? AND to_date IS NULL", (other.bytes,)):
                if home.household_id is not None and home.household_id != household.id:
                    yield home.household_id, person.name


def _same(reader: Reader, person: Person, file: PersonFile) -> set[UUID]:
    if file.id_number:
        typed = file.id_number[-4:]
    elif file.birth_date:
        typed = person.name
    else:
        return set()
    hits = {h.record_id for h in search.find(reader, typed) if h.entity == "person"} - {person.id}
    return {other for other in hits if _agree(reader, person, file, other)}


def _agree(reader: Reader, person: Person, file: PersonFile, other: UUID) -> bool:
    held = reader.record(Person, other)
    if held is None or held.deleted:
        return False
    for one in reader.children(PersonFile, other):
        if file.id_number and one.id_number:
            return (file.id_kind, file.id_number) == (one.id_kind, one.id_number)
        if file.birth_date and (held.name, one.birth_date) == (person.name, file.birth_date):
            return True
    return False
