"""The store: one writer thread, one reader thread, and who listens to what was committed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from gridapp.clock import Clock
from gridapp.errors import Problem
from gridapp.store.blobs import BlobFolder
from gridapp.store.changes import Changes
from gridapp.store.database import FULL, Connection, bury, connect, explained
from gridapp.store.held_log import HeldLog
from gridapp.store.locking import FolderLock
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.who import Who

_log = logging.getLogger(__name__)

T = TypeVar("T")
Listener = Callable[[Changes], None]


class Store:
    """An open local database. ``read`` and ``write`` may be called from any thread."""

    def __init__(
        self, folder: Path, key: bytes, who: Who, clock: Clock, lock: FolderLock | None = None
    ) -> None:
        self.folder = folder
        self.who = who
        self.clock = clock
        self.blobs = BlobFolder(folder / "blobs", key)
        self._path = folder / "store.db"
        self._lock = lock
        self._closed = False
        self._listeners: list[Listener] = []
        self._at_close: list[Callable[[], None]] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._write_connection: Connection = None
        self._read_connection: Connection = None
        try:
            self._connect(key)
            self._log = HeldLog(self._write_connection)
        except BaseException:
            self._writer.shutdown()
            self._reader.shutdown()
            raise

    def read(self, fn: Callable[[Reader], T]) -> Future[T]:
        """Run ``fn`` on the reader thread over one snapshot."""
        return self._reader.submit(self._read, fn)

    def write(self, fn: Callable[[UnitOfWork], T], *, index: bool = True) -> Future[T]:
        """Run ``fn`` on the writer thread in one transaction. The future is done only after the commit.

        When ``fn`` or the disk fails nothing is written. ``index=False`` leaves the search index to the end
        of a sync round.
        """
        return self._writer.submit(self._write, fn, index)

    def go_on(self, part: Callable[[UnitOfWork], bool]) -> None:
        """Write part after part until ``part`` returns False; a save that comes meanwhile goes in between.

        Nobody waits for it: what is left when the store is closed, or the disk fails, is for another time.
        """
        with suppress(RuntimeError):  # closed just now
            self._writer.submit(self._go_on, part)

    def hold_log(self) -> None:
        """Much will be written: leave the log to when ``go_on`` has come to its end, see ``held_log``."""
        self._writer.submit(self._log.hold)

    def empty_log(self) -> Future[bool]:
        """Write the log back into the file and empty it. False where a reader was in the way just then."""
        return self._writer.submit(self._empty_log)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with ``Changes`` after each commit, on the writer thread. Returns a remover."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Finish what is under way and close the files; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self._writer.submit(self._write_connection.close).result()
        self._reader.submit(self._read_connection.close).result()
        self._writer.shutdown()
        self._reader.shutdown()
        if self._lock:
            self._lock.release()
        for last in self._at_close:
            last()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    def at_close(self, act: Callable[[], None]) -> None:
        """Do this when the files are closed and free."""
        self._at_close.append(act)

    def _connect(self, key: bytes) -> None:
        try:
            self._write_connection = self._writer.submit(connect, self._path, key).result()
            self._read_connection = self._reader.submit(
                connect, self._path, key, readonly=True
            ).result()
        except Problem as problem:
            if self._write_connection is not None:
                self._writer.submit(self._write_connection.close).result()
            if problem.code != FULL:
                raise
            # One connection and one thread for both: what is here can be read at least, and written once there is room.
            self._reader.shutdown()
            self._reader = self._writer
            self._write_connection = self._read_connection = self._writer.submit(
                connect, self._path, key, alone=True
            ).result()

    def _read(self, fn: Callable[[Reader], T]) -> T:
        with explained(self._path):
            self._read_connection.execute("BEGIN")
            try:
                return fn(Reader(self._read_connection, self.who, self.blobs, self.clock()))
            finally:
                self._read_connection.execute("ROLLBACK")

    def _write(self, fn: Callable[[UnitOfWork], T], index: bool) -> T:
        with explained(self._path):
            connection = self._write_connection
            uow = UnitOfWork(connection, self.who, self.clock, self.blobs)
            connection.execute("BEGIN IMMEDIATE")
            written = False
            try:
                result = fn(uow)
                changes = uow.finish(index=index)
                written = True
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if not written or bury(connection):
                    uow.undo_blobs()
                raise
            uow.drop_blobs()
        self._tell(changes)
        return result

    def _go_on(self, part: Callable[[UnitOfWork], bool]) -> None:
        if self._closed:
            return
        try:
            more = self._write(part, True)
        except Problem as problem:
            _log.warning("left for another time: %s", problem.code)
            return
        if more:
            self.go_on(part)
        elif self._log.held:
            with suppress(RuntimeError):  # a save that came meanwhile is not held up
                self._writer.submit(self._let_log_go)

    def _let_log_go(self) -> None:
        if self._closed:
            return
        try:
            with explained(self._path):
                self._log.let_go()
        except Problem as problem:
            _log.warning("the log was not written back: %s", problem.code)

    def _empty_log(self) -> bool:
        connection = self._write_connection
        with explained(self._path):
            # A long read must not hold up the next save: then another time.
            connection.execute("PRAGMA busy_timeout=250")
            try:
                return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                connection.execute("PRAGMA busy_timeout=30000")

    def _tell(self, changes: Changes) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception as error:  # noqa: BLE001 - it is saved, and must not look as if it were not
                _log.error("a listener failed: %s", type(error).__name__)
