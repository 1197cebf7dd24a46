"""Keeping what the server said, whichever way it came: over the network or in a bundle."""

from __future__ import annotations

from collections.abc import Sequence

from gridapp.domain.exchange import Rows
from gridapp.store import (
    comparison,
    deciding,
    digest,
    forgetting,
    inbox,
    recovery,
    revisions,
    search,
    server_rows,
)
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync import bundle_state, photos
from gridapp.sync.protocol import PullHead, PullRequest


def take_head(uow: UnitOfWork, head: PullHead, asked: PullRequest | None = None) -> None:
    """Which channels are granted now, and later answers; ``same``: that nothing changed at all.

    ``asked``: what this answers, unless that is long ago: totals speak of the cursors that it named.
    """
    if head.same:
        note_contact(uow)
    else:
        inbox.keep_channels(uow, head.channels)
    if asked is not None:
        _compare(uow, head, asked)
    revisions.take(uow, head.outcomes, head.epoch, head.outcome_cursor)
    if head.backup is not None:
        recovery.note_backup(uow, head.backup.counter)
    uow.set_meta("server_time", str(head.server_time))
    bundle_state.heard(uow, head)


def take_bodies(
    uow: UnitOfWork, tables: Sequence[Rows], asked: Sequence[tuple[str, bytes]]
) -> None:
    """Bodies of single records that were asked for."""
    server_rows.apply_bodies(uow, tables)
    inbox.forget_wanted(uow, [key for _, key in asked])


def finish(store: Store) -> None:
    """All pages are here: what has left goes, with its photos, and people and households can be found.

    The words of events follow when the round is over (``search.resume``).
    """
    store.write(_finish).result()
    photos.erase(store)
    while store.write(search.refresh_places).result():
        pass
    forgetting.clean(store)


def note_contact(uow: UnitOfWork) -> None:
    """The server was heard now."""
    uow.set_meta("last_contact", str(uow.now))
    uow.touch_sync()


def _compare(uow: UnitOfWork, head: PullHead, asked: PullRequest) -> None:
    held = inbox.cursors(uow)
    unmoved = {name for name, cursor in asked.cursors.items() if held.get(name) == cursor}
    if again := unmoved.intersection(head.restart):
        comparison.begin(uow, again)
    for name in unmoved & head.totals.keys():
        digest.compare(uow, name, head.totals[name])


def _finish(uow: UnitOfWork) -> None:
    inbox.finish_round(uow)
    deciding.note_told(uow)
