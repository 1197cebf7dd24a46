"""What the user does on the page of what waits: choose, send once more, let go, export."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from gridapp import whole_file
from gridapp.store import access_log, comparison, inbox, refused
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views import saves
from gridapp.store.views.saves import Save, Which

_CHUNK = 200  # saves in memory at a time


def dismiss(store: Store, save_id: bytes) -> Future[None]:
    """Take what was not accepted of one save off the page."""
    return store.write(lambda uow: refused.dismiss(uow, save_id))


def send_again(store: Store, save_id: bytes) -> Future[int]:
    """Offer the server once more what it did not accept of one save."""
    return store.write(lambda uow: refused.send_again(uow, save_id))


def release(store: Store) -> Future[int]:
    """Let go of what the server does not list here any more: the user was asked. How many records."""

    def write(uow: UnitOfWork) -> int:
        count = comparison.release(uow)
        inbox.finish_round(uow)
        return count

    return store.write(write)


def every(store: Store, which: Which) -> Iterator[Save]:
    """All saves of a list, however many, read as they are asked for. Off the GUI thread only."""
    chosen = store.read(partial(saves.listed, which=which)).result()
    for start in range(0, len(chosen), _CHUNK):
        part = chosen[start : start + _CHUNK]
        yield from store.read(partial(saves.read, chosen=part)).result()


def export(store: Store, path: Path, texts: Iterable[str]) -> None:
    """Write what was not accepted to a file, logged. Takes a while: call it off the GUI thread.

    Raises ``Problem``: ``cannot_write`` where the place takes no file, ``disk_full``.
    """

    def log(uow: UnitOfWork) -> None:
        access_log.note(uow, "export", "not_accepted", None)

    store.write(log).result()
    with whole_file.writing(path) as out:
        # Spreadsheets take the mark at the beginning as a sign of UTF-8.
        out.write(codecs.BOM_UTF8)
        for text in texts:
            out.write(text.encode())
