"""Who was a member of a household once: ties that have ended, the last to leave first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.domain.household import Residence
from gridapp.domain.person import Person
from gridapp.store.reader import Reader


@dataclass(frozen=True, slots=True)
class FormerMember:
    """One person with the tie that ended. ``now``: the household they belong to today, as far as it is here."""

    person: Person
    tie: Residence
    now: str

    @property
    def left_on(self) -> date | None:
        """The day the tie ended."""
        return self.tie.to_date


def former_members(reader: Reader, household_id: UUID) -> tuple[FormerMember, ...]:
    """People all of whose ties to the household have ended."""
    ties = reader.children(Residence, household_id)
    present = {t.person_id for t in ties if t.to_date is None}
    ended = {t.person_id: t for t in sorted(ties, key=_left) if t.person_id not in present}
    people = reader.records(Person, {i for i in ended if i})
    found = [FormerMember(p, ended[p.id], _now(reader, p.id)) for p in people if not p.deleted]
    return tuple(sorted(found, key=lambda f: (_left(f.tie), f.person.id), reverse=True))


def _left(tie: Residence) -> date:
    return tie.to_date or date.min


def _now(reader: Reader, person_id: UUID) -> str:
    rows = reader.rows(
        "SELECT h.name, h.address FROM residence r JOIN household h ON h.id=r.household_id "
        "WHERE r.person_id=? AND r.deleted=0 AND h.deleted=0 AND r.to_date IS NULL "
        "ORDER BY r.kind='living' DESC LIMIT 1",
        (person_id.bytes,),
    )
    return " ".join(part for part in rows[0] if part) if rows else ""
