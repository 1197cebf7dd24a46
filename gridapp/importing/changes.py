"""What an import would change of what is there already, field by field, for its dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gridapp.domain.address import dwelling_address
from gridapp.domain.person import Person
from gridapp.domain.place import Building, Dwelling
from gridapp.domain.record import Field, Record, Type, kind_of
from gridapp.domain.values import loaded, row_of
from gridapp.importing.matching import Match
from gridapp.importing.plan import PlannedHousehold
from gridapp.store.recording import form_records

# References that say something to a person; the others only tie records together.
_NAMED = frozenset({"head_id", "dwelling_id", "building_id"})

Records = Mapping[UUID, Record]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field. ``old`` and ``new`` as ``loaded``, not masked; of a reference, the name of what it means."""

    row: int  # of the file
    name: str  # of the person, else of the household
    kind: str
    field: Field
    old: Any
    new: Any


def field_changes(planned: PlannedHousehold, match: Match) -> Iterator[FieldChange]:
    """What importing this household changes of records that are there, and adds to a household that is.

    Nothing is said of what a new household brings with it.
    """
    before: dict[UUID, Record] = form_records(match.opened) if match.opened else {}
    before |= {record.id: record for record in match.held}
    after = form_records(match.form)
    named = before | after
    whose = _whose(planned, match)
    changed = match.changed()
    for key, record in after.items():
        if key not in changed or (key not in before and match.opened is None):
            continue
        row, name = whose.get(key, (planned.row, match.form.household.name))
        kind = kind_of(type(record))
        old = row_of(kind, before[key]) if key in before else {}
        new = row_of(kind, record)
        for field in kind.editable:
            one, two = old.get(field.name), new[field.name]
            if one == two or (field.type is Type.ID and field.name not in _NAMED):
                continue
            values = [_shown(field, value, named) for value in (one, two)]
            yield FieldChange(row, name, kind.name, field, *values)


def _whose(planned: PlannedHousehold, match: Match) -> dict[UUID, tuple[int, str]]:
    """Record -> row and name of the person whom it is of."""
    found: dict[UUID, tuple[int, str]] = {}
    # The members of the file come first, in its order; those whom it does not list stay as they are.
    for person, member in zip(planned.members, match.form.members, strict=False):
        for record in (member.person, member.file, member.residence, *member.care):
            found[record.id] = (person.row, member.person.name)
    return found


def _shown(field: Field, value: Any, named: Records) -> Any:
    if field.type is not Type.ID or value is None:
        return loaded(field, value)
    record = named.get(UUID(bytes=value))
    if isinstance(record, Dwelling):
        building = named.get(record.building_id) if record.building_id else None
        name = building.name if isinstance(building, Building) else ""
        return dwelling_address(name, record.entrance, record.room, record.landmark, "")
    return record.name if isinstance(record, (Person, Building)) else str(UUID(bytes=value))
