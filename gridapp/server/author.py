"""Who sends: staff, roles, and how far each role reaches today. Read scope and write scope come from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, or_, select

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
from gridapp.server.schema import tables

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

    def channels(self) -> list[str]:
        """Every channel that may be read, sorted."""
        names = {
            district_channel(UUID(bytes=self.district_id)),
            user_channel(UUID(bytes=self.staff_id)),
        }
        for holding in self.holdings:
            if holding.ended:
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
    a = tables["assignment"]
    rows = connection.execute(
        select(a.c.unit_id, a.c.role, a.c.to_date, a.c.deleted).where(
            a.c.staff_id == staff_id,
            or_(a.c.from_date.is_(None), a.c.from_date <= today.isoformat()),
        )
    ).all()
    staff = tables["staff"]
    # Who is not active any more holds what she held like roles that ended.
    gone = connection.scalar(select(staff.c.active).where(staff.c.id == staff_id)) == 0
    micros = _micros(connection, staff_id)
    holdings = []
    for unit, role, to_date, deleted in rows:
        if role not in _ROLES:
            continue  # of a newer program: nothing is granted by what is not understood
        ended = gone or bool(deleted) or (to_date is not None and to_date < today.isoformat())
        known = Role(role)
        grids = grids_of(connection, unit) if RIGHTS[known].reach is Reach.GRIDS else frozenset()
        holdings.append(Holding(known, grids, micros, unit, ended))
    return Author(staff_id, device_id, district_id, tuple(holdings))


def grids_of(connection: Connection, unit: bytes) -> frozenset[bytes]:
    """The grids at or beneath a unit."""
    u = tables["unit"]
    tree = select(u.c.id, u.c.kind).where(u.c.id == unit, u.c.deleted == 0).cte(recursive=True)
    tree = tree.union_all(
        select(u.c.id, u.c.kind).join(tree, u.c.parent_id == tree.c.id).where(u.c.deleted == 0)
    )
    return frozenset(connection.scalars(select(tree.c.id).where(tree.c.kind == "grid")))


def _micros(connection: Connection, staff_id: bytes) -> frozenset[bytes]:
    m = tables["micro_grid"]
    return frozenset(
        connection.scalars(select(m.c.id).where(m.c.leader_id == staff_id, m.c.deleted == 0))
    )
