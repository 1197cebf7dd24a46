"""A household roster (花名册) read into a plan. Nothing here touches the database.

One row is one person. Rows come together by household number, else by the head's ID, else by address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gridapp.domain.codes import Codes
from gridapp.domain.identity import CITIZEN, Identity, check_identity
from gridapp.domain.reference import CareGroup
from gridapp.errors import Problem
from gridapp.importing import columns as c
from gridapp.importing.columns import BY_KEY, find_column, plain_header
from gridapp.importing.grouping import RosterRow, households
from gridapp.importing.header import Header, find_header
from gridapp.importing.plan import Address, PlannedPerson, RosterPlan, RowProblem
from gridapp.importing.reading import CellReader
from gridapp.spreadsheets.workbook import Of, Row, Workbook, column_letters

_HEAD_RELATIONS = frozenset({"01", "02"})  # 本人, 户主
_HEAD = "02"
_VACANT = "vacant"
_IDENTITY = (c.ID_KIND, c.ID_NUMBER, c.SEX, c.BIRTH)
_PERSONAL = frozenset({c.ID_NUMBER, c.RELATION, c.PHONE, c.BIRTH, c.SEX})


def plan_roster(
    book: Workbook, codes: Codes, care_groups: Sequence[CareGroup], today: date
) -> RosterPlan:
    """Read the roster of a workbook. Every problem is listed in the plan by row and column, none raised."""
    header = find_header(book)
    if header is None:
        lacking = RowProblem(
            0,
            "",
            "找不到花名册的表头。",
            "表头要有“姓名”“与户主关系”“户号”等列名；可以用模板重做。",
            "no_header",
        )
        return RosterPlan(book.file, problems=(lacking,))
    if header.problems:
        return RosterPlan(
            book.file, header.sheet.name, problems=header.problems, notes=header.notes
        )
    reading = _Reading(header, CellReader(codes, care_groups, today), [])
    rows = [row for row in map(reading.row, header.body()) if row is not None]
    if not rows and not reading.problems:
        reading.add(
            header.row, "", Problem("no_rows", "表头下面没有内容。", remedy="请填写后再导入。")
        )
    planned, problems = households(header, rows)
    found = sorted((*reading.problems, *problems), key=lambda p: (p.row, len(p.column), p.column))
    return RosterPlan(book.file, header.sheet.name, planned, tuple(found), header.notes)


@dataclass(frozen=True, slots=True)
class _Reading:
    header: Header
    cells: CellReader
    problems: list[RowProblem]

    def add(self, row: int, key: str, problem: Problem) -> None:
        self.problems.append(
            self.header.problem(
                row, key, problem.code, problem.message, problem.remedy, **problem.values
            )
        )

    def row(self, row: Row) -> RosterRow | None:
        """One row; None for one that holds nothing of ours, or only the header once more."""
        if self._is_header(row):
            return None
        values, bad = self._values(row)
        if not bad and (not values or all(row.cell(i).merged for i in self._filled(row))):
            return None
        if c.BUILDING in values:
            values[c.BUILDING] = self._named_building(values[c.BUILDING])
        address = _address(values)
        shared = {
            key: value
            for key, value in values.items()
            if BY_KEY[key].shared and key not in (c.NUMBER, c.HEAD_ID, c.HEAD_NAME)
        }
        person = self._person(row.number, values, bad)
        return RosterRow(
            row.number,
            str(values.get(c.NUMBER, "")),
            str(values.get(c.HEAD_ID, "")),
            str(values.get(c.HEAD_NAME, "")),
            address,
            shared,
            str(values.get(c.REGISTERED, "")),
            person,
            frozenset(bad),
        )

    def _is_header(self, row: Row) -> bool:
        """Whether the header stands here once more, as at the top of each printed page."""
        index = self.header.index(c.NAME)
        return index is not None and find_column(row.cell(index).text) is BY_KEY[c.NAME]

    def _filled(self, row: Row) -> list[int]:
        return [i for i in self.header.columns if row.cell(i).of is not Of.NOTHING]

    def _values(self, row: Row) -> tuple[dict[str, Any], set[str]]:
        """(values by column key, keys of cells that could not be read)."""
        values: dict[str, Any] = {}
        bad: set[str] = set()
        for index, column in self.header.columns.items():
            cell = row.cell(index)
            if cell.of is Of.NOTHING or (cell.merged and not column.shared):
                continue
            try:
                value = self.cells.read(column, cell)
            except Problem as problem:
                bad.add(column.key)
                if not cell.merged:  # said once, at the first cell of the range
                    self._at(row.number, index, problem)
                continue
            values[column.key] = _joined(values.get(column.key), value)
        return values, bad

    def _at(self, row: int, index: int, problem: Problem) -> None:
        self.problems.append(
            RowProblem(
                row,
                column_letters(index),
                problem.message,
                problem.remedy,
                problem.code,
                self.header.names[index],
                problem.values,
            )
        )

    def _named_building(self, name: str) -> str:
        """A bare number with the word that the column says: 号楼, or 组 in a village."""
        index = self.header.index(c.BUILDING)
        if index is None or not name.isdecimal():
            return name
        return name + ("组" if plain_header(self.header.names[index]).endswith("组") else "号楼")

    def _person(self, row: int, values: Mapping[str, Any], bad: set[str]) -> PlannedPerson | None:
        name = values.get(c.NAME, "")
        if not name:
            vacant = values.get(c.HOUSEHOLD_KIND) == _VACANT and not _PERSONAL & values.keys()
            if not vacant and c.NAME not in bad:
                self.add(row, c.NAME, Problem("no_name", "没有填姓名。", remedy="请补上姓名。"))
            return None
        parts: dict[str, dict[str, Any]] = {"person": {}, "person_file": {}, "residence": {}}
        for key, value in values.items():
            column = BY_KEY[key]
            if column.kind in parts and key not in _IDENTITY:
                parts[column.kind][key.partition(".")[2]] = value
        relation = values.get(c.RELATION, "")
        if relation in _HEAD_RELATIONS:
            parts["residence"]["relation"] = _HEAD
        birth = values.get(c.BIRTH)
        identity = self._identity(row, values, bad)
        parts["person_file"] |= _stated(identity)
        born = identity.birth.year if identity.birth else birth if isinstance(birth, int) else None
        if born:
            parts["person"]["birth_year"] = born
        return PlannedPerson(
            row,
            name,
            relation in _HEAD_RELATIONS,
            parts["person"],
            parts["person_file"],
            parts["residence"],
            dict.fromkeys(values.get(c.PHONE, ()), str(values.get(c.PHONE_OWNER, ""))),
            values.get(c.CARE, ()),
        )

    def _identity(self, row: int, values: Mapping[str, Any], bad: set[str]) -> Identity:
        number = str(values.get(c.ID_NUMBER, ""))
        kind = str(values.get(c.ID_KIND, "")) or (CITIZEN if number else "")
        birth, sex = values.get(c.BIRTH), str(values.get(c.SEX, ""))
        day = birth if isinstance(birth, date) else None
        stated = Identity(kind, number, day, sex)
        if c.ID_KIND in bad:
            return stated  # the number cannot be judged before its kind is known
        try:
            read = check_identity(kind, number, day, sex, self.cells.today)
        except Problem as problem:
            key = f"person_file.{problem.values.get('field', 'id_number')}"
            self.add(row, key if self.header.index(key) is not None else c.ID_NUMBER, problem)
            return stated
        if isinstance(birth, int) and read.birth and read.birth.year != birth:
            self.add(
                row,
                c.BIRTH,
                Problem(
                    "id_disagrees",
                    "出生日期 {stated} 与身份证号里的 {read} 不一致。",
                    remedy="请核对后改正其中一个。",
                    stated=str(birth),
                    read=read.birth.isoformat(),
                ),
            )
        return read


def _joined(before: Any, value: Any) -> Any:
    """The values of two columns that mean the same."""
    if before is None:
        return value
    if isinstance(before, tuple):
        return (*before, *(v for v in value if v not in before))
    return f"{before}；{value}" if value != before else before


def _address(values: Mapping[str, Any]) -> Address:
    """Parts in columns of their own, the rest out of the address in one line."""
    line: Address = values.get(c.ADDRESS) or Address()
    parts = {
        "compound": values.get(c.COMPOUND, "") or line.compound,
        "building": values.get(c.BUILDING, "") or line.building,
        "entrance": values.get(c.ENTRANCE, "") or line.entrance,
        "room": values.get(c.ROOM, "") or line.room,
        "landmark": values.get(c.LANDMARK, ""),
    }
    if line.landmark and not (parts["building"] or parts["room"] or parts["landmark"]):
        parts["landmark"] = line.landmark
    return Address(**parts)


def _stated(identity: Identity) -> dict[str, Any]:
    fields = {
        "id_kind": identity.id_kind,
        "id_number": identity.number,
        "birth_date": identity.birth,
        "sex": identity.sex,
    }
    return {name: value for name, value in fields.items() if value}
