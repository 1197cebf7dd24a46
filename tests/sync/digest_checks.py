"""What must hold of digests when everybody is up to date: totals follow from rows, and are the same on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gridapp.domain.digest import row_hash, total_of
from gridapp.server import schema

if TYPE_CHECKING:
    from tests.sync.world import Client, World


def check_digests(world: World) -> None:
    totals = _server_totals(world)
    for client in world.clients:
        _check_client(client, totals)


def _server_totals(world: World) -> dict[str, tuple[int, int]]:
    """Channel -> (number, total), compared with what the rows themselves say."""
    feed, channel = schema.feed, schema.channel
    with world.database.snapshot() as connection:
        macs = {
            key: mac
            for table in schema.tables.values()
            for key, mac in connection.execute(select(table.c.id, table.c.mac))
        }
        found = {}
        for row in connection.execute(select(channel)):
            held = connection.execute(
                select(feed.c.record_id, feed.c.removed, feed.c.hash).where(
                    feed.c.channel_id == row.id
                )
            ).all()
            for key, removed, hashed in held:
                assert hashed == (0 if removed else row_hash(macs[key])), (row.name, key.hex())
            assert row.total == total_of(h for _, _, h in held), row.name
            found[row.name] = (row.seq, row.total)
    return found


def _check_client(client: Client, totals: dict[str, tuple[int, int]]) -> None:
    for channel_id, name, cursor, total in client.sql(
        "SELECT id, name, cursor, total FROM channel"
    ):
        held = client.sql("SELECT hash FROM membership WHERE channel_id=?", channel_id)
        assert total == total_of(h for (h,) in held), (client.name, name)
        # A server that was set back may not know the channel any more.
        seq, theirs = totals.get(name, (0, 0))
        if cursor == seq:
            assert total == theirs, (client.name, name)
    assert client.sql("SELECT value FROM meta WHERE key='differing' AND value<>'[]'") == []
