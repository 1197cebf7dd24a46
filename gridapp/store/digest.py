"""What the server's rows held here add up to, channel by channel: kept with every page, compared at its end.

The hash of a membership is that of the row as the channel's own page brought it: edits that wait, and a newer
row that another channel brought, change nothing here. 0 stands for what the server does not list there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from gridapp.domain.digest import added, joined
from gridapp.store.database import Connection
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork

_CHUNK = 900
_BULK = 500  # more at once are most likely all new
_DIFFERING = "differing"  # meta: names of channels whose totals differ from the server's
_SUMS = "sum(hash>>32), sum(hash&4294967295)"


def join(
    connection: Connection, channel_id: int, entity: str, hashes: Sequence[tuple[bytes, int]]
) -> None:
    """Note that records stand in a channel, each with its hash, and keep the channel's total."""
    rows = [(key, channel_id, entity, hashed) for key, hashed in hashes]
    if len(rows) > _BULK:
        made = connection.executemany(
            "INSERT OR IGNORE INTO membership (record_id,channel_id,entity,hash) VALUES (?,?,?,?)",
            rows,
        ).rowcount
        if made == len(rows):
            _add(connection, channel_id, sum(hashed for _, hashed in hashes))
            return
    held = hashes_of(connection, channel_id, [key for key, _ in hashes])
    connection.executemany(
        "INSERT INTO membership (record_id,channel_id,entity,hash) VALUES (?,?,?,?) "
        "ON CONFLICT(record_id,channel_id) DO UPDATE SET hash=excluded.hash",
        rows,
    )
    if len(rows) > _BULK:
        recount(connection, channel_id)
    else:
        _add(connection, channel_id, sum(h - held.get(key, 0) for key, h in hashes))


def leave(connection: Connection, channel_id: int, keys: Iterable[bytes]) -> None:
    """Records stand in a channel no more."""
    gone = 0
    for key in keys:
        found = connection.execute(
            "DELETE FROM membership WHERE record_id=? AND channel_id=? RETURNING hash",
            (key, channel_id),
        ).fetchone()
        gone += found[0] if found else 0
    _add(connection, channel_id, -gone)


def unlist(connection: Connection, channel_id: int, keys: Sequence[bytes]) -> None:
    """The server does not list these records there: they stay, and count nothing."""
    held = hashes_of(connection, channel_id, keys)
    connection.executemany(
        "UPDATE membership SET hash=0 WHERE record_id=? AND channel_id=?",
        [(key, channel_id) for key in keys],
    )
    _add(connection, channel_id, -sum(held.values()))


def hashes_of(connection: Connection, channel_id: int, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Record -> hash of those that stand in a channel."""
    found: dict[bytes, int] = {}
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        found.update(
            connection.execute(
                "SELECT record_id, hash FROM membership WHERE channel_id=? "
                f"AND record_id IN ({','.join('?' * len(part))})",
                (channel_id, *part),
            )
        )
    return found


def recount(connection: Connection, channel_id: int) -> None:
    """The total of a channel from its memberships."""
    sums = connection.execute(
        f"SELECT {_SUMS} FROM membership WHERE channel_id=?", (channel_id,)
    ).fetchone()
    connection.execute("UPDATE channel SET total=? WHERE id=?", (joined(*sums), channel_id))


def compare(uow: UnitOfWork, name: str, total: int) -> None:
    """Compare a channel with the server's total as of the cursor held; a difference is looked into later."""
    held = uow.value("SELECT total FROM channel WHERE name=?", (name,))
    known = differing(uow)
    differs = (held or 0) != total and not json.loads(uow.meta("unknown_kinds") or "[]")
    if differs != (name in known):
        _note(uow, known | {name} if differs else known - {name})


def differing(reader: Reader) -> set[str]:
    """Names of channels whose totals differed when last compared."""
    return set(json.loads(reader.meta(_DIFFERING) or "[]"))


def settle(uow: UnitOfWork, names: Iterable[str]) -> None:
    """These channels were looked into."""
    if known := differing(uow):
        _note(uow, known - set(names))


def totals(reader: Reader) -> dict[str, tuple[int, int]]:
    """Channel -> (cursor, total) of those that anything ever came from."""
    rows = reader.rows("SELECT name, cursor, total FROM channel WHERE cursor>0")
    return {name: (cursor, total) for name, cursor, total in rows}


def buckets(reader: Reader, name: str) -> dict[int, int]:
    """Bucket -> total of its rows, of one channel."""
    rows = reader.rows(
        f"SELECT substr(record_id,-1), {_SUMS} FROM membership "
        "WHERE channel_id=(SELECT id FROM channel WHERE name=?) GROUP BY 1",
        (name,),
    )
    return {key[0]: joined(high, low) for key, high, low in rows}


def _add(connection: Connection, channel_id: int, change: int) -> None:
    if change:
        (total,) = connection.execute(
            "SELECT total FROM channel WHERE id=?", (channel_id,)
        ).fetchone()
        connection.execute(
            "UPDATE channel SET total=? WHERE id=?", (added(total, change), channel_id)
        )


def _note(uow: UnitOfWork, names: Iterable[str]) -> None:
    uow.set_meta(_DIFFERING, json.dumps(sorted(names)))
