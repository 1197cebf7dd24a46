"""Printing household files: who prints and why is written down first, then they are laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from gridapp.clock import day_of, local
from gridapp.documents.household_file import PrintContext
from gridapp.documents.household_pdf import write_household_files
from gridapp.documents.typst_pdf import PdfCompiler
from gridapp.domain.household import Household
from gridapp.errors import Problem
from gridapp.i18n import language
from gridapp.printing.sheets import sheets
from gridapp.store import access_log
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork

Progress = Callable[[int], bool]


def print_households(
    store: Store,
    household_ids: Sequence[UUID],
    out: BinaryIO,
    *,
    reveal: bool = False,
    reason: str = "",
    progress: Progress | None = None,
) -> int:
    """Writes one PDF of the households, in their order, to ``out``; returns how many. Not on the GUI thread.

    Each print is in the log before anything is laid out. ``reveal`` prints whole ID and telephone numbers
    and needs a ``reason``. ``progress`` gets the number done and returns False to stop.

    Raises ``Problem``: ``reason_needed``, ``nothing_to_print``, ``cancelled``, ``font_missing``.
    """
    reason = reason.strip()
    if reveal and not reason:
        raise Problem(
            "reason_needed",
            "要打印完整号码，请先写明原因。",
            remedy="请填写原因，或打印遮住中间的号码。",
            field="reason",
        )
    compiler = PdfCompiler()
    store.write(lambda uow: _log(uow, household_ids, reason)).result()
    return write_household_files(
        sheets(store, household_ids),
        print_context(store, reveal),
        out,
        progress=progress,
        compiler=compiler,
    )


def print_to_file(
    store: Store,
    household_ids: Sequence[UUID],
    path: Path,
    *,
    reveal: bool = False,
    reason: str = "",
    progress: Progress | None = None,
) -> int:
    """``print_households`` into a file, which comes into being whole or not at all.

    Raises also ``Problem`` ``cannot_write``.
    """
    partial = path.with_name((path.name or "_") + ".part")
    try:
        if path.is_dir():
            raise IsADirectoryError(path)  # before anything is in the log
        with partial.open("wb") as out:
            count = print_households(
                store, household_ids, out, reveal=reveal, reason=reason, progress=progress
            )
        partial.replace(path)
    except OSError as error:
        raise Problem(
            "cannot_write",
            "不能写这个文件。",
            place=str(path),
            remedy="请检查磁盘空间和权限，或关掉正打开它的程序，再试一次。",
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return count


def print_context(store: Store, reveal: bool = False) -> PrintContext:
    """Who prints, on what, and when, in the language in use."""
    now = store.clock()
    return PrintContext(
        printed_by=store.who.name,
        device=store.who.device_name,
        printed_at=f"{local(now):%Y-%m-%d %H:%M}",
        version_date=day_of(now),
        language=language(),
        reveal=reveal,
    )


def _log(uow: UnitOfWork, household_ids: Sequence[UUID], reason: str) -> None:
    there = {h.id for h in uow.records(Household, household_ids) if not h.deleted}
    for household_id in household_ids:
        if household_id in there:
            access_log.note(uow, "print", "household", household_id, reason)
