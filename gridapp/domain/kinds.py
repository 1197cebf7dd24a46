"""All kinds of records, in the order in which owners come before what they own."""

from __future__ import annotations

from types import MappingProxyType

from gridapp.domain.attachment import Attachment
from gridapp.domain.conflict import Conflict
from gridapp.domain.event import Event, EventAction
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import CareEnrolment, Person, PersonFile
from gridapp.domain.place import Building, Compound, Dwelling, MicroGrid
from gridapp.domain.record import Kind, kind_of
from gridapp.domain.reference import CareGroup, CatalogueItem, ChecklistItem, Code
from gridapp.domain.review import Review
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.domain.visit import Visit

RECORDS = (
    Unit,
    Staff,
    Assignment,
    Code,
    CatalogueItem,
    CareGroup,
    ChecklistItem,
    Compound,
    MicroGrid,
    Building,
    Dwelling,
    Household,
    HouseholdFile,
    Person,
    PersonFile,
    Residence,
    CareEnrolment,
    Visit,
    Event,
    EventAction,
    Attachment,
    Conflict,
    Review,
)

KINDS = MappingProxyType({record.KIND: kind_of(record) for record in RECORDS})

CHILDREN = MappingProxyType(
    {name: tuple(k for k in KINDS.values() if k.owner_kind == name) for name in KINDS}
)


def kind(name: str) -> Kind:
    """The declaration of a kind by its name; KeyError where there is none."""
    return KINDS[name]
