"""What a head does about work that came too late; and what its author does when the answer has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from types import MappingProxyType
from uuid import UUID

from gridapp.domain.values import Stored
from gridapp.store import access_log, refused, reviewing
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.reviews import ReviewedRecord

Changed = Mapping[UUID, Mapping[str, Stored]]  # review -> field -> value
_NOTHING: Changed = MappingProxyType({})


def accept(
    store: Store,
    records: Iterable[ReviewedRecord],
    note: str = "",
    changed: Changed = _NOTHING,
) -> Future[None]:
    """Take records of a case, as they were sent or with values ``changed``. Without a network too: it is sent later.

    The future raises ``Problem`` ``already_decided`` or ``not_allowed``; then nothing was written.
    """
    chosen = tuple(records)

    def write(uow: UnitOfWork) -> None:
        for record in chosen:
            values = changed.get(record.review.id, {})
            reviewing.accept(uow, record.review, note, values, record.held)

    return store.write(write)


def give_back(store: Store, records: Iterable[ReviewedRecord], note: str) -> Future[None]:
    """Give records of a case back to their author, who reads the note.

    The future raises ``Problem`` ``note_missing``, ``already_decided`` or ``not_allowed``.
    """
    chosen = tuple(records)

    def write(uow: UnitOfWork) -> None:
        for record in chosen:
            reviewing.give_back(uow, record.review, note)

    return store.write(write)


def reveal(store: Store, records: Iterable[ReviewedRecord]) -> Future[None]:
    """Log that the whole of what was sent was looked at, of each record with numbers; show it when this is done."""
    reviews = [r.review for r in records if r.hides_numbers]

    def write(uow: UnitOfWork) -> None:
        for review in reviews:
            access_log.note(uow, "reveal", review.target_kind, review.target_id)

    return store.write(write)


def seen(store: Store, save_id: bytes) -> Future[None]:
    """The author has read that a head took what was saved together."""
    return store.write(lambda uow: refused.note_told(uow, save_id))
