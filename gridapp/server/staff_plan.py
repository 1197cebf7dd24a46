"""What loading a staff workbook would change: records to create and to edit, or everything that is wrong.

Units are matched by code, people by user name, roles by person, unit, role and first day. What the file leaves
empty or does not mention stays as it is: nobody loses a role because a list was shorter. What is over is history,
also in a unit that is no more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from gridapp.domain.numbers import check_grid_code
from gridapp.domain.record import Record, new_id
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.errors import Problem
from gridapp.server import staff_cells
from gridapp.server.directory import Directory, Term, term_of
from gridapp.server.divisions import unit_id
from gridapp.server.former import gone_unit
from gridapp.server.staff_sheets import Line, SheetProblem, StaffBook

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_GRID_KINDS = {"基础网格": "basic", "专属网格": "dedicated"}


@dataclass(slots=True)
class Plan:
    """``edits``: (as it stands, as it shall be). ``people``: everybody in the file, in its order."""

    creations: list[Record] = field(default_factory=list)
    edits: list[tuple[Record, Record]] = field(default_factory=list)
    people: list[Staff] = field(default_factory=list)
    problems: list[SheetProblem] = field(default_factory=list)


def make_plan(book: StaffBook, directory: Directory, today: date) -> Plan:
    """Compare a file with what stands ``today``. With problems the rest of the plan means nothing."""
    planner = _Planner(directory, list(book.problems), today)
    for line in book.grids:
        planner.grid(line)
    for line in book.departments:
        planner.department(line)
    for line in book.staff:
        planner.person(line)
    for line in book.staff:
        planner.term(line)
    return planner.finish()


class _Planner:
    def __init__(self, directory: Directory, problems: list[SheetProblem], today: date) -> None:
        self.today = today
        self.codes = directory.codes
        self.units = dict(directory.units)
        self.gone = directory.gone
        self.former = directory.former
        self.staff = dict(directory.staff)
        self.terms = dict(directory.terms)
        self.problems = problems
        self.wrong = {(p.sheet, p.row, p.title) for p in problems}
        self.before: dict[UUID, Record] = {}  # id -> as it stands
        self.after: dict[UUID, Record] = {}  # id -> as it shall be, new ones too
        self.lines: dict[object, int] = {}  # what was in the file -> its row
        self.people: dict[str, Staff] = {}

    def finish(self) -> Plan:
        plan = Plan(people=list(self.people.values()))
        order = {"unit": 0, "staff": 1, "assignment": 2}
        for record in sorted(self.after.values(), key=lambda r: order[r.KIND]):
            old = self.before.get(record.id)
            if old is None:
                plan.creations.append(record)
            elif old != record:
                plan.edits.append((old, record))
        plan.problems = sorted(self.problems, key=lambda p: (_SHEETS.index(p.sheet), p.row))
        return plan

    def grid(self, line: Line) -> None:
        village = self._unit(line, "社区代码")
        code = self._checked(line, "网格代码", lambda text: self._grid_code(text, village))
        if village and code and self._first(line, "网格代码", ("unit", code)):
            kind = self._checked(line, "类别", self._grid_kind) or ""
            self._put_unit(line, code, village, "网格代码", "网格名称", "grid", grid_kind=kind)

    def department(self, line: Line) -> None:
        above = self._unit(line, "上级代码")
        code = self._checked(line, "单位代码", lambda text: staff_cells.fits("unit", "code", text))
        if above and code and self._first(line, "单位代码", ("unit", code)):
            type_ = self._checked(line, "部门类型", lambda t: self._code("dept_type", t)) or ""
            self._put_unit(line, code, above, "单位代码", "单位名称", "department", dept_type=type_)

    def person(self, line: Line) -> None:
        """Everybody first, so that who is stood in for may come later in the file."""
        user = self._checked(line, "用户名", staff_cells.user_name)
        name = self._checked(line, "姓名", lambda text: staff_cells.fits("staff", "name", text))
        phone = self._checked(line, "电话", staff_cells.phone) or ""
        if not user or not name:
            return
        row = self.lines.setdefault(("person", user), line.row)
        told = self.people.get(user)
        if told and (told.name != name or (phone and told.phone and told.phone != phone)):
            title = "姓名" if told.name != name else "电话"
            self._refuse(
                line,
                title,
                Problem(
                    "person_differs",
                    "同一用户名 {user} 在第 {row} 行写的是“{told}”。",
                    remedy="同一个人请写成一样，不同的人请用不同的用户名。",
                    user=user,
                    row=row,
                    told=told.name if title == "姓名" else told.phone,
                ),
            )
            return
        held = told or self.staff.get(user)
        if held is None:
            held = Staff(id=new_id(), name=name, user_name=user, active=True)
        elif told is None:
            self.before[held.id] = held
        self._put_staff(dataclasses.replace(held, name=name, phone=phone or held.phone))

    def term(self, line: Line) -> None:
        """One role of one person."""
        person = self.people.get(line["用户名"])
        role = self._checked(line, "角色", lambda text: self._code("role", text))
        place = self._former(line) or self._unit_id(line)
        since = self._checked(line, "自", staff_cells.day)
        until = self._checked(line, "至", staff_cells.day)
        full_time = self._checked(line, "专职", staff_cells.yes_no)
        covers = self._checked(line, "代", self._covered)
        if since and until and until < since:
            self._refuse(line, "至", Problem("until_before", "“至”早于“自”。", remedy="请改正。"))
        if person is None or role is None or place is None:
            return
        term: Term = (person.id, place, role, since)
        if not self._first(line, "角色", term):
            return
        held = self.terms.get(term)
        if held is not None and place in self.former.values():
            return  # how it ended there is known better: with the unit
        if held is None:
            held = Assignment(
                id=new_id(), staff_id=person.id, unit_id=place, role=role, from_date=since
            )
        else:
            self.before[held.id] = held
        assert term_of(held) == term
        self.after[held.id] = dataclasses.replace(
            held,
            full_time=held.full_time if full_time is None else full_time,
            to_date=until or held.to_date,
            covers_id=covers or held.covers_id,
        )

    def _put_unit(
        self,
        line: Line,
        code: str,
        above: Unit,
        code_title: str,
        name_title: str,
        kind: str,
        **values: str,
    ) -> None:
        name = self._checked(line, name_title, lambda text: staff_cells.fits("unit", "name", text))
        label = (
            self._checked(line, "称呼", lambda text: staff_cells.fits("unit", "label", text)) or ""
        )
        held = self.units.get(code)
        if held is not None and held.kind != kind:
            self._refuse(
                line,
                code_title,
                Problem(
                    "code_taken",
                    "代码 {unit} 已是“{name}”。",
                    remedy="请换一个代码。",
                    unit=code,
                    name=held.name,
                ),
            )
            return
        if held is None and code in self.gone:
            # The same code is the same id: it would not be a new unit, but the old one half revived.
            self._refuse(line, code_title, gone_unit(code, self.gone[code], row=True))
            return
        if held is None:
            held = Unit(id=unit_id(code), code=code, name=name or code, kind=kind)
            held = dataclasses.replace(held, grid_kind="basic" if kind == "grid" else "")
        else:
            self.before[held.id] = held
        given: dict[str, Any] = {
            n: v for n, v in {"name": name, "label": label, **values}.items() if v
        }
        self.units[code] = dataclasses.replace(held, parent_id=above.id, **given)
        self.after[held.id] = self.units[code]

    def _put_staff(self, person: Staff) -> None:
        self.people[person.user_name] = person
        self.after[person.id] = person

    def _unit(self, line: Line, title: str) -> Unit | None:
        def known(text: str) -> Unit:
            unit = self.units.get(text)
            if unit is None and text in self.gone:
                raise gone_unit(text, self.gone[text], row=True)
            if unit is None:
                raise Problem(
                    "unknown_unit",
                    "没有代码为 {unit} 的单位。",
                    remedy="请核对代码，或先在表里加上它。",
                    unit=text[:40],
                )
            return unit

        return self._checked(line, title, known)

    def _unit_id(self, line: Line) -> UUID | None:
        unit = self._unit(line, "单位代码")
        return unit.id if unit else None

    def _former(self, line: Line) -> UUID | None:
        """The unit that is no more in which this role was, and was over before today."""
        with suppress(Problem):
            if line["至"] and staff_cells.day(line["至"]) < self.today:
                return self.former.get(line["单位代码"])
        return None

    def _covered(self, text: str) -> UUID:
        person = self.people.get(text) or self.staff.get(text)
        if person is None:
            raise Problem(
                "unknown_user",
                "没有用户“{name}”。",
                remedy="“代”这一列请填对方的用户名。",
                name=text[:40],
            )
        return person.id

    def _grid_code(self, text: str, village: Unit | None) -> str:
        return check_grid_code(text, village.code if village else "")

    def _grid_kind(self, text: str) -> str:
        return _GRID_KINDS.get(text) or self._code("grid_kind", text)

    def _code(self, table: str, text: str) -> str:
        code = self.codes.find(table, text)
        if code is None:
            words = "、".join(entry.zh for entry in self.codes.entries(table)[:12])
            raise Problem(
                "unknown_word",
                "不认识“{text}”。",
                remedy="可填：{words}。",
                text=text[:40],
                words=words,
            )
        return code

    def _checked(self, line: Line, title: str, read: Callable[[str], T]) -> T | None:
        """The value of a cell; None where it is empty or wrong, which is noted once."""
        text = line[title]
        if not text or (line.sheet, line.row, title) in self.wrong:
            return None
        try:
            return read(text)
        except Problem as problem:
            self._refuse(line, title, problem)
            return None

    def _first(self, line: Line, title: str, what: object) -> bool:
        row = self.lines.setdefault(what, line.row)
        if row == line.row:
            return True
        self._refuse(
            line, title, Problem("row_twice", "与第 {row} 行重复。", remedy="请删去一行。", row=row)
        )
        return False

    def _refuse(self, line: Line, title: str, problem: Problem) -> None:
        if (line.sheet, line.row, title) not in self.wrong:
            self.wrong.add((line.sheet, line.row, title))
            self.problems.append(line.problem(title, problem))


_SHEETS = ("网格", "部门", "人员")
