"""Choosing between two values, and looking at them whole."""

from __future__ import annotations

from concurrent.futures import Future

from gridapp.domain.choice import Choice
from gridapp.store import access_log, deciding
from gridapp.store.deciding import Stake
from gridapp.store.store import Store


def decide(store: Store, seen: Stake, choice: Choice) -> Future[None]:
    """Use one of two values, as they were shown. Without a network too: it is sent later."""
    return store.write(lambda uow: deciding.decide(uow, seen, choice))


def reveal(store: Store, seen: Stake) -> Future[None]:
    """Log that two values were looked at whole; show them when this is done."""
    conflict = seen.conflict
    return store.write(
        lambda uow: access_log.note(uow, "reveal", conflict.target_kind, conflict.target_id)
    )
