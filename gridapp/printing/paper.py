"""Household files one by one: for the screen, and for a printer that takes them file by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from uuid import UUID

from gridapp.documents.household_pdf import single_household_files
from gridapp.documents.typst_pdf import PdfCompiler
from gridapp.domain.record import new_id
from gridapp.printing.households import (
    Done,
    checked_plan,
    log_prints,
    mark_printed,
    photos_elsewhere,
    print_context,
)
from gridapp.printing.plan import NOT_HERE, NOT_REACHED, Account, LeftOut, Planned, PrintOptions
from gridapp.printing.sheets import written
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

BATCH = 10  # files of one job of the printer


class PaperJob:
    """Files on their way to a printer, a few at a time. Not on the GUI thread.

    Each file is in the log before it is laid out. A batch counts as printed once ``sent`` says that the
    printer has taken it.
    """

    def __init__(
        self,
        store: Store,
        household_ids: Sequence[UUID],
        options: PrintOptions,
        compiler: PdfCompiler,
    ) -> None:
        """Raises ``Problem``: ``reason_needed``, ``nothing_to_print``, ``nothing_new``, ``no_sheet``."""
        self._store, self._options, self._compiler = store, options, compiler
        self._plan = checked_plan(store, household_ids, options)
        self._print_id = new_id()
        self._waiting = list(self._plan.todo)
        self._gone: list[LeftOut] = []
        self._drawn: list[Done] = []
        self._sent: list[Done] = []

    def batches(self) -> Iterator[Iterator[bytes]]:
        """The files of one printer job after the other, each file a PDF of its own."""
        while self._waiting:
            yield self._files(BATCH)

    def sent(self, *, whole: bool = True) -> None:
        """The printer has taken the batch; only ``whole`` files count for what is new next time."""
        if whole:
            mark_printed(self._store, self._drawn, self._print_id)
        self._sent += self._drawn
        self._drawn = []

    def account(self, *, stopped: bool = False) -> Account:
        """What the printer has taken, and what was left out."""
        there = {each.planned.id for each in self._sent} | {left.id for left in self._gone}
        late = (each for each in self._plan.todo if each.id not in there)
        missed = (LeftOut(p.id, p.name, p.address, NOT_REACHED) for p in late)
        left_out = (*self._plan.left_out, *self._gone, *missed)
        return Account(len(self._sent), left_out, stopped, photos_elsewhere(self._sent))

    def _log(self, household_id: UUID, uow: UnitOfWork) -> None:
        log_prints(uow, [household_id], self._options)

    def _files(self, most: int) -> Iterator[bytes]:
        for _ in range(min(most, len(self._waiting))):
            planned = self._waiting.pop(0)
            self._store.write(partial(self._log, planned.id)).result()
            found = lay_out(self._store, planned, self._options, self._compiler)
            if found is None:
                self._gone.append(LeftOut(planned.id, planned.name, planned.address, NOT_HERE))
                continue
            pdf, done = found
            self._drawn.append(done)
            yield pdf


def preview(
    store: Store, planned: Planned, options: PrintOptions, compiler: PdfCompiler
) -> bytes | None:
    """One file as it will be printed, numbers masked whatever was chosen; None where it is gone."""
    shown = PrintOptions(duplex=options.duplex, new_visits=options.new_visits)
    found = lay_out(store, planned, shown, compiler)
    return found[0] if found else None


def lay_out(
    store: Store, planned: Planned, options: PrintOptions, compiler: PdfCompiler
) -> tuple[bytes, Done] | None:
    """The PDF of one file, and which visits are on it; None where the household is gone. Logs nothing."""
    for sheet, visits in written(store, [planned]):
        context = print_context(store, options)
        for pdf in single_household_files([sheet], context, compiler):
            return pdf, Done(planned, visits, sheet.photos_elsewhere)
    return None
