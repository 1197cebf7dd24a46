"""The invented staff of a real district: grids, departments, and a whole team in each grid of one community.

Everything is plain rows, as an office would fill them into a workbook (``staff_workbook.py``); the
server gives the ids when it loads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gridapp.demo import departments
from gridapp.demo.departments import DepartmentRow
from gridapp.demo.grids import DEMO_GRIDS, GridRow, demo_community, grid_rows
from gridapp.demo.ids import rng_for
from gridapp.demo.roster import Roster, StaffRow
from gridapp.domain.roles import Role

SINCE = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class DistrictPlan:
    """Grids, departments and staff of a district; ``community`` is the one that is filled with people."""

    district: str
    township: str
    township_name: str
    community: str
    community_name: str
    grids: tuple[GridRow, ...]
    departments: tuple[DepartmentRow, ...]
    staff: tuple[StaffRow, ...]

    @property
    def demo_grids(self) -> tuple[GridRow, ...]:
        """The basic grids of the community, in order."""
        return tuple(g for g in self.grids if g.community == self.community and g.basic)

    def serving(self, role: Role, unit: str) -> tuple[StaffRow, ...]:
        """Who has a role at a unit, full-time first."""
        found = [row for row in self.staff if row.role == role and row.unit == unit]
        return tuple(sorted(found, key=lambda row: row.full_time is not True))

    def department(self, dept_type: str) -> str:
        """The code of the unit that handles for the community: the township's, else the district's.

        The community itself for its own matters (``VC``) and where there is no department.
        """
        for place in (self.township, self.district):
            for row in self.departments:
                if row.parent == place and row.dept_type == dept_type:
                    return row.code
        return self.community


def district_plan(divisions: Sequence[Mapping[str, str]], seed: int) -> DistrictPlan:
    """The plan for a district's divisions: rows with code, name, level and parent_code.

    611 basic and 230 dedicated grids are shared out among its villages and communities.
    """
    names = {row["code"]: row["name"] for row in divisions}
    district = next(row["code"] for row in divisions if row["level"] == "district")
    townships = [row for row in divisions if row["level"] == "township"]
    villages = [row for row in divisions if row["level"] == "village"]
    community = demo_community(villages)
    grids = grid_rows(rng_for(seed, "grids"), villages, community["code"])
    offices = departments.department_rows(district, townships)
    roster = Roster(rng_for(seed, "staff"), SINCE)
    _district_staff(roster, district, townships, community["parent_code"])
    _community_staff(roster, community["code"], grids)
    _handlers(roster, offices, community["parent_code"], district)
    return DistrictPlan(
        district,
        community["parent_code"],
        names[community["parent_code"]],
        community["code"],
        community["name"],
        tuple(grids),
        tuple(offices),
        tuple(roster.rows),
    )


def _district_staff(
    roster: Roster, district: str, townships: Sequence[Mapping[str, str]], demo: str
) -> None:
    roster.add(Role.DISTRICT_ADMIN, district, name="周明")
    roster.add(Role.AUDITOR, district)
    for row in townships:
        first = roster.add(Role.DISPATCHER, row["code"], name="陈涛" if row["code"] == demo else "")
        if row["code"] == demo:
            # the second one stands in while the first is on leave
            roster.add(Role.DISPATCHER, row["code"], covers=first.user_name)


def _community_staff(roster: Roster, community: str, grids: Sequence[GridRow]) -> None:
    """The community office and a team in each of its basic grids."""
    own = [g for g in grids if g.community == community]
    basic = [g for g in own if g.basic]
    office = [roster.add(Role.OFFICE, community, name=name) for name in ("刘敏", "", "")]
    roster.again(office[1], Role.MEDIATOR, community)
    guides = [roster.member() for _ in range(2)]
    helpers: list[StaffRow] = []
    for place, grid in enumerate(basic):
        # each head leads one grid; the third is also of the community office
        if place == DEMO_GRIDS - 1:
            roster.again(office[2], Role.GRID_HEAD, grid.code)
        else:
            roster.add(Role.GRID_HEAD, grid.code, name="王芳" if place == 2 else "")
        roster.again(guides[place % len(guides)], Role.GUIDE, grid.code, full_time=False)
        roster.add(
            Role.WORKER, grid.code, name=("张建华", "", "李秀英")[place] if place < 3 else ""
        )
        helpers += [
            roster.add(Role.WORKER, grid.code, full_time=False) for _ in range(1 + place % 2)
        ]
        for _ in range(2 + place % 3):
            roster.add(Role.VOLUNTEER, grid.code, full_time=False)
    # one part-time worker helps in two grids
    roster.again(helpers[0], Role.WORKER, basic[1].code, full_time=False)
    for grid in own:
        if not grid.basic:
            roster.add(Role.WORKER, grid.code, full_time=False)


def _handlers(
    roster: Roster, offices: Sequence[DepartmentRow], township: str, district: str
) -> None:
    for row in offices:
        if row.parent in (township, district):
            roster.add(Role.HANDLER, row.code)
            if row.dept_type == "MUNI" and row.parent == township:
                roster.add(Role.HANDLER, row.code)
