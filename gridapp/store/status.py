"""The one truth about sync, derived from what waits and never from a flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from gridapp.clock import Instant, day_of, local
from gridapp.domain.kinds import KINDS
from gridapp.i18n import tr
from gridapp.store.best_time import looks_wrong
from gridapp.store.deciding import open_count
from gridapp.store.reader import Reader, marks

# What becomes of an item that was not accepted, in ``outbox.dismissed``: it asks for a look, the user has
# seen it, or another attempt took its place.
UNSEEN, SEEN, REPLACED = 0, 1, 2

# Taken later by the head of the grid, and not seen yet.
TOLD = f"state IN ('applied','merged','conflict') AND decided_by IS NOT NULL AND dismissed={UNSEEN}"


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """What waits, what was not accepted, and the last contact. All of it is counted in saves, and photos."""

    waiting: int
    photos: int
    rejected: int  # saves of which something was rejected
    parked: int  # saves that are kept for somebody else to record; nothing of them was rejected
    conflicts: int
    last_contact: Instant | None
    broken_photos: int = 0  # whose bytes are damaged here, or that the server cannot take
    seen: int = 0  # saves that were not accepted, and that the user has seen
    wrong_day: date | None = None  # the day by the clock, where that is plainly wrong
    braked: int = 0  # records about which the user is asked before they go (``comparison``)
    told: int = 0  # saves that were kept for the head, were registered since, and the user does not know yet

    @property
    def to_send(self) -> int:
        """What still has to go up, as the worker counts: saves and photos."""
        return self.waiting + self.photos

    @property
    def settled(self) -> bool:
        """Whether the server has all that was recorded here: nothing waits, and no photo is stuck."""
        return not self.to_send and not self.broken_photos and self.last_contact is not None

    @property
    def not_accepted(self) -> int:
        """Saves that were not accepted and not seen: the red number, everywhere."""
        return self.rejected + self.parked


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
    merges: bool = False
    decides: bool = False  # a choice between two values
    note: str = ""  # what the head of the grid wrote beside a later decision
    decided_by: UUID | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The declared fields that changed."""
        return tuple(name for name, _ in self.values)


def current(reader: Reader) -> SyncStatus:
    """The state of sync now."""
    refused = _refused(reader)
    last = reader.meta("last_contact")
    return SyncStatus(
        waiting=reader.value("SELECT count(DISTINCT save_id) FROM outbox WHERE state='waiting'"),
        photos=reader.value("SELECT count(*) FROM blob WHERE state='waiting'"),
        rejected=refused.get((UNSEEN, 1), 0),
        parked=refused.get((UNSEEN, 0), 0),
        conflicts=open_count(reader),
        last_contact=int(last) if last else None,
        broken_photos=reader.value("SELECT count(*) FROM blob WHERE state='broken'"),
        seen=refused.get((SEEN, 0), 0) + refused.get((SEEN, 1), 0),
        wrong_day=day_of(reader.now) if looks_wrong(reader.now, reader.last_known) else None,
        braked=reader.value("SELECT count(DISTINCT record_id) FROM braked"),
        told=reader.value(f"SELECT count(DISTINCT save_id) FROM outbox WHERE {TOLD}"),
    )


def _refused(reader: Reader) -> dict[tuple[int, int], int]:
    """(``dismissed``, whether something was rejected) -> how many saves."""
    sql = (
        "SELECT dismissed, rejected, count(*) FROM (SELECT dismissed, "
        "max(state='rejected') AS rejected FROM outbox WHERE state IN ('rejected','parked') "
        "GROUP BY save_id, dismissed) GROUP BY 1, 2"
    )
    return {(dismissed, rejected): count for dismissed, rejected, count in reader.rows(sql)}


def line(status: SyncStatus, now: Instant) -> str:
    """The sync line: the same words everywhere."""
    return wordings(status, now)[0]


def wordings(status: SyncStatus, now: Instant) -> tuple[str, ...]:
    """The sync line, then shorter ones for less room: a time is said whole or not at all."""
    at = status.last_contact
    if status.settled and at is not None:
        return _dotted(tr("全部已上传"), _when(at, now)), tr("全部已上传")
    last = f"{tr('上次同步')} {_when(at, now) if at is not None else tr('从未')}"
    open_ = _not_up(status)
    if not open_:
        return _dotted(tr("已存本机"), last), tr("已存本机")
    here = [tr("已存本机")] if status.to_send else []  # of a damaged photo it would not be true
    return (
        _dotted(*here, *open_, last),
        _dotted(*open_, last),
        _dotted(*here, *open_),
        _dotted(*open_),
    )


def _not_up(status: SyncStatus) -> list[str]:
    """What is not with the server: what waits, and what cannot go."""
    waits, cannot = tr("{count} 条待上传"), tr("{count} 张照片传不上去")
    counts = ((waits, status.to_send), (cannot, status.broken_photos))
    return [text.format(count=count) for text, count in counts if count]


def waiting(reader: Reader, limit: int = 500) -> tuple[Item, ...]:
    """What waits to go up, oldest first."""
    return _items(reader, "state='waiting' ORDER BY counter LIMIT ?", limit)


def not_accepted(reader: Reader, limit: int = 500) -> tuple[Item, ...]:
    """What the server did not accept, newest first, until the user has seen it."""
    return _items(reader, f"{_REFUSED.format(UNSEEN)} LIMIT ?", limit)


def seen(reader: Reader, limit: int = 500) -> tuple[Item, ...]:
    """What the server did not accept and the user has seen, newest first. It stays here."""
    return _items(reader, f"{_REFUSED.format(SEEN)} LIMIT ?", limit)


def told(reader: Reader, limit: int = 500) -> tuple[Item, ...]:
    """What a head took later, newest first, until the user has seen it. ``code``: ``changed`` where values were set."""
    return _items(reader, f"{TOLD} ORDER BY counter DESC LIMIT ?", limit)


def items(reader: Reader, counters: Sequence[int]) -> dict[int, Item]:
    """Changes by their number in the outbox; what is not there any more is left out."""
    found: dict[int, Item] = {}
    for start in range(0, len(counters), _CHUNK):
        part = counters[start : start + _CHUNK]
        rows = reader.rows(
            f"SELECT counter, {_COLUMNS} FROM outbox WHERE counter IN ({marks(part)})", part
        )
        found |= {counter: _item(*row) for counter, *row in rows}
    return found


_REFUSED = "state IN ('rejected','parked') AND dismissed={} ORDER BY counter DESC"
_CHUNK = 500
_COLUMNS = (
    "op_id, save_id, entity, record_id, recorded_at, state, code, fields, base_version, "
    "conflict_id, note, decided_by"
)


def _items(reader: Reader, condition: str, limit: int) -> tuple[Item, ...]:
    found = reader.rows(f"SELECT {_COLUMNS} FROM outbox WHERE {condition}", (limit,))
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
    note: str | None,
    decided_by: bytes | None,
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
        merges="merged_into" in sent,
        decides=conflict_id is not None,
        note=note or "",
        decided_by=UUID(bytes=decided_by) if decided_by else None,
    )


def _dotted(*parts: str) -> str:
    return " · ".join(parts)


def _when(at: Instant, now: Instant) -> str:
    moment, today = local(at), day_of(now)
    clock = f"{moment:%H:%M}"
    if moment.date() == today:
        return clock
    if moment.date() == today - timedelta(days=1):
        return f"{tr('昨天')} {clock}"
    return f"{moment.year}-{moment.month:02}-{moment.day:02} {clock}"
