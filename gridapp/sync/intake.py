"""Pages into the store: the next ones are read while the writer is busy, and written together.

A transaction of several pages encrypts and writes the pages of the database that they share once. Pages that
come slowly are written one by one, so that a cut connection costs little.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

from gridapp.domain.exchange import Page
from gridapp.store import inbox
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync.transport import Offline

_MOST_ROWS = 6000  # in one transaction: what a person saves meanwhile waits for one or two of them

# Of one pull: about what fills the log, which is then written back once, after the round.
_MANY_ROWS = 4000


def take_pages(store: Store, pages: Iterable[Page]) -> int:
    """Write every page with its cursor, in order. Returns how many rows and removals came.

    Raises ``Offline`` where the answer was cut: the pages that came whole before are written.
    """
    taking = _Taking(store)
    try:
        for page in pages:
            taking.add(page)
    except Offline:
        taking.finish()
        raise
    return taking.finish()


class _Taking:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._gathered: list[Page] = []
        self._rows = 0  # of those
        self._pulled = 0
        self._writing: Future[None] | None = None

    def add(self, page: Page) -> None:
        """Write it now where the writer is free, or else with those that come next."""
        self._gathered.append(page)
        rows = sum(len(table.rows) for table in page.tables) + len(page.removed)
        self._rows += rows
        self._pulled += rows
        if self._rows >= _MOST_ROWS or self._writing is None or self._writing.done():
            self._write()

    def finish(self) -> int:
        """Write the rest, and wait until everything is."""
        self._write()
        self._write()
        return self._pulled

    def _write(self) -> None:
        """Wait for what is being written, then begin to write what is gathered."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None
        if self._gathered:
            if self._pulled > _MANY_ROWS:
                self._store.hold_log()
            apply = partial(_apply, pages=self._gathered)
            self._writing = self._store.write(apply, index=False)
            self._gathered, self._rows = [], 0


def _apply(uow: UnitOfWork, pages: list[Page]) -> None:
    for page in pages:
        inbox.apply_page(uow, page)
