"""The invented staff of Hongqi: real divisions, whole teams, and a workbook that reads back."""

import csv
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook

from gridapp.demo import cast
from gridapp.demo.staff import DistrictPlan, district_plan
from gridapp.demo.staff_workbook import COLUMNS, ROLES, write_staff_workbook
from gridapp.domain.codes import Codes
from gridapp.domain.numbers import check_grid_code
from gridapp.domain.reference import CatalogueItem, Code
from gridapp.domain.roles import Role
from gridapp.resources import default_reference, division_file

REFERENCE = default_reference()
CODES = Codes(record for record in REFERENCE if isinstance(record, Code))
ITEMS = [record for record in REFERENCE if isinstance(record, CatalogueItem)]


@pytest.fixture(scope="module")
def divisions() -> list[dict[str, str]]:
    with division_file("hongqi_410702").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def plan(divisions: list[dict[str, str]]) -> DistrictPlan:
    return district_plan(divisions, 1)


def test_a_seed_gives_the_same_plan_again(
    divisions: list[dict[str, str]], plan: DistrictPlan
) -> None:
    assert district_plan(divisions, 1) == plan
    other = district_plan(divisions, 2)
    assert other.staff != plan.staff
    assert (other.community, len(other.grids)) == (plan.community, len(plan.grids))


def test_grids(divisions: list[dict[str, str]], plan: DistrictPlan) -> None:
    assert Counter(grid.basic for grid in plan.grids) == {True: 611, False: 230}
    villages = {row["code"] for row in divisions if row["level"] == "village"}
    assert {grid.community for grid in plan.grids} == villages
    assert len({grid.code for grid in plan.grids}) == 841
    for grid in plan.grids:
        assert check_grid_code(grid.code, grid.community) == grid.code
    names = Counter((grid.community, grid.name) for grid in plan.grids)
    assert max(names.values()) == 1
    assert plan.community_name == "建文社区居民委员会"
    assert [grid.name for grid in plan.demo_grids][:3] == ["第一网格", "第二网格", "第三网格"]
    assert len(plan.demo_grids) == 6


def test_a_team_in_each_grid(plan: DistrictPlan) -> None:
    for grid in plan.demo_grids:
        assert len(plan.serving(Role.GRID_HEAD, grid.code)) == 1
        assert len(plan.serving(Role.GUIDE, grid.code)) == 1
        workers = plan.serving(Role.WORKER, grid.code)
        assert [row.full_time for row in workers].count(True) == 1
        assert workers[0].full_time
        assert len(workers) >= 2
        assert len(plan.serving(Role.VOLUNTEER, grid.code)) >= 2
    assert plan.serving(Role.OFFICE, plan.community)
    assert plan.serving(Role.DISPATCHER, plan.township)
    assert plan.serving(Role.DISTRICT_ADMIN, plan.district)


def test_people_have_one_user_name_and_may_have_several_roles(plan: DistrictPlan) -> None:
    people = {row.user_name: (row.name, row.phone) for row in plan.staff}
    assert all(people[row.user_name] == (row.name, row.phone) for row in plan.staff)
    assert len(set(people.values())) == len(people)
    assert "wangfang01" in people
    assert "lixiuying01" in people
    assert all(name.isascii() and name.isalnum() for name in people)
    roles = Counter(row.user_name for row in plan.staff)
    assert max(roles.values()) >= 2
    assert any(row.covers in people for row in plan.staff)
    served = Counter((row.user_name, row.role, row.unit) for row in plan.staff)
    assert max(served.values()) == 1


def test_departments_are_there_for_every_item(plan: DistrictPlan) -> None:
    codes = [row.code for row in plan.departments]
    assert len(codes) == len(set(codes))
    assert max(map(len, codes)) <= 20
    assert all(CODES.has("dept_type", row.dept_type) for row in plan.departments)
    townships = {row.parent for row in plan.departments if row.dept_type == "CENTER"}
    assert len(townships) == 8  # each township's and the district's
    for item in ITEMS:
        unit = plan.department(item.dept_type)
        assert unit != plan.community or item.dept_type == "VC", item.dept_type
        assert unit == plan.community or plan.serving(Role.HANDLER, unit), item.dept_type


def test_the_cast_of_a_grid(plan: DistrictPlan) -> None:
    staff = {row.user_name: UUID(int=n) for n, row in enumerate(plan.staff, 1)}
    places = [plan.community, plan.township, *(row.code for row in plan.departments)]
    places += [grid.code for grid in plan.grids]
    units = {code: UUID(int=n) for n, code in enumerate(places, 10_000)}
    grid = plan.demo_grids[2].code
    who = cast.visitors(plan, grid, staff)
    assert who.workers[0] == staff["lixiuying01"]
    assert who.volunteers
    desk = cast.desk(plan, grid, ITEMS, staff=staff, units=units)
    assert desk.head.staff_id == staff["wangfang01"]
    assert desk.handlers["VC"] == desk.office
    assert desk.handlers["MUNI"].unit_id == units[f"{plan.township}-MUNI"]


def test_the_workbook_reads_back(plan: DistrictPlan, tmp_path: Path) -> None:
    path = tmp_path / "staff.xlsx"
    write_staff_workbook(plan, path)
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["网格", "部门", "人员"]
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert {name: tuple(rows[0]) for name, rows in sheets.items()} == COLUMNS
    grids, departments, staff = (rows[1:] for rows in sheets.values())
    kinds = {True: "基础", False: "专属"}
    assert [tuple(row) for row in grids] == [
        (g.community, g.code, g.name, kinds[g.basic], g.label) for g in plan.grids
    ]
    assert [tuple(row) for row in departments] == [
        (d.parent, d.code, d.name, d.dept_type, d.label) for d in plan.departments
    ]
    assert len(staff) == len(plan.staff)
    for row, member in zip(staff, plan.staff, strict=True):
        assert row[:5] == [
            member.name,
            member.user_name,
            member.phone,
            CODES.label("role", member.role),
            member.unit,
        ]
        assert row[5] == ("是" if member.full_time else "否")
        assert row[6] == "2024-01-01"
        assert row[7] == ""
        assert row[8] == member.covers


def test_words_for_roles_are_those_of_the_code_table() -> None:
    assert {role: CODES.label("role", role) for role in Role} == ROLES
