"""What the user does on the page of what waits."""

from __future__ import annotations

from concurrent.futures import Future

from gridapp.store import status
from gridapp.store.store import Store


def dismiss(store: Store, op_id: bytes) -> Future[None]:
    """Take an item that was not accepted off the page."""
    return store.write(lambda uow: status.dismiss(uow, op_id))
