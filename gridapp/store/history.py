"""What the server answered about changes in a record, kept until the records that it speaks of leave.

The column ``household_id`` names the record that was asked about, of whatever kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from gridapp.domain.exchange import HistoryEntry
from gridapp.domain.kinds import KINDS
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork

# A micro grid's channel, and one's own, open no past.
_OPEN = (
    "SELECT 1 FROM membership m JOIN channel c ON c.id=m.channel_id WHERE (c.name LIKE 'grid:%' "
    "OR c.name LIKE 'unit:%' OR c.name LIKE 'district:%') AND m.record_id="
)
KIND = "history"  # named by ``Changes`` when an answer was kept: no record, and nothing goes to the server


def cursor(reader: Reader, record_id: UUID) -> tuple[int, bytes] | None:
    """(received_at, op_id) up to which the past is held; None where nothing is held or nothing is older."""
    rows = reader.rows(
        "SELECT until_at, until_op FROM history_state WHERE household_id=? AND more=1",
        (record_id.bytes,),
    )
    return (rows[0][0], rows[0][1]) if rows else None


def keep_newest(
    uow: UnitOfWork,
    record_id: UUID,
    entries: Sequence[HistoryEntry],
    more: bool,
    kind: str = "household",
) -> None:
    """The newest entries. What is held of older times stays only where these reach it without a gap."""
    key = record_id.bytes
    until = _order(entries[-1]) if entries else (0, b"")
    held = cursor(uow, record_id)
    reaches = uow.value(
        "SELECT 1 FROM history WHERE household_id=? AND (received_at, op_id) >= (?, ?) LIMIT 1",
        (key, *until),
    )
    if reaches and more:
        # what is not told any more has left the caller's scope
        uow.connection.execute(
            "DELETE FROM history WHERE household_id=? AND (received_at, op_id) >= (?, ?)",
            (key, *until),
        )
        until, more = min(until, held or (0, b"")), held is not None
    else:
        uow.connection.execute("DELETE FROM history WHERE household_id=?", (key,))
    _keep(uow, (kind, key), entries, until, more)


def keep_older(
    uow: UnitOfWork,
    record_id: UUID,
    entries: Sequence[HistoryEntry],
    more: bool,
    kind: str = "household",
) -> None:
    """The entries that follow the oldest one held."""
    until = _order(entries[-1]) if entries else (0, b"")
    _keep(uow, (kind, record_id.bytes), entries, until, more)


def forget(uow: UnitOfWork, record_id: bytes) -> None:
    """A record left this computer: nothing is known of its past either."""
    uow.connection.execute(
        "DELETE FROM history WHERE record_id=?1 OR household_id=?1", (record_id,)
    )
    uow.connection.execute("DELETE FROM history_state WHERE household_id=?", (record_id,))


def forget_unread(uow: UnitOfWork) -> None:
    """What is held through no such channel any more (by a worker who is a volunteer now) has no past here."""
    for table, column in (
        ("history", "household_id"),
        ("history", "record_id"),
        ("history_state", "household_id"),
    ):
        uow.connection.execute(f"DELETE FROM {table} WHERE NOT EXISTS ({_OPEN}{column})")


def _order(entry: HistoryEntry) -> tuple[int, bytes]:
    return entry.received_at, entry.op_id


def _keep(
    uow: UnitOfWork,
    about: tuple[str, bytes],
    entries: Sequence[HistoryEntry],
    until: tuple[int, bytes],
    more: bool,
) -> None:
    key = about[1]
    if not _is_here(uow, *about):
        return  # it left while the answer was on its way
    uow.connection.executemany(
        "INSERT OR REPLACE INTO history (household_id,op_id,entity,record_id,staff_id,recorded_at,"
        "received_at,what,fields) VALUES (?,?,?,?,?,?,?,?,?)",
        [_row(key, entry) for entry in entries if _is_here(uow, entry.entity, entry.record_id)],
    )
    uow.connection.execute(
        "INSERT OR REPLACE INTO history_state (household_id,asked_at,until_at,until_op,more) "
        "VALUES (?,?,?,?,?)",
        (key, uow.now, *until, int(more)),
    )
    uow.touch(KIND, (key,))


def _row(key: bytes, entry: HistoryEntry) -> tuple[Any, ...]:
    return (
        key,
        entry.op_id,
        entry.entity,
        entry.record_id,
        entry.staff_id,
        entry.recorded_at,
        entry.received_at,
        entry.what,
        msgspec.msgpack.encode(entry.fields),
    )


def _is_here(uow: UnitOfWork, entity: str, record_id: bytes) -> bool:
    """Nothing is kept of what is not held, or it would stay when the record has left."""
    if entity not in KINDS:
        return False
    return uow.value(f"SELECT 1 FROM {entity} WHERE id=?", (record_id,)) is not None
