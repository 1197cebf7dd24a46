"""Household files as one PDF: who prints and why is written down first, then they are laid out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from gridapp import whole_file
from gridapp.clock import day_of, local
from gridapp.documents.household_file import HouseholdSheet, PrintContext
from gridapp.documents.household_pdf import write_household_files
from gridapp.documents.typst_pdf import PdfCompiler
from gridapp.domain.record import new_id
from gridapp.errors import Problem
from gridapp.i18n import language
from gridapp.printing.plan import NOT_HERE, Account, LeftOut, Plan, Planned, PrintOptions, plan
from gridapp.printing.sheets import Written, written
from gridapp.store import access_log, printed
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

Progress = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Done:
    """A household that was laid out: the visits on its paper, and how many photos are missing there."""

    planned: Planned
    visits: tuple[UUID, ...]
    photos: int


def print_households(
    store: Store,
    household_ids: Sequence[UUID],
    out: BinaryIO,
    options: PrintOptions = PrintOptions(),  # noqa: B008 - it cannot change
    *,
    progress: Progress | None = None,
) -> Account:
    """Writes one PDF of the households, in their order, to ``out``. Not on the GUI thread.

    Each print is in the log before anything is laid out, and marked as printed once ``out`` is written.
    ``progress`` gets the number done and returns False to stop.

    Raises ``Problem``: ``reason_needed``, ``nothing_to_print``, ``nothing_new``, ``no_sheet``, ``cancelled``,
    ``font_missing``.
    """
    done, account = _lay_out(store, household_ids, out, options, progress)
    mark_printed(store, done, new_id())
    return account


def print_to_file(
    store: Store,
    household_ids: Sequence[UUID],
    path: Path,
    options: PrintOptions = PrintOptions(),  # noqa: B008 - it cannot change
    *,
    progress: Progress | None = None,
) -> Account:
    """``print_households`` into a file, which comes into being whole or not at all.

    Raises also ``Problem``: ``cannot_write``, ``disk_full``.
    """
    with whole_file.writing(path) as out:
        done, account = _lay_out(store, household_ids, out, options, progress)
    mark_printed(store, done, new_id())
    return account


def print_context(store: Store, options: PrintOptions = PrintOptions()) -> PrintContext:  # noqa: B008
    """Who prints, on what, and when, in the language in use."""
    now = store.clock()
    return PrintContext(
        printed_by=store.who.name,
        device=store.who.device_name,
        printed_at=f"{local(now):%Y-%m-%d %H:%M}",
        version_date=day_of(now),
        language=language(),
        reveal=options.reveal,
        duplex=options.duplex,
    )


def checked_plan(store: Store, household_ids: Sequence[UUID], options: PrintOptions) -> Plan:
    """What is going to be printed; refused where the reason is missing or nothing is left to print."""
    require_reason(options)
    view = partial(plan, ids=household_ids, new_visits=options.new_visits, again=options.again)
    found = store.read(view).result()
    if not found.todo:
        raise nothing(options)
    return found


def require_reason(options: PrintOptions) -> None:
    """Raises ``reason_needed`` where whole numbers are wanted and nobody says why."""
    if options.reveal and not options.reason.strip():
        raise Problem(
            "reason_needed",
            "要打印完整号码，请先写明原因。",
            remedy="请填写原因，或打印遮住中间的号码。",
            field="reason",
        )


def nothing(options: PrintOptions) -> Problem:
    """The problem of a print without a single file."""
    if options.again:
        return Problem(
            "no_sheet",
            "没有可以再打一次的续页。",
            remedy="要打新走访或整份档案，请另选。",
        )
    if options.new_visits:
        return Problem(
            "nothing_new",
            "这些住户都没有可打的新走访。",
            remedy="还没打过整份档案的，请先打整份。",
        )
    return Problem("nothing_to_print", "没有可打印的住户。", remedy="请先选择住户。")


def log_prints(uow: UnitOfWork, household_ids: Iterable[UUID], options: PrintOptions) -> None:
    """Write down who prints what, and the reason where numbers are whole."""
    for household_id in household_ids:
        access_log.note(uow, "print", "household", household_id, options.reason.strip())


def mark_printed(store: Store, done: Collection[Done], print_id: UUID) -> None:
    """Remember which visits are on paper now, out of which print. Returns after the commit."""

    def mark(uow: UnitOfWork) -> None:
        for each in done:
            if each.planned.again:
                continue  # it was on paper before
            further = each.planned.further
            sheet = further.number if further else 0
            printed.mark(uow, each.planned.id, each.visits, sheet, print_id)
        printed.forget_gone(uow)

    if done:
        store.write(mark).result()


def _lay_out(
    store: Store,
    household_ids: Sequence[UUID],
    out: BinaryIO,
    options: PrintOptions,
    progress: Progress | None,
) -> tuple[list[Done], Account]:
    wanted = checked_plan(store, household_ids, options)
    compiler = PdfCompiler()
    store.write(lambda uow: log_prints(uow, [p.id for p in wanted.todo], options)).result()
    by_id = {each.id: each for each in wanted.todo}
    done: list[Done] = []
    count = write_household_files(
        _noted(written(store, wanted.todo), by_id, done),
        print_context(store, options),
        out,
        progress=progress,
        compiler=compiler,
    )
    gone = tuple(gone_since(by_id, done))
    return done, Account(count, (*wanted.left_out, *gone), photos=photos_elsewhere(done))


def photos_elsewhere(done: Collection[Done]) -> int:
    """How many photos of these files are not on this computer."""
    return sum(each.photos for each in done)


def gone_since(wanted: Mapping[UUID, Planned], done: Collection[Done]) -> Iterator[LeftOut]:
    """Households that left this computer between the plan and their turn."""
    there = {each.planned.id for each in done}
    for planned in wanted.values():
        if planned.id not in there:
            yield LeftOut(planned.id, planned.name, planned.address, NOT_HERE)


def _noted(
    flow: Iterator[Written], wanted: Mapping[UUID, Planned], done: list[Done]
) -> Iterator[HouseholdSheet]:
    for sheet, visits in flow:
        done.append(Done(wanted[sheet.uuid], visits, sheet.photos_elsewhere))
        yield sheet
