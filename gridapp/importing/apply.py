"""A roster into the database, in one transaction; or, as a dry run, what that would do.

The same file a second time changes nothing. A plan with a problem is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.clock import day_of
from gridapp.errors import Problem
from gridapp.importing.changes import FieldChange, field_changes
from gridapp.importing.known import load
from gridapp.importing.matching import Match, Matcher
from gridapp.importing.plan import PlannedHousehold, RosterPlan, RowProblem
from gridapp.store.reader import Reader
from gridapp.store.recording import save_household
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

# Up to here a roster goes in whole; a larger one in parts of this size, each whole.
WHOLE = 3000

Progress = Callable[[int, int], None]  # households done, of how many


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Counts of households and people. ``problems`` and ``changes`` are only filled by a dry run."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    people_created: int = 0
    people_changed: int = 0
    people_unchanged: int = 0
    problems: tuple[RowProblem, ...] = ()
    notes: tuple[RowProblem, ...] = ()
    changes: tuple[FieldChange, ...] = ()

    def __add__(self, other: ImportResult) -> ImportResult:
        return ImportResult(
            self.created + other.created,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.people_created + other.people_created,
            self.people_changed + other.people_changed,
            self.people_unchanged + other.people_unchanged,
            self.problems + other.problems,
            self.notes or other.notes,
            self.changes + other.changes,
        )


class ImportRefusedError(Problem):
    """The whole roster was refused; ``problems`` says why, by row and column."""

    def __init__(self, file: str, problems: Sequence[RowProblem]) -> None:
        super().__init__(
            "import_refused",
            "花名册有 {count} 处问题，没有导入任何内容。第一处：{first}",
            place="{file}",
            remedy="请改正后再导入；先只检查一遍（--dry-run）可看到全部问题。",
            file=file,
            count=len(problems),
            first=problems[0].text(),
        )
        self.problems = tuple(problems)


def import_roster(
    store: Store,
    plan: RosterPlan,
    grid_id: UUID,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImportResult:
    """Import a plan into a grid and wait until it is committed. Not for the GUI thread.

    ``progress`` and ``cancelled`` are called on the writer thread between households.

    Raises ``ImportRefusedError`` (a ``Problem`` ``import_refused``), ``no_grid``, or ``cancelled``; then
    nothing was written, save for whole parts of a roster above ``WHOLE`` households.
    """
    if plan.problems:
        raise ImportRefusedError(plan.file, plan.problems)
    total = len(plan.households)
    result = ImportResult(notes=plan.notes)
    for start in range(0, max(total, 1), WHOLE):
        part = plan.households[start : start + WHOLE]

        def step(done: int, start: int = start) -> None:
            if cancelled and cancelled():
                raise _cancelled(start)
            if progress:
                progress(start + done, total)

        write = _writer(plan, part, grid_id, day_of(store.clock()), step)
        result += store.write(write).result()
    return result


def preview(reader: Reader, plan: RosterPlan, grid_id: UUID, today: date) -> ImportResult:
    """What the import would do: field by field where something is there, and with every problem.

    Nothing is written. Raises ``Problem`` ``no_grid``.
    """
    matches = list(_matches(reader, plan.households, grid_id, today))
    bad = {problem.row for problem in plan.problems}
    against = (p for match in matches for p in match.problems if p.row not in bad)
    found = [*plan.problems, *against]
    counts = sum((_counts(match) for match in matches), ImportResult())
    ordered = sorted(found, key=lambda p: (p.row, len(p.column), p.column))
    changes = tuple(
        change
        for planned, match in zip(plan.households, matches, strict=True)
        for change in field_changes(planned, match)
    )
    return counts + ImportResult(problems=tuple(ordered), notes=plan.notes, changes=changes)


def _writer(
    plan: RosterPlan,
    part: Sequence[PlannedHousehold],
    grid_id: UUID,
    today: date,
    step: Callable[[int], None],
) -> Callable[[UnitOfWork], ImportResult]:
    def write(uow: UnitOfWork) -> ImportResult:
        matches = list(_matches(uow, part, grid_id, today))
        problems = [p for match in matches for p in match.problems]
        if problems:
            raise ImportRefusedError(plan.file, problems)
        result = ImportResult()
        for done, match in enumerate(matches):
            step(done)
            _save(uow, match)
            result += _counts(match)
        step(len(part))
        return result

    return write


def _matches(
    reader: Reader, households: Sequence[PlannedHousehold], grid_id: UUID, today: date
) -> Iterator[Match]:
    numbers = (m.id_number for h in households for m in h.members if m.id_number)
    matcher = Matcher(load(reader, grid_id, numbers), today)
    return map(matcher.match, households)


def _save(uow: UnitOfWork, match: Match) -> None:
    if match.compound:
        uow.create(match.compound)
    if match.changed():
        save_household(uow, match.opened, match.form, held=match.held)


def _counts(match: Match) -> ImportResult:
    changed = match.changed()
    before = {m.person.id for m in match.opened.members} if match.opened else set()
    before |= {record.id for record in match.held}
    created = edited = same = 0
    for member in match.form.members:
        records = {member.person.id, member.file.id, member.residence.id}
        if member.person.id not in before:
            created += 1
        elif changed & (records | {c.id for c in member.care}):
            edited += 1
        else:
            same += 1
    return ImportResult(
        created=int(match.opened is None),
        changed=int(match.opened is not None and bool(changed)),
        unchanged=int(match.opened is not None and not changed),
        people_created=created,
        people_changed=edited,
        people_unchanged=same,
    )


def _cancelled(done: int) -> Problem:
    if not done:
        return Problem("cancelled", "已取消，没有导入任何内容。")
    return Problem(
        "cancelled",
        "已取消，前 {done} 户已经导入。",
        remedy="再导入同一个文件会接着做，已导入的不会重复。",
        done=done,
    )
