"""Remembering where the user is, so that a crash or a lock leads back there."""

from __future__ import annotations

from concurrent.futures import Future

from gridapp.store.store import Store
from gridapp.store.views.last_place import LAST_PLACE, LastPlace, as_text


def remember(store: Store, place: LastPlace) -> Future[None]:
    """Keep where the user is; nothing of it travels."""
    return store.write(lambda uow: uow.set_meta(LAST_PLACE, as_text(place)))
