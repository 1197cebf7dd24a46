"""What each role reads (classes of channels) and writes (kinds of records)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of an assignment."""

    WORKER = "worker"
    GRID_HEAD = "grid_head"
    GUIDE = "guide"
    VOLUNTEER = "volunteer"
    OFFICE = "office"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    MEDIATOR = "mediator"
    DISTRICT_ADMIN = "district_admin"
    AUDITOR = "auditor"


class Reach(StrEnum):
    """How far an assignment reaches from its unit."""

    GRIDS = "grids"  # work and file of the unit's grids (itself, or every grid beneath it)
    MICRO = "micro"  # the micro grids that the person leads, names and addresses only
    UNIT = "unit"  # what was sent to the unit
    DISTRICT = "district"  # reference data only


@dataclass(frozen=True, slots=True)
class Rights:
    """What one role may do."""

    reach: Reach
    writes: frozenset[str]
    reviews: bool = False  # decides on work that came too late, in the grids that are reached


_EVENTS = frozenset({"event", "event_action", "attachment"})
_RECORDS = _EVENTS | {
    "micro_grid",
    "building",
    "dwelling",
    "household",
    "household_file",
    "person",
    "person_file",
    "residence",
    "care_enrolment",
    "visit",
    "compound",
}
_REFERENCE = frozenset(
    {
        "unit",
        "staff",
        "assignment",
        "code",
        "catalogue_item",
        "care_group",
        "checklist_item",
        "compound",
    }
)

RIGHTS: dict[Role, Rights] = {
    Role.WORKER: Rights(Reach.GRIDS, _RECORDS),
    Role.GRID_HEAD: Rights(Reach.GRIDS, _RECORDS | {"review"}, reviews=True),
    Role.GUIDE: Rights(Reach.GRIDS, _RECORDS),
    Role.OFFICE: Rights(Reach.GRIDS, _RECORDS | {"review"}, reviews=True),
    Role.VOLUNTEER: Rights(Reach.MICRO, frozenset({"event", "attachment"})),
    Role.DISPATCHER: Rights(Reach.UNIT, frozenset({"event_action", "attachment", "event"})),
    Role.HANDLER: Rights(Reach.UNIT, frozenset({"event_action", "attachment"})),
    Role.MEDIATOR: Rights(Reach.UNIT, frozenset({"event_action", "attachment"})),
    Role.DISTRICT_ADMIN: Rights(Reach.DISTRICT, _REFERENCE),
    Role.AUDITOR: Rights(Reach.DISTRICT, frozenset()),
}


def writes(roles: Iterable[str], kind: str) -> bool:
    """Whether one of the roles writes records of this kind. Unknown roles write nothing."""
    return any(kind in RIGHTS[Role(role)].writes for role in roles if role in _NAMES)


def reaches(roles: Iterable[str], reach: Reach) -> bool:
    """Whether one of the roles reaches so far."""
    return any(RIGHTS[Role(role)].reach is reach for role in roles if role in _NAMES)


def decides(role: str) -> bool:
    """Whether a role decides about work that came too late, in the grids that it reaches."""
    return role in _NAMES and RIGHTS[Role(role)].reviews


_NAMES = frozenset(role.value for role in Role)
