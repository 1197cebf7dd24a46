"""What a roster says, as plain data: households with their members, and every problem by row and column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gridapp.errors import Problem

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something in one row, or one cell, that a person must mend (or, as a note, should know).

    ``message`` and ``remedy`` are Chinese source texts with ``values``; ``text`` is in the language in use.
    """

    row: int  # as Excel shows it; 0: the whole file
    column: str  # letters, "" for the whole row
    message: str
    remedy: str = ""
    code: str = "bad_cell"
    header: str = ""
    values: Values = field(default_factory=dict)

    def text(self) -> str:
        """One line: place, what is wrong, what to do."""
        place = {"row": self.row, "column": self.column, "header": self.header}
        return Problem(
            self.code,
            self.message,
            place=self._place(),
            remedy=self.remedy,
            **{**self.values, **place},
        ).text()

    def _place(self) -> str:
        if not self.row:
            return ""
        if not self.column:
            return "第 {row} 行"
        return "第 {row} 行 {column} 列（{header}）" if self.header else "第 {row} 行 {column} 列"


@dataclass(frozen=True, slots=True)
class Address:
    """Parts as they are to be kept; "" where the file does not state them."""

    compound: str = ""
    building: str = ""
    entrance: str = ""
    room: str = ""
    landmark: str = ""

    def __bool__(self) -> bool:
        return bool(self.building or self.room or self.landmark)


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """One row. The mappings hold only fields that the file states, by field name."""

    row: int
    name: str
    head: bool = False
    person: Values = field(default_factory=dict)
    file: Values = field(default_factory=dict)
    residence: Values = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)  # number -> whose, "" not stated
    care: tuple[str, ...] = ()

    @property
    def id_number(self) -> str:
        """The number of the identity paper, "" where none is stated."""
        return str(self.file.get("id_number", ""))

    @property
    def birth_year(self) -> int | None:
        """The year of birth, None where it is not stated."""
        year: int | None = self.person.get("birth_year")
        return year


@dataclass(frozen=True, slots=True)
class PlannedHousehold:
    """One household of the file. ``row`` is its first; ``number`` is what the file calls it."""

    row: int
    name: str
    number: str = ""
    address: Address = field(default_factory=Address)
    household: Values = field(default_factory=dict)
    file: Values = field(default_factory=dict)
    dwelling: Values = field(default_factory=dict)
    members: tuple[PlannedPerson, ...] = ()

    @property
    def head(self) -> PlannedPerson | None:
        """The head, None in a vacant dwelling and where nobody is named."""
        return next((m for m in self.members if m.head), None)


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """A roster as read. It may be imported only when ``problems`` is empty; ``notes`` do not hinder."""

    file: str
    sheet: str = ""
    households: tuple[PlannedHousehold, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    notes: tuple[RowProblem, ...] = ()

    @property
    def people(self) -> int:
        """How many people the file lists."""
        return sum(len(h.members) for h in self.households)
