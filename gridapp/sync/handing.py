"""Handing rows back to a server that does not know them (any more): each with the server's own word for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from gridapp.domain.exchange import Rows
from gridapp.store.store import Store
from gridapp.sync import asking
from gridapp.sync.protocol import MOST_OPERATIONS, encode
from gridapp.sync.session import device_key
from gridapp.sync.transport import Transport


def hand_back(store: Store, transport: Transport, tables: Iterable[Rows]) -> None:
    """Send whole rows. What the server believes comes back with the next pull."""
    for table in _portions(tables):
        body = encode(store.read(partial(asking.push_request, handback=[table])).result())
        transport.push(body, device_key(store).sign(body))


def _portions(tables: Iterable[Rows]) -> Iterator[Rows]:
    for table in tables:
        for start in range(0, len(table.rows), MOST_OPERATIONS):
            rows = table.rows[start : start + MOST_OPERATIONS]
            yield Rows(table.entity, table.columns, rows)
