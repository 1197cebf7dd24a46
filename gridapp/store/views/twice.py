"""What was changed twice, as it is shown: whose values, about whom, and whether this user may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from gridapp.domain.household import Household
from gridapp.domain.record import Type
from gridapp.domain.unit import Staff
from gridapp.store.authority import may_write
from gridapp.store.deciding import Stake, open_count, open_stakes, stakes_on
from gridapp.store.reader import Reader, marks
from gridapp.store.views.subjects import Subject, subject

# What a member of a record's values is called, by the kind that the field names.
_NAMES = {
    "unit": "name",
    "staff": "name",
    "person": "name",
    "household": "name",
    "building": "name",
    "micro_grid": "name",
    "dwelling": "room",
}


@dataclass(frozen=True, slots=True)
class Twice:
    """One choice. ``first``: who set what stands, ``second``: who the other value; "" where nobody knows."""

    stake: Stake
    about: Subject | None
    first: str
    second: str
    may_decide: bool
    names: Mapping[bytes, str] = field(default_factory=dict)  # of the records that values name


def twice(reader: Reader, limit: int = 100) -> tuple[Twice, ...]:
    """Everything that was changed twice, the newest first."""
    return tuple(_twice(reader, stake) for stake in open_stakes(reader, limit))


def twice_in_household(reader: Reader, household_id: UUID) -> tuple[Twice, ...]:
    """What was changed twice in one household's file: itself, its dwelling, its people, its visits."""
    if not open_count(reader):
        return ()
    found = stakes_on(reader, _records_of(reader, household_id))
    return tuple(_twice(reader, stake) for stake in found)


def _twice(reader: Reader, stake: Stake) -> Twice:
    conflict = stake.conflict
    wanted = [i for i in (conflict.standing_by, conflict.author_id) if i]
    staff = {s.id: s.name for s in reader.records(Staff, wanted)}
    return Twice(
        stake,
        subject(reader, conflict.target_kind, conflict.target_id),
        staff.get(conflict.standing_by, "") if conflict.standing_by else "",
        staff.get(conflict.author_id, "") if conflict.author_id else "",
        may_write(reader, conflict.target_kind, reader.today.isoformat()),
        _names(reader, stake),
    )


def _names(reader: Reader, stake: Stake) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for values in (stake.values.standing, stake.values.other):
        for name, value in values.items():
            declared = stake.kind.by_name.get(name)
            if declared is None or declared.type is not Type.ID or not isinstance(value, bytes):
                continue
            column = _NAMES.get(declared.refers_to)
            if column:
                sql = f"SELECT {column} FROM {declared.refers_to} WHERE id=?"
                found[value] = reader.value(sql, (value,)) or ""
    return found


def _records_of(reader: Reader, household_id: UUID) -> set[bytes]:
    household = reader.record(Household, household_id)
    key = household_id.bytes
    people = [
        k for (k,) in reader.rows("SELECT person_id FROM residence WHERE household_id=?", (key,))
    ]
    found = {key, *people}
    for sql in (
        "SELECT id FROM household_file WHERE household_id=?",
        "SELECT id FROM residence WHERE household_id=?",
        "SELECT id FROM visit WHERE household_id=?",
    ):
        found |= {k for (k,) in reader.rows(sql, (key,))}
    for table in ("person_file", "care_enrolment"):
        sql = f"SELECT id FROM {table} WHERE person_id IN ({marks(people)})"
        found |= {k for (k,) in reader.rows(sql, people)}
    if household and household.dwelling_id:
        found.add(household.dwelling_id.bytes)
    return {k for k in found if k}
