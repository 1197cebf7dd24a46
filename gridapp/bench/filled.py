"""A client's database filled as a sync leaves it: rows and memberships from pages, nothing waiting."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from gridapp.bench.district import VILLAGE, grid_records
from gridapp.domain.exchange import Page, Rows
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Record, kind_of
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.domain.values import row_of
from gridapp.store import inbox, keys, search
from gridapp.store.opening import create_store
from gridapp.store.store import Store
from gridapp.store.who import Who
from gridapp.tables import wire_columns

PASSWORD = "bench-password"  # noqa: S105 - of data that lives for the run
WEAK = keys.Strength(1, 8, 1)  # where the key derivation is not what is measured
NOWHERE = "http://127.0.0.1:9"  # no signal
_PAGE = 3000  # rows


def worker_store(folder: Path, *, strength: keys.Strength = WEAK) -> tuple[Store, Unit]:
    """The empty database of a worker of one grid, with the reference data, and the grid."""
    from gridapp.resources import default_reference

    village = Unit(code=VILLAGE, name="东湖社区居民委员会", kind="village")
    grid = Unit(
        parent_id=village.id, code=f"{VILLAGE}001", name="第一网格", kind="grid", grid_kind="basic"
    )
    worker = Staff(name="李秀英", user_name="lixiuying", active=True)
    post = Assignment(staff_id=worker.id, unit_id=grid.id, role="worker", full_time=True)
    who = Who(
        worker.id, worker.name, worker.user_name, uuid4(), "bench", uuid4(), "红旗区", NOWHERE
    )
    store = create_store(folder, PASSWORD, who, device_key=bytes(32), strength=strength)
    keep(store, [village, grid, worker, post, *default_reference()])
    return store, grid


def grid_of(
    store: Store,
    grid: Unit,
    *,
    households: int = 300,
    people: int = 1000,
    per_household: float = 20,
    events: int = 3000,
) -> int:
    """Fill in one invented grid; the number of its records."""
    assert grid.parent_id
    records = grid_records(
        grid.id,
        grid.parent_id,
        store.who.staff_id,
        households,
        people,
        per_household,
        events,
    )
    keep(store, records)
    return len(records)


def keep(store: Store, records: Iterable[Record]) -> None:
    """Write records as pages from a server, the search index included."""
    waiting = iter(records)
    while part := list(islice(waiting, _PAGE)):
        keep_rows(store, _page(part).tables())
    while store.write(search.refresh_stale).result():
        pass


def keep_rows(store: Store, tables: list[Rows]) -> None:
    """One page of rows."""
    channel = f"grid:{uuid4()}:work"
    page = Page(channel, 0, 1, more=False, tables=tables)
    store.write(partial(inbox.apply_page, page=page), index=False).result()


class RowPage:
    """Rows as the server sends them, gathered by kind."""

    def __init__(self) -> None:
        self._rows: dict[str, list[list[Any]]] = {}

    def add(self, entity: str, key: bytes, **values: Any) -> None:
        """One row: stored values by column."""
        row = {"id": key, "version": 1, "epoch": 1, "deleted": 0, "recorded_at": 1} | values
        names = wire_columns(KINDS[entity])
        self._rows.setdefault(entity, []).append([row.get(name) for name in names])

    def tables(self) -> list[Rows]:
        """As a page has them."""
        return [
            Rows(entity, list(wire_columns(KINDS[entity])), rows)
            for entity, rows in self._rows.items()
        ]


def _page(records: Iterable[Record]) -> RowPage:
    page = RowPage()
    for record in records:
        kind = kind_of(type(record))
        page.add(kind.name, record.id.bytes, **row_of(kind, record))
    return page
