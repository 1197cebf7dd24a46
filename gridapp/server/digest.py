"""What channels add up to, and what a client needs to find and mend a difference. ``feed.publish`` keeps the sums.

Also the horizon: numbers of a channel below which tombstones are forgotten, so that who comes from further
back begins again by comparison.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, func, literal_column, select, update

from gridapp.clock import Instant
from gridapp.domain.digest import joined, state
from gridapp.domain.exchange import Rows
from gridapp.domain.kinds import KINDS
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.schema import channel, feed, tables
from gridapp.server.statements import fetch, fetch_in
from gridapp.sync.protocol import BucketsReply, PullRequest, RepairReply
from gridapp.tables import wire_columns

TOMBSTONE_DAYS = 400  # at least so long, at most twice as long, are removals told one by one
PURGED = "purged"
_DAY = 86_400_000
_PART = func.substr(feed.c.record_id, literal_column("16"))  # the byte that says the bucket
_STANDING = "SELECT name, seq, total, horizon FROM channel WHERE name IN (:ids) AND seq>0"
_SUMS = (
    "SELECT substr(record_id, 16), sum(hash>>32), sum(hash&4294967295), count(*) FROM feed "
    "WHERE channel_id=? AND removed=0 GROUP BY 1"
)

# name -> (last number, total, horizon)
Standing = Mapping[str, tuple[int, int, int]]


def standing(connection: Connection, names: Iterable[str]) -> Standing:
    """Where channels stand now: those in which anything ever happened."""
    rows = fetch_in(connection, _STANDING, names)
    return {name: (seq, total, horizon) for name, seq, total, horizon in rows}


def same(server: Server, request: PullRequest, outcomes: int, now: Standing) -> bool:
    """Whether the caller holds everything as it is: one word over epoch, answers, cursors and totals."""
    held = {name: (seq, total) for name, (seq, total, _) in now.items()}
    return bool(request.seen) and request.seen == state(server.epoch, outcomes, held)


def restarting(request: PullRequest, now: Standing) -> list[str]:
    """Channels whose tombstones the caller may have missed: they come again from 0, to be compared."""
    begun = set(request.begun)
    return [
        name
        for name, (_, _, horizon) in now.items()
        if 0 < request.cursors.get(name, 0) < horizon and name not in begun
    ]


def unchanged(request: PullRequest, now: Standing) -> dict[str, int]:
    """The totals of channels in which nothing happened since the caller's cursors."""
    asked = request.cursors
    return {n: total for n, (seq, total, _) in now.items() if asked.get(n, 0) == seq}


def buckets(connection: Connection, name: str) -> BucketsReply:
    """What each part of a channel adds up to."""
    here = select(channel.c.id, channel.c.seq).where(channel.c.name == name)
    row = connection.execute(here).first()
    if row is None:
        return BucketsReply(0, [])
    sums = fetch(connection, _SUMS, row.id)
    found = [(bytes(part)[0], joined(*both), count) for part, *both, count in sums]
    return BucketsReply(row.seq, sorted(found))


def rows_of(connection: Connection, name: str, parts: Iterable[int]) -> RepairReply:
    """The rows that stand in some parts of a channel."""
    ids: dict[str, list[bytes]] = defaultdict(list)
    wanted = [bytes([p]) for p in parts if 0 <= p < 256]
    statement = (
        select(feed.c.entity, feed.c.record_id)
        .join(channel, channel.c.id == feed.c.channel_id)
        .where(
            channel.c.name == name,
            feed.c.removed == 0,
            _PART.in_(wanted),
        )
    )
    for entity, key in connection.execute(statement):
        ids[entity].append(key)
    found = []
    for entity, keys in sorted(ids.items()):
        names = wire_columns(KINDS[entity])
        columns = [tables[entity].c[n] for n in names]
        rows: list[list[object]] = []
        for part in chunks(keys):
            select_rows = select(*columns).where(tables[entity].c.id.in_(part))
            rows += [list(row) for row in connection.execute(select_rows)]
        found.append(Rows(entity, list(names), rows))
    return RepairReply(found)


def tidy(server: Server, days: int = TOMBSTONE_DAYS) -> int:
    """Forget tombstones older than ``days`` (and at most twice that). Returns how many went.

    Purged ones are kept: whoever comes, however late, is told. Meant to run at every start; mostly it has
    nothing to do.
    """
    now, gone = server.clock(), 0
    with server.database.snapshot() as connection:
        due = _due(connection, now - days * _DAY)
    for channel_id in due:
        with server.database.write() as connection:
            gone += _forget(connection, channel_id, now)
    return gone


def _due(connection: Connection, before: Instant) -> list[int]:
    c = channel.c
    return list(connection.scalars(select(c.id).where(c.marked_at < before).order_by(c.id)))


def _forget(connection: Connection, channel_id: int, now: Instant) -> int:
    statement = select(channel.c.seq, channel.c.mark).where(channel.c.id == channel_id)
    if connection.dialect.name == "postgresql":
        statement = statement.with_for_update()
    row = connection.execute(statement).one()
    connection.execute(
        update(channel)
        .where(channel.c.id == channel_id)
        .values(horizon=row.mark, mark=row.seq, marked_at=now)
    )
    return connection.execute(
        delete(feed).where(
            feed.c.channel_id == channel_id,
            feed.c.removed == 1,
            feed.c.cause != PURGED,
            feed.c.seq <= row.mark,
        )
    ).rowcount
