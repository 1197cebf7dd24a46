"""Prints household files: one PDF of one household or of a whole grid.

Households are laid out a few at a time and the pages joined afterwards, so that memory holds a few
large photos and not all of them; each file counts its own pages, so joining changes nothing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import BinaryIO

from gridapp.documents.household_data import SheetWriter
from gridapp.documents.household_file import HouseholdSheet, PrintContext
from gridapp.documents.pdf_pages import JoinedPdf
from gridapp.documents.typst_pdf import PdfCompiler
from gridapp.errors import Problem

TEMPLATE = "household_file.typ"
# Larger is quicker and takes more memory: 200 files of gridapp/bench/print_bench.py took 26.3 ms each
# and 198 MB with 4, 25.5 and 228 with 6, 24.6 and 257 with 8.
CHUNK = 6
_CHUNK_BYTES = 24_000_000  # of photos as taken; a household with many of them ends its batch early
_DRAWERS = 2

Progress = Callable[[int], bool]


def render_household_files(
    sheets: Iterable[HouseholdSheet],
    context: PrintContext,
    *,
    progress: Progress | None = None,
    compiler: PdfCompiler | None = None,
) -> bytes:
    """One PDF of all ``sheets``, in their order; see ``write_household_files``."""
    out = io.BytesIO()
    write_household_files(sheets, context, out, progress=progress, compiler=compiler)
    return out.getvalue()


def write_household_files(
    sheets: Iterable[HouseholdSheet],
    context: PrintContext,
    out: BinaryIO,
    *,
    progress: Progress | None = None,
    compiler: PdfCompiler | None = None,
) -> int:
    """Writes one PDF of all ``sheets`` to ``out`` and returns how many there were.

    ``sheets`` may be a generator: it is asked for a few households at a time. ``progress`` gets the
    number of households done and goes on while it returns True; otherwise ``Problem("cancelled")``.
    No sheet at all is ``Problem("nothing_to_print")``. ``out`` is touched only at the very end.
    """
    compiler = compiler or PdfCompiler()
    done = 0
    whole = JoinedPdf(fronts=context.duplex)
    pool = ThreadPoolExecutor(_DRAWERS)
    try:
        for writer in _ahead(_batches(sheets, context, pool, CHUNK)):
            whole.add(compiler.compile(TEMPLATE, writer.data, writer.files))
            done += len(writer)
            if progress is not None and not progress(done):
                raise Problem("cancelled", "已取消，没有打印。")
        if whole.empty:
            raise Problem("nothing_to_print", "没有可打印的住户。", remedy="请先选择住户。")
        whole.save(out)
    finally:
        pool.shutdown(cancel_futures=True)
        whole.close()
    return done


def single_household_files(
    sheets: Iterable[HouseholdSheet], context: PrintContext, compiler: PdfCompiler
) -> Iterator[bytes]:
    """One PDF for each of ``sheets``, one after the other: what is shown, or goes to a printer file by file."""
    with ThreadPoolExecutor(_DRAWERS) as pool:
        for writer in _batches(sheets, context, pool, 1):
            yield compiler.compile(TEMPLATE, writer.data, writer.files)


def _batches(
    sheets: Iterable[HouseholdSheet], context: PrintContext, pool: Executor, most: int
) -> Iterator[SheetWriter]:
    """Up to ``most`` households each. Runs in the caller's thread, as ``sheets`` may read a database."""
    waiting = iter(sheets)
    while True:
        writer = SheetWriter(context, pool)
        for sheet in waiting:
            writer.add(sheet)
            if len(writer) == most or writer.photo_bytes > _CHUNK_BYTES:
                break
        if not len(writer):
            return
        yield writer


def _ahead(batches: Iterator[SheetWriter]) -> Iterator[SheetWriter]:
    """One batch later than it is asked for: its photos shrink while the one before is laid out."""
    ready = next(batches, None)
    while ready is not None:
        following = next(batches, None)
        yield ready
        ready = following
