"""The list of households: ids in order of address, and the few rows that are in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.domain.due import Due
from gridapp.store import search
from gridapp.store.reader import Reader, marks
from gridapp.store.views.due import standings
from gridapp.store.views.ids import Ids


@dataclass(frozen=True, slots=True)
class Within:
    """Which households: of a grid, a building or a micro grid (None: all), and what was typed."""

    grid_id: UUID | None = None
    building_id: UUID | None = None
    micro_grid_id: UUID | None = None
    typed: str = ""


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """One household in the list. ``due``: its next visit, by the one rule of ``domain.due``."""

    id: UUID
    name: str
    address: str
    number: str
    members: int
    care: tuple[str, ...]  # group codes
    last_visit: str  # a moment, "" for none
    last_how: str
    promise: str
    due: date | None
    born: int | None = None  # of the head: same names stand apart by it
    not_by_call: bool = False  # the last visit was a call, where one at home is due all the same


def household_ids(reader: Reader, within: Within) -> Ids:
    """Ids in the order of buildings, entrances and rooms."""
    parts: list[str] = []
    params: list[bytes] = []
    for column, value in (
        ("grid_id", within.grid_id),
        ("building_id", within.building_id),
        ("micro_grid_id", within.micro_grid_id),
    ):
        if value is not None:
            parts.append(f"{column}=?")
            params.append(value.bytes)
    among = f" WHERE {' AND '.join(parts)}" if parts else ""
    sql = f"SELECT household_id FROM household_order{among} ORDER BY address_key, household_id"
    found = [key for (key,) in reader.rows(sql, params)]
    if within.typed.strip():
        hits = search.find(reader, within.typed, 2000)
        keys = {h.household_id.bytes for h in hits if h.household_id}
        found = [key for key in found if key in keys]
    return Ids(found)


def household_rows(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, HouseholdRow]:
    """The rows of ``ids``; those that are gone are left out."""
    keys = [i.bytes for i in ids]
    among = marks(keys)
    members = dict(
        reader.rows(
            "SELECT household_id, count(*) FROM residence WHERE deleted=0 AND to_date IS NULL "
            f"AND kind!='letting' AND household_id IN ({among}) GROUP BY 1",
            keys,
        )
    )
    care = _care(reader, keys)
    visits, stands = _last_visits(reader, keys), standings(reader, ids)
    rows = {}
    for key, name, address, number, temporary, born in reader.rows(
        "SELECT h.id, h.name, h.address, h.number, h.temporary, p.birth_year FROM household h "
        f"LEFT JOIN person p ON p.id=h.head_id WHERE h.deleted=0 AND h.id IN ({among})",
        keys,
    ):
        happened, how = visits.get(key, ("", ""))
        id_ = UUID(bytes=key)
        standing = stands[id_]
        rows[id_] = HouseholdRow(
            id_,
            name or "",
            address or "",
            number or temporary or "",
            members.get(key, 0),
            tuple(care.get(key, ())),
            happened,
            how,
            standing.last.promise,
            standing.due.day if standing.due else None,
            born,
            _not_by_call(standing.due),
        )
    return rows


def _not_by_call(due: Due | None) -> bool:
    return due is not None and any(r.not_by_call for r in due.reasons if r.day == due.day)


def _care(reader: Reader, keys: list[bytes]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for key, group in reader.rows(
        "SELECT DISTINCT r.household_id, c.group_code FROM residence r "
        "JOIN care_enrolment c ON c.person_id=r.person_id AND c.deleted=0 AND c.to_date IS NULL "
        "WHERE r.deleted=0 AND r.to_date IS NULL AND r.kind='living' "
        f"AND r.household_id IN ({marks(keys)}) ORDER BY 2",
        keys,
    ):
        found.setdefault(key, []).append(group)
    return found


def _last_visits(reader: Reader, keys: list[bytes]) -> dict[bytes, tuple[str, str]]:
    """When each was last visited and how, nobody home too."""
    found: dict[bytes, tuple[str, str]] = {}
    for key, happened, how in reader.rows(
        "SELECT household_id, happened_at, how FROM visit INDEXED BY ix_visit_last "
        f"WHERE deleted=0 AND household_id IN ({marks(keys)}) ORDER BY happened_at, id",
        keys,
    ):
        found[key] = (happened or "", how or "")
    return found


def telling_household(reader: Reader) -> UUID | None:
    """A household whose file has something on every tab, for pictures; None where there is none."""
    found = reader.value(
        "SELECT h.id FROM household h WHERE h.deleted=0 ORDER BY "
        "EXISTS (SELECT 1 FROM residence r JOIN care_enrolment c ON c.person_id=r.person_id "
        "WHERE r.household_id=h.id AND r.deleted=0 AND c.deleted=0 AND c.to_date IS NULL) DESC, "
        "(SELECT count(*) FROM event e WHERE e.household_id=h.id) > 0 DESC, "
        "(SELECT count(*) FROM visit v WHERE v.household_id=h.id) DESC, h.id LIMIT 1"
    )
    return UUID(bytes=found) if found else None
