"""What of the store goes onto the file of one household, read in one snapshot as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.domain.attachment import Attachment
from gridapp.domain.household import Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.unit import Staff, Unit
from gridapp.errors import Problem
from gridapp.store.drafting import MemberForm
from gridapp.store.reader import Reader
from gridapp.store.views.household_list import Within, household_ids
from gridapp.store.views.household_page import HouseholdPage, household_page

# Saves that touch the household, its members, its dwelling or anything beneath them, deleted rows too.
_WAITING = """
WITH people(id) AS (SELECT person_id FROM residence WHERE household_id=?1),
mine(id) AS (
  SELECT ?1 UNION SELECT id FROM people
  UNION SELECT id FROM household_file WHERE household_id=?1
  UNION SELECT id FROM residence WHERE household_id=?1
  UNION SELECT id FROM visit WHERE household_id=?1
  UNION SELECT id FROM person_file WHERE person_id IN (SELECT id FROM people)
  UNION SELECT id FROM care_enrolment WHERE person_id IN (SELECT id FROM people)
  UNION SELECT dwelling_id FROM household WHERE id=?1
  UNION SELECT d.building_id FROM household h JOIN dwelling d ON d.id=h.dwelling_id WHERE h.id=?1
),
whole(id) AS (
  SELECT id FROM mine UNION SELECT id FROM attachment WHERE target_id IN (SELECT id FROM mine)
)
SELECT
  (SELECT count(DISTINCT save_id) FROM outbox
   WHERE state='waiting' AND record_id IN (SELECT id FROM whole))
  + (SELECT count(*) FROM blob WHERE state='waiting' AND sha256 IN
     (SELECT sha256 FROM attachment WHERE deleted=0 AND id IN (SELECT id FROM whole)))
"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A household file with what its page in the window does not show."""

    page: HouseholdPage
    head: MemberForm | None
    grid: Unit | None
    community: Unit | None
    worker: Staff | None
    names: Mapping[str, str]  # UUID of a person as text -> name, for those met at visits
    thumbnails: Mapping[str, bytes]  # SHA-256 -> small picture, of photos of visits
    unsynced: int  # saves and photos of this household that the server does not have

    @property
    def members(self) -> tuple[MemberForm, ...]:
        """Each person once, with a stated relation where any tie states one; landlords left out."""
        found: dict[UUID, MemberForm] = {}
        for member in self.page.members:
            if member.residence.kind == "letting":
                continue
            known = found.get(member.person.id)
            if known is None or not known.residence.relation:
                found[member.person.id] = member
        return tuple(found.values())

    @property
    def photos(self) -> Mapping[UUID, tuple[Attachment, ...]]:
        """Attachments by what they belong to, oldest first."""
        found: dict[UUID, tuple[Attachment, ...]] = {}
        for attachment in reversed(self.page.attachments):
            if attachment.target_id:
                found[attachment.target_id] = (*found.get(attachment.target_id, ()), attachment)
        return found


def households_of_grid(reader: Reader, grid_code: str) -> tuple[UUID, ...]:
    """The households of a grid in the order of buildings, entrances and rooms, as in the list.

    Raises ``Problem`` ``no_grid`` where this device has no grid of that code.
    """
    grids = reader.where(Unit, "code=? AND kind='grid'", (grid_code.strip(),))
    if not grids:
        raise Problem(
            "no_grid",
            "本机没有代码为“{grid}”的网格。",
            remedy="请核对网格代码，或先同步。",
            grid=grid_code,
        )
    return tuple(household_ids(reader, Within(grid_id=grids[0].id)))


def gather(reader: Reader, ids: Iterable[UUID], today: date) -> list[Gathered]:
    """The households of ``ids`` in that order; those that are gone are left out."""
    pages = (household_page(reader, household_id) for household_id in ids)
    return [_gathered(reader, page, today) for page in pages if page is not None]


def _gathered(reader: Reader, page: HouseholdPage, today: date) -> Gathered:
    household = page.household
    grid = reader.record(Unit, household.grid_id)
    return Gathered(
        page,
        _head(reader, page),
        grid,
        reader.record(Unit, grid.parent_id) if grid else None,
        _worker(reader, household.grid_id, today),
        _names(reader, page),
        dict(_thumbnails(reader, household.id)),
        int(reader.value(_WAITING, (household.id.bytes,))),
    )


def _head(reader: Reader, page: HouseholdPage) -> MemberForm | None:
    """The head as a member; one who is no member any more stands with what is known of the person."""
    head_id = page.household.head_id
    for member in page.members:
        if member.person.id == head_id:
            return member
    person = reader.record(Person, head_id)
    if person is None or person.deleted:
        return None
    files = reader.children(PersonFile, person.id)
    return MemberForm(person, files[0] if files else PersonFile(), Residence())


def _worker(reader: Reader, grid_id: UUID | None, today: date) -> Staff | None:
    """Who answers for the grid: its worker today, full-time before others, nobody's cover first."""
    if grid_id is None:
        return None
    found = reader.value(
        "SELECT a.staff_id FROM assignment a JOIN staff s ON s.id=a.staff_id AND s.deleted=0 "
        "WHERE a.deleted=0 AND a.unit_id=? AND a.role='worker' "
        "AND COALESCE(a.from_date,'')<=? AND COALESCE(a.to_date,'9999')>=? "
        "ORDER BY COALESCE(a.full_time,0) DESC, a.covers_id IS NOT NULL, a.id LIMIT 1",
        (grid_id.bytes, today.isoformat(), today.isoformat()),
    )
    return reader.record(Staff, UUID(bytes=found)) if found else None


def _names(reader: Reader, page: HouseholdPage) -> dict[str, str]:
    """Names of those met, also of people who have left the household since."""
    names = {str(m.person.id): m.person.name for m in page.members}
    others = {who for visit in page.visits for who in visit.people_met} - names.keys()
    found = reader.records(Person, {UUID(who) for who in others if _is_id(who)})
    return names | {str(person.id): person.name for person in found}


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _thumbnails(reader: Reader, household_id: UUID) -> list[tuple[str, bytes]]:
    return reader.rows(
        "SELECT sha256, thumbnail FROM blob WHERE thumbnail IS NOT NULL AND sha256 IN "
        "(SELECT a.sha256 FROM attachment a JOIN visit v ON v.id=a.target_id WHERE v.household_id=?)",
        (household_id.bytes,),
    )
