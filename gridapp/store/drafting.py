"""What a person fills in, as plain data: the visit, the event, the household with its members.

Forms, the command line, the roster import and the demo all fill these; ``recording`` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Building, Dwelling


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes of a photo as the worker chose it; position data is removed when it is attached."""

    data: bytes
    name: str = ""
    purpose: str = "other"  # code table attachment_purpose


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A photo that was taken in when it was chosen: scaled, encrypted and kept, and not of any record yet.

    A draft names it by SHA-256; it goes when the draft goes and no record has taken it.
    """

    sha256: str
    name: str
    size: int
    width: int
    height: int
    purpose: str = "other"  # code table attachment_purpose


@dataclass(frozen=True, slots=True)
class VisitDraft:
    """A visit as filled in. ``happened_at`` as in ``Type.MOMENT``; ``people_met`` names or member UUIDs."""

    household_id: UUID
    happened_at: str
    how: str = "home"
    situation: str = ""
    people_met: tuple[str, ...] = ()
    difficulties: str = ""
    requests: str = ""
    action: str = ""
    result: str = ""
    next_date: date | None = None
    promise: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    source: str = "screen"
    visited_by: UUID | None = None  # None: the user
    pictures: tuple[Picture | KeptPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event as filled in. ``on_spot``: what was done at once (当场处置), "" when it goes on to others.

    ``after``: photos of what was done at once.
    """

    item_code: str
    text: str
    happened_at: str
    grid_id: UUID | None = None  # None: the household's grid, or the user's only grid
    household_id: UUID | None = None
    visit_id: UUID | None = None
    title: str = ""
    place: str = ""
    source: str = "patrol"
    on_spot: str = ""
    pictures: tuple[Picture | KeptPicture, ...] = ()
    after: tuple[Picture | KeptPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step of an event as filled in. ``action``: one of ``workflow.Action``."""

    event_id: UUID
    action: str
    happened_at: str
    text: str = ""
    target_unit_id: UUID | None = None
    rating: str = ""
    pictures: tuple[Picture | KeptPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberForm:
    """One member: the person, the restricted file, the tie to this household, care groups."""

    person: Person
    file: PersonFile
    residence: Residence
    care: tuple[CareEnrolment, ...] = ()


@dataclass(frozen=True, slots=True)
class HouseholdForm:
    """A household with everything its edit form shows. New records are those with ``version`` 0 not yet saved."""

    household: Household
    file: HouseholdFile
    dwelling: Dwelling
    building: Building | None = None
    members: tuple[MemberForm, ...] = ()
