"""A record leaves a channel. What has left the last one is erased at the end of the round (``inbox.finish_round``).

A purged record leaves everything at once, and so does what is kept of it elsewhere: what was sent and
answered, drafts, prints. Of an edit that came too late its reason stays, without the words.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gridapp.store import digest
from gridapp.store.database import Connection
from gridapp.store.unit_of_work import UnitOfWork

PURGED = "purged"
_EMPTY = msgspec.msgpack.encode({})
UNLISTED = "unlisted"  # found by comparing, and nothing says why: only these are ever asked about


def leave(connection: Connection, channel_id: int, entity: str, key: bytes, cause: str) -> None:
    """Drop one membership; of a purged record every one."""
    channels = [channel_id]
    if cause == PURGED:
        found = connection.execute(
            "SELECT channel_id FROM membership WHERE record_id=?", (key,)
        ).fetchall()
        channels = [channel for (channel,) in found]
    for channel in channels:
        digest.leave(connection, channel, [key])
    connection.execute(
        "INSERT INTO leaving (record_id,entity,cause) VALUES (?,?,?) ON CONFLICT(record_id) "
        "DO UPDATE SET cause=excluded.cause WHERE excluded.cause=?",
        (key, entity, cause, PURGED),
    )


def forget_purged(uow: UnitOfWork, keys: Iterable[bytes]) -> None:
    """Let go of what these records' operations say (``forgetting`` takes the rest)."""
    for key in keys:
        uow.connection.execute(
            "DELETE FROM outbox WHERE record_id=? AND state<>'waiting' AND code IS NOT ?",
            (key, PURGED),
        )
        uow.connection.execute(
            "UPDATE outbox SET fields=?, beneath=NULL, other=NULL, live=0 "
            "WHERE record_id=? AND state<>'waiting'",
            (_EMPTY, key),
        )


def note_purged(uow: UnitOfWork) -> None:
    """What was sent of a purged record that is not here (started over, before a restore) leaves as the record would."""
    for entity, key in uow.rows(
        "SELECT DISTINCT entity, record_id FROM outbox WHERE state='rejected' AND code=? AND fields<>? "
        "AND record_id NOT IN (SELECT record_id FROM leaving)",
        (PURGED, _EMPTY),
    ):
        if not uow.value(f"SELECT 1 FROM {entity} WHERE id=?", (key,)):
            uow.connection.execute(
                "INSERT INTO leaving (record_id,entity,cause) VALUES (?,?,?)",
                (key, entity, PURGED),
            )


def let_photos_go(uow: UnitOfWork) -> None:
    """Photos of purged records wait for nothing any more: the server would not take them, and they go too."""
    gone = "SELECT record_id FROM leaving WHERE cause=?"
    uow.connection.execute(
        "UPDATE blob SET state='done' WHERE state='waiting' AND sha256 IN "
        f"(SELECT sha256 FROM attachment WHERE id IN ({gone})) AND sha256 NOT IN "
        f"(SELECT sha256 FROM attachment WHERE id NOT IN ({gone}))",
        (PURGED, PURGED),
    )
    # Where a computer started over, only what was sent names them.
    sent = (
        "EXISTS (SELECT 1 FROM outbox o WHERE o.entity='attachment' "
        f"AND instr(o.fields, CAST(blob.sha256 AS BLOB)) AND o.record_id {{}} ({gone}))"
    )
    uow.connection.execute(
        "UPDATE blob SET state='done' WHERE state='waiting' AND sha256 NOT IN "
        f"(SELECT sha256 FROM attachment) AND {sent.format('IN')} AND NOT {sent.format('NOT IN')}",
        (PURGED, PURGED),
    )
