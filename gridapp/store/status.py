"""The one truth about sync, derived from what waits and never from a flag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from gridapp.clock import Instant, day_of, local
from gridapp.domain.kinds import KINDS
from gridapp.i18n import tr
from gridapp.store.deciding import open_count
from gridapp.store.reader import Reader


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """Counts of saves and photos that wait, of items that were not accepted, and the last contact."""

    waiting: int
    photos: int
    rejected: int
    parked: int
    conflicts: int
    last_contact: Instant | None
    not_accepted: int = 0  # saves of which something was rejected or parked
    broken_photos: int = 0  # whose bytes are damaged here, or that the server cannot take

    @property
    def to_send(self) -> int:
        """What still has to go up, as the worker counts: saves and photos."""
        return self.waiting + self.photos


@dataclass(frozen=True, slots=True)
class Item:
    """One change of one record that waits, or that was not accepted, with the reason's code.

    ``values``: what was written, by field, in stored form. What was saved together has one ``save_id``.
    """

    op_id: bytes
    save_id: bytes
    entity: str
    record_id: UUID
    recorded_at: Instant
    state: str
    code: str
    values: tuple[tuple[str, Any], ...]
    created: bool = False
    deletes: bool = False
    decides: bool = False  # a choice between two values

    @property
    def fields(self) -> tuple[str, ...]:
        """The declared fields that changed."""
        return tuple(name for name, _ in self.values)


def current(reader: Reader) -> SyncStatus:
    """The state of sync now."""
    counts = dict(
        reader.rows(
            "SELECT state, count(*) FROM outbox WHERE state IN ('rejected','parked') "
            "AND dismissed=0 GROUP BY state"
        )
    )
    last = reader.meta("last_contact")
    return SyncStatus(
        waiting=reader.value("SELECT count(DISTINCT save_id) FROM outbox WHERE state='waiting'"),
        photos=reader.value("SELECT count(*) FROM blob WHERE state='waiting'"),
        rejected=counts.get("rejected", 0),
        parked=counts.get("parked", 0),
        conflicts=open_count(reader),
        last_contact=int(last) if last else None,
        not_accepted=reader.value(
            "SELECT count(DISTINCT save_id) FROM outbox WHERE state IN ('rejected','parked') "
            "AND dismissed=0"
        ),
        broken_photos=reader.value("SELECT count(*) FROM blob WHERE state='broken'"),
    )


def line(status: SyncStatus, now: Instant) -> str:
    """The sync line: the same words everywhere."""
    if status.to_send == 0 and status.broken_photos == 0 and status.last_contact is not None:
        return tr("全部已上传") + " · " + _when(status.last_contact, now)
    when = _when(status.last_contact, now) if status.last_contact is not None else tr("从未")
    if status.to_send == 0:
        return tr("已存本机") + " · " + tr("上次同步") + " " + when
    waiting = tr("{count} 条待上传").format(count=status.to_send)
    return f"{tr('已存本机')} · {waiting} · {tr('上次同步')} {when}"


def waiting(reader: Reader, limit: int = 500) -> tuple[Item, ...]:
    """What waits to go up, oldest first."""
    return _items(reader, "state='waiting' ORDER BY counter", limit)


def not_accepted(reader: Reader, limit: int = 500) -> tuple[Item, ...]:
    """What the server did not accept, newest first, until dismissed."""
    return _items(
        reader, "state IN ('rejected','parked') AND dismissed=0 ORDER BY counter DESC", limit
    )


def _items(reader: Reader, condition: str, limit: int) -> tuple[Item, ...]:
    found = reader.rows(
        "SELECT op_id, save_id, entity, record_id, recorded_at, state, code, fields, base_version, "
        f"conflict_id FROM outbox WHERE {condition} LIMIT ?",
        (limit,),
    )
    return tuple(_item(*row) for row in found)


def _item(
    op_id: bytes,
    save_id: bytes,
    entity: str,
    key: bytes,
    at: Instant,
    state: str,
    code: str | None,
    blob: bytes,
    base_version: int,
    conflict_id: bytes | None,
) -> Item:
    sent = msgspec.msgpack.decode(blob)
    known = KINDS[entity].by_name
    required = {f.name for f in KINDS[entity].editable if f.required}
    return Item(
        op_id,
        save_id,
        entity,
        UUID(bytes=key),
        at,
        state,
        code or "",
        tuple((name, change[1]) for name, change in sent.items() if name in known),
        # An edit of what the server does not have yet is made on version 0 too, and says only what changed.
        created=base_version == 0 and "deleted" not in sent and required <= sent.keys(),
        deletes="deleted" in sent,
        decides=conflict_id is not None,
    )


def _when(at: Instant, now: Instant) -> str:
    moment, today = local(at), day_of(now)
    clock = f"{moment:%H:%M}"
    if moment.date() == today:
        return clock
    if moment.date() == today - timedelta(days=1):
        return f"{tr('昨天')} {clock}"
    return f"{moment.year}-{moment.month:02}-{moment.day:02} {clock}"
