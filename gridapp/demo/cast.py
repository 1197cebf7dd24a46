"""Who plays which part in a grid's year, once the server has given ids to the plan's units and staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from gridapp.demo.events import Desk, Post
from gridapp.demo.roster import StaffRow
from gridapp.demo.staff import DistrictPlan
from gridapp.demo.visits import Visitors
from gridapp.domain.reference import CatalogueItem
from gridapp.domain.roles import Role


def visitors(plan: DistrictPlan, grid: str, staff: Mapping[str, UUID]) -> Visitors:
    """The workers and volunteers of a grid; ``staff``: user name → id."""
    return Visitors(
        _ids(plan.serving(Role.WORKER, grid), staff),
        _ids(plan.serving(Role.VOLUNTEER, grid), staff),
    )


def desk(
    plan: DistrictPlan,
    grid: str,
    items: Sequence[CatalogueItem],
    *,
    staff: Mapping[str, UUID],
    units: Mapping[str, UUID],
) -> Desk:
    """Who reports, leads and handles in a grid; ``units``: division, grid or department code → id."""

    def post(role: Role, unit: str) -> Post:
        return Post(units[unit], staff[plan.serving(role, unit)[0].user_name])

    office = post(Role.OFFICE, plan.community)
    handlers = {}
    for dept_type in sorted({item.dept_type for item in items}):
        unit = plan.department(dept_type)
        handlers[dept_type] = office if unit == plan.community else post(Role.HANDLER, unit)
    return Desk(
        workers=_ids(plan.serving(Role.WORKER, grid), staff),
        head=post(Role.GRID_HEAD, grid),
        office=office,
        dispatcher=post(Role.DISPATCHER, plan.township),
        handlers=handlers,
        township=plan.township_name,
    )


def _ids(rows: Sequence[StaffRow], staff: Mapping[str, UUID]) -> tuple[UUID, ...]:
    return tuple(staff[row.user_name] for row in rows)
