"""Who sends: staff, roles, and how far each role reaches today. Read scope and write scope come from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import Connection

from gridapp.domain import unit as _unit
from gridapp.domain.channels import (
    district_channel,
    grid_channel,
    micro_channel,
    unit_channel,
    user_channel,
)
from gridapp.domain.record import Filing
from gridapp.domain.roles import RIGHTS, Reach, Role
from gridapp.server.place import Place
from gridapp.server.reference import Reference, load_reference
from gridapp.server.statements import fetch_in

SYSTEM = _unit.SYSTEM
_ROLES = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Holding:
    """One assignment in force (or ended), with what it reaches."""

    role: Role
    grids: frozenset[bytes]
    micros: frozenset[bytes]
    unit: bytes
    ended: bool


@dataclass(frozen=True, slots=True)
class Author:
    """The member of staff behind a device."""

    staff_id: bytes
    device_id: bytes
    district_id: bytes
    holdings: tuple[Holding, ...]

    def roles_at(self, place: Place) -> frozenset[str]:
        """Roles in force that reach a place: to be of the office elsewhere gives no say here."""
        return frozenset(h.role.value for h in self.holdings if not h.ended and _reaches(h, place))

    def reaches_as_unit(self, place: Place) -> bool:
        """Whether it came to a unit of theirs, wherever it happened."""
        return any(
            RIGHTS[h.role].reach is Reach.UNIT and h.unit in place.units
            for h in self.holdings
            if not h.ended
        )

    def channels(self, *, once: bool = False) -> list[str]:
        """Every channel that may be read, sorted. ``once``: also those that could be read before a role ended."""
        names = {
            district_channel(UUID(bytes=self.district_id)),
            user_channel(UUID(bytes=self.staff_id)),
        }
        for holding in self.holdings:
            if holding.ended and not once:
                continue
            reach = RIGHTS[holding.role].reach
            if reach is Reach.GRIDS:
                for grid in holding.grids:
                    names.add(grid_channel(UUID(bytes=grid), Filing.WORK))
                    names.add(grid_channel(UUID(bytes=grid), Filing.FILE))
                    if RIGHTS[holding.role].reviews:
                        names.add(grid_channel(UUID(bytes=grid), Filing.REVIEW))
            elif reach is Reach.MICRO:
                names |= {micro_channel(UUID(bytes=m)) for m in holding.micros}
            elif reach is Reach.UNIT:
                names.add(unit_channel(UUID(bytes=holding.unit)))
        return sorted(names)

    def may_write(self, entity: str, place: Place, *, ended: bool = False) -> bool:
        """Whether a role in force (or, with ``ended``, one that is over) writes this kind there."""
        if self.staff_id == SYSTEM.bytes:
            return not ended  # the district's own jobs: grids are divided, numbers repaired
        return any(
            entity in RIGHTS[h.role].writes and _reaches(h, place)
            for h in self.holdings
            if h.ended is ended
        )

    def may_report(self, entity: str, place: Place, *, ended: bool = False) -> bool:
        """Whether a volunteer may create this kind there: never read back, so never changed either."""
        return any(
            entity in RIGHTS[h.role].writes
            and RIGHTS[h.role].reach is Reach.MICRO
            and (h.unit in place.grids or not h.micros.isdisjoint(place.micros))
            for h in self.holdings
            if h.ended is ended
        )


def _reaches(holding: Holding, place: Place) -> bool:
    reach = RIGHTS[holding.role].reach
    # Of district kinds a role writes only what its rights name: a compound may lie in several grids.
    if place.open or place.district:
        return True
    if reach is Reach.GRIDS:
        return not holding.grids.isdisjoint(place.grids)
    if reach is Reach.MICRO:
        return False
    if reach is Reach.UNIT:
        return holding.unit in place.units
    return False


def load_author(
    connection: Connection, staff_id: bytes, device_id: bytes, district_id: bytes, today: date
) -> Author:
    """The author with every assignment that has begun."""
    reference = load_reference(connection)
    return load_authors(connection, reference, [(staff_id, device_id)], district_id, today)[0]


def load_authors(
    connection: Connection,
    reference: Reference,
    senders: Sequence[tuple[bytes, bytes]],
    district_id: bytes,
    today: date,
) -> list[Author]:
    """The authors of these (staff, device), in their order, with every assignment that has begun."""
    day = today.isoformat()
    known = reference.holdings
    missing = {staff for staff, _ in senders if (staff, day) not in known}
    if missing:
        known.update(_read_holdings(connection, reference, missing, day))
    found = {staff: known[staff, day] for staff, _ in senders}
    # A micro grid is filed with its grid: who leads it may change while the district's channel stands still.
    leaders = {s for s, held in found.items() if any(_leads(h) for h in held)}
    for staff, micros in _micros(connection, leaders).items():
        found[staff] = tuple(replace(h, micros=micros) for h in found[staff])
    return [Author(staff, device, district_id, found[staff]) for staff, device in senders]


def _read_holdings(
    connection: Connection, reference: Reference, staff: set[bytes], day: str
) -> dict[tuple[bytes, str], tuple[Holding, ...]]:
    inactive = "SELECT id FROM staff WHERE active=0 AND id IN (:ids)"
    gone = {key for (key,) in fetch_in(connection, inactive, staff)}
    found: dict[tuple[bytes, str], tuple[Holding, ...]] = {(key, day): () for key in staff}
    begun = (
        "SELECT staff_id, unit_id, role, to_date, deleted FROM assignment "
        "WHERE staff_id IN (:ids) AND (from_date IS NULL OR from_date <= ?)"
    )
    for key, unit, role, to_date, deleted in fetch_in(connection, begun, staff, day):
        if role not in _ROLES:
            continue  # of a newer program: nothing is granted by what is not understood
        # Who is not active any more holds what she held like roles that ended.
        ended = key in gone or bool(deleted) or (to_date is not None and to_date < day)
        known = Role(role)
        grids: frozenset[bytes] = frozenset()
        if RIGHTS[known].reach is Reach.GRIDS:
            grids = reference.grids_of(unit, gone=ended)
        found[key, day] += (Holding(known, grids, frozenset(), unit, ended),)
    return found


def _leads(holding: Holding) -> bool:
    return RIGHTS[holding.role].reach is Reach.MICRO


def _micros(connection: Connection, staff: set[bytes]) -> dict[bytes, frozenset[bytes]]:
    found: dict[bytes, set[bytes]] = {key: set() for key in staff}
    led = "SELECT leader_id, id FROM micro_grid WHERE leader_id IN (:ids) AND deleted=0"
    for leader, key in fetch_in(connection, led, staff):
        found[leader].add(key)
    return {key: frozenset(micros) for key, micros in found.items()}
