"""Reading: plain, immutable records and rows out of one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from gridapp.clock import Instant, day_of
from gridapp.domain.kinds import CHILDREN, KINDS
from gridapp.domain.record import Kind, Record, kind_of
from gridapp.domain.values import record_of
from gridapp.store.best_time import last_day, likely
from gridapp.store.blobs import BlobFolder
from gridapp.store.database import Connection
from gridapp.store.statements import columns
from gridapp.store.who import Who

R = TypeVar("R", bound=Record)

_CHUNK = 500


class Reader:
    """What views and recording read with. It lives for one call and is never kept."""

    def __init__(self, connection: Connection, who: Who, blobs: BlobFolder, now: Instant) -> None:
        self.connection = connection
        self.who = who
        self.blobs = blobs
        self.now = now
        self._today: date | None = None

    @property
    def today(self) -> date:
        """The day in China: by this computer's clock, unless that is plainly wrong."""
        if self._today is None:
            self._today = day_of(likely(self.now, self.last_known))
        return self._today

    @property
    def latest(self) -> date:
        """The last day on which something can have happened: any, where the clock is plainly wrong."""
        return last_day(self.now, self.last_known)

    @property
    def last_known(self) -> Instant:
        """When the server was last heard, by its own clock; 0 where that was never."""
        heard = self.meta("server_time")
        if heard is not None:
            return int(heard)
        contact = int(self.meta("last_contact") or 0)
        return contact + int(self.meta("clock_offset") or 0) if contact else 0

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return list(self.connection.execute(sql, params))

    def value(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.connection.execute(sql, params).fetchone()
        return row[0] if row else None

    def record(self, record: type[R], record_id: UUID | None) -> R | None:
        """One record by id, deleted ones too."""
        if record_id is None:
            return None
        found = self._where(record, "id=?", (record_id.bytes,))
        return found[0] if found else None

    def records(self, record: type[R], ids: Iterable[UUID]) -> list[R]:
        """Records by id, in no order."""
        keys = [i.bytes for i in ids]
        found: list[R] = []
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            found += self._where(record, f"id IN ({marks(part)})", part)
        return found

    def where(self, record: type[R], condition: str, params: Sequence[Any] = ()) -> list[R]:
        """Living records that meet an SQL condition over their own columns."""
        return self._where(record, f"deleted=0 AND ({condition})", params)

    def children(self, record: type[R], owner_id: UUID) -> list[R]:
        """Living records of one kind beneath an owner, the oldest first on every computer."""
        found = self.where(record, f"{kind_of(record).owner}=?", (owner_id.bytes,))
        return sorted(found, key=lambda child: child.id)

    def beneath(self, kind: Kind, key: bytes) -> list[bytes]:
        """The ids of what lives beneath a record."""
        found: list[bytes] = []
        for child in CHILDREN[kind.name]:
            sql = f"SELECT id FROM {child.name} WHERE {child.owner}=? AND deleted=0"
            found += [row[0] for row in self.connection.execute(sql, (key,))]
        return found

    def meta(self, key: str) -> str | None:
        """One remembered setting."""
        found = self.value("SELECT value FROM meta WHERE key=?", (key,))
        return None if found is None else str(found)

    def row(self, entity: str, record_id: bytes) -> dict[str, Any] | None:
        """One stored row by column name."""
        names = columns(KINDS[entity])
        found = self.connection.execute(
            f"SELECT {','.join(names)} FROM {entity} WHERE id=?",
            (record_id,),
        ).fetchone()
        return dict(zip(names, found, strict=True)) if found else None

    def _where(self, record: type[R], condition: str, params: Sequence[Any]) -> list[R]:
        kind = kind_of(record)
        names = columns(kind)
        found = self.connection.execute(
            f"SELECT {','.join(names)} FROM {kind.name} WHERE {condition}",
            params,
        )
        return [record_of(kind, dict(zip(names, row, strict=True))) for row in found]


def marks(values: Sequence[Any]) -> str:
    """``?,?,?`` for as many values."""
    return ",".join("?" * len(values))
