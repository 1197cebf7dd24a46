"""What was changed twice, as it is shown: whose values, about whom, and whether this user may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from gridapp.clock import Instant
from gridapp.domain.choice import DELETION
from gridapp.domain.household import Household
from gridapp.domain.record import Type
from gridapp.domain.unit import Staff
from gridapp.store.authority import may_write
from gridapp.store.deciding import Stake, open_count, open_stakes, stakes_on
from gridapp.store.reader import Reader, marks
from gridapp.store.views.deletions import Work, work_told
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
class Setter:
    """Who set a value, and when. ``name``: "" where this computer does not know it; ``known``: whether anybody does."""

    name: str = ""
    known: bool = False
    mine: bool = False
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Twice:
    """One choice. ``first``: who set what stands, ``second``: who the other value; of whether to delete: who worked
    on the record, and who wanted to delete it. ``work``: what was done to it meanwhile, as far as the server told.
    """

    stake: Stake
    about: Subject | None
    first: Setter
    second: Setter
    may_decide: bool
    names: Mapping[bytes, str] = field(default_factory=dict)  # of the records that values name
    work: Work | None = None


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
    unsent = _set_here(reader, stake) if conflict.field != DELETION else None
    work = work_told(reader, conflict)
    return Twice(
        stake,
        subject(reader, conflict.target_kind, conflict.target_id),
        unsent or _setter(reader, conflict.standing_by, conflict.standing_at),
        _setter(reader, conflict.author_id, conflict.other_at),
        may_write(reader, conflict.target_kind, reader.today.isoformat()),
        _names(reader, stake, work),
        work,
    )


def _setter(reader: Reader, who: UUID | None, at: Instant | None) -> Setter:
    if who is None:
        return Setter(at=at)
    name = next((staff.name for staff in reader.records(Staff, [who])), "")
    return Setter(name, known=True, mine=who == reader.who.staff_id, at=at)


def _set_here(reader: Reader, stake: Stake) -> Setter | None:
    """The user, where what stands was set here since and has not gone up yet."""
    assert stake.conflict.target_id is not None
    sql = (
        "SELECT recorded_at, fields FROM outbox WHERE record_id=? AND state='waiting' AND live=1 "
        "ORDER BY counter DESC"
    )
    for at, blob in reader.rows(sql, (stake.conflict.target_id.bytes,)):
        if stake.values.standing.keys() & msgspec.msgpack.decode(blob).keys():
            return Setter(reader.who.name, known=True, mine=True, at=at)
    return None


def _names(reader: Reader, stake: Stake, work: Work | None) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    done = (work.before, work.after) if work else ()
    for values in (stake.values.standing, stake.values.other, *done):
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
