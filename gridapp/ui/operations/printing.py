"""Printing: one file for the screen, a PDF, or paper. All of it off the GUI thread, each returns a future."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from PySide6.QtGui import QImage

from gridapp.documents.pdf_pages import PdfPages
from gridapp.documents.typst_pdf import PdfCompiler
from gridapp.errors import Problem
from gridapp.printing import Account, Planned, PrintOptions, print_to_file
from gridapp.printing.paper import PaperJob, preview
from gridapp.store.store import Store
from gridapp.ui.printer import Going, PaperChoice, PrinterInfo, Printers, image_of, send
from gridapp.ui.tasks import Tasks

__all__ = [
    "Ended",
    "Going",
    "PaperWork",
    "Previews",
    "Shown",
    "ask_printers",
    "put_on_paper",
    "save_pdf",
]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a print ended: what is done, and what stopped it where something did."""

    account: Account
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class PaperWork:
    """What goes to a printer, how it is laid out, and how the printer is to take it."""

    ids: Sequence[UUID]
    options: PrintOptions
    paper: PaperChoice
    title: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One file laid out for the screen: the PDF, only ever in memory, and its pages' sizes in points."""

    pdf: bytes
    sizes: tuple[tuple[float, float], ...]


class Previews:
    """Lays out one file after the other; what was asked before the last is not begun any more."""

    def __init__(self, store: Store, tasks: Tasks) -> None:
        self._store, self._tasks = store, tasks
        self._one_at_a_time = threading.Lock()
        self._compiler: PdfCompiler | None = None
        self._asked = 0

    def lay_out(self, planned: Planned, options: PrintOptions) -> Future[Shown | None]:
        """None where the household is gone, or something else was asked meanwhile. Numbers are masked."""
        self._asked += 1
        turn = self._asked

        def work() -> Shown | None:
            with self._one_at_a_time:
                if turn != self._asked:
                    return None
                self._compiler = self._compiler or PdfCompiler()
                pdf = preview(self._store, planned, options, self._compiler)
            return _shown(pdf) if pdf else None

        return self._tasks.start(work)

    def draw(self, shown: Shown, page: int, scale: float) -> Future[QImage]:
        """One page at ``scale`` pixels a point."""

        def work() -> QImage:
            pages = PdfPages(shown.pdf)
            try:
                raster = pages.draw(page, scale)
            finally:
                pages.close()
            assert raster is not None
            return image_of(raster)

        return self._tasks.start(work)


def save_pdf(
    tasks: Tasks,
    store: Store,
    ids: Sequence[UUID],
    path: Path,
    options: PrintOptions,
    going: Going,
) -> Future[Account]:
    """Households into one PDF file, which comes into being whole or not at all."""
    return tasks.start(lambda: print_to_file(store, ids, path, options, progress=going))


def put_on_paper(
    tasks: Tasks, store: Store, work: PaperWork, printers: Printers, going: Going
) -> Future[Ended]:
    """Households to a printer, batch by batch; a printer that refuses ends it with an account all the same."""

    def run() -> Ended:
        job = PaperJob(store, work.ids, work.options, PdfCompiler())
        try:
            return Ended(send(job, printers, work.paper, work.title, going))
        except Problem as problem:
            return Ended(job.account(stopped=True), problem)

    return tasks.start(run)


def ask_printers(tasks: Tasks, printers: Printers) -> Future[tuple[PrinterInfo, ...]]:
    """The printers there are: asking may take a moment where they stand in the network."""
    return tasks.start(printers.all)


def _shown(pdf: bytes) -> Shown:
    pages = PdfPages(pdf)
    pages.close()
    return Shown(pdf, pages.sizes)
