"""What a household's file does not say yet, so that somebody may ask about it at the next visit.

Never a judgement of people: only of the paper. Who died or moved away is asked nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.domain.household import HouseholdFile
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Dwelling

_GONE = frozenset({"died", "moved"})
_ADULT = 16  # years from which somebody has a telephone and a paper of their own
_NO_GAS = frozenset({"", "none"})


@dataclass(frozen=True, slots=True)
class Gap:
    """One field that is not filled in: of a person, or of the household (``person`` None)."""

    kind: str
    field: str
    person: UUID | None = None


def gaps(
    file: HouseholdFile,
    dwelling: Dwelling | None,
    people: Iterable[tuple[Person, PersonFile]],
    today: date,
) -> tuple[Gap, ...]:
    """What is missing: of the people first, then the contact, then of the home."""
    found: list[Gap] = []
    for person, own in people:
        if person.status not in _GONE:
            found += _of_person(person, own, today)
    if not file.emergency_name:
        found.append(Gap("household_file", "emergency_name"))
    elif not file.emergency_phone:
        found.append(Gap("household_file", "emergency_phone"))
    if file.notice_given is None:
        found.append(Gap("household_file", "notice_given"))
    return (*found, *_of_dwelling(dwelling))


def _of_person(person: Person, own: PersonFile, today: date) -> Iterator[Gap]:
    year = own.birth_date.year if own.birth_date else person.birth_year
    if year is None:
        yield Gap("person_file", "birth_date", person.id)
    if not own.id_kind:
        yield Gap("person_file", "id_kind", person.id)
    grown = year is None or today.year - year >= _ADULT
    if grown and not own.phones:
        yield Gap("person_file", "phones", person.id)


def _of_dwelling(dwelling: Dwelling | None) -> Iterator[Gap]:
    if dwelling is None or not dwelling.gas:
        yield Gap("dwelling", "gas")
    if dwelling is None:
        return
    if dwelling.gas not in _NO_GAS and dwelling.gas_alarm is None:
        yield Gap("dwelling", "gas_alarm")
    if dwelling.smoke_alarm is None:
        yield Gap("dwelling", "smoke_alarm")
    if dwelling.last_check is None:
        yield Gap("dwelling", "last_check")
