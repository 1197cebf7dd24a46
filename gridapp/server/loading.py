"""``server load``: grids, departments, staff and their roles out of an Excel file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from gridapp.clock import day_of
from gridapp.domain.unit import Staff
from gridapp.errors import Problem
from gridapp.server import setup
from gridapp.server.context import Server
from gridapp.server.directory import load_directory
from gridapp.server.staff_plan import make_plan
from gridapp.server.staff_sheets import SheetProblem, read_book
from gridapp.spreadsheets.workbook import read_workbook


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. ``created`` and ``changed`` count by kind; ``people`` are all in the file, ``new`` the new ones."""

    created: dict[str, int]
    changed: dict[str, int]
    people: tuple[Staff, ...]
    new: tuple[Staff, ...]


class BadStaffFile(Problem):
    """The file has mistakes; nothing was written."""

    def __init__(self, file: str, problems: tuple[SheetProblem, ...]) -> None:
        super().__init__(
            "bad_staff",
            "人员表有 {count} 处问题，没有写入任何内容。",
            place=file,
            remedy="请逐条改正后重新导入。",
            count=len(problems),
        )
        self.problems = problems


def load_staff(server: Server, path: Path, *, dry_run: bool = False) -> Loaded:
    """Load a file; the same file again changes nothing.

    Raises ``BadStaffFile`` with every problem, or ``Problem`` where the file is none.
    """
    book = read_book(read_workbook(path))
    with server.database.snapshot() as connection:
        directory = load_directory(connection)
    plan = make_plan(book, directory, day_of(server.clock()))
    if plan.problems:
        raise BadStaffFile(path.name, tuple(plan.problems))
    if not dry_run:
        setup.send(
            server,
            [setup.creation(record) for record in plan.creations]
            + [setup.change(old, new) for old, new in plan.edits],
        )
    known = {person.id for person in directory.staff.values()}
    return Loaded(
        dict(Counter(record.KIND for record in plan.creations)),
        dict(Counter(new.KIND for _, new in plan.edits)),
        tuple(plan.people),
        tuple(person for person in plan.people if person.id not in known),
    )
