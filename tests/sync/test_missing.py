"""What the server says of records that it did not list: nothing to who may not know, and never too much at once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update

from gridapp.domain.channels import grid_channel
from gridapp.domain.digest import total_of
from gridapp.domain.exchange import Rows
from gridapp.domain.household import Household
from gridapp.domain.record import Filing, new_id
from gridapp.server import schema
from gridapp.server.purging import purge
from gridapp.store import comparison
from gridapp.sync.protocol import MissingReply, MissingRequest
from gridapp.ui.operations import sync as operations
from tests.sync.world import Client, World


def _ask(client: Client, channel: str, key: bytes, *rows: Rows) -> MissingReply:
    return client.transport.missing(MissingRequest(channel, [("household", key)], list(rows)))


def _channel(client: Client, kind: str) -> str:
    """The first channel of a kind that is held."""
    found = client.sql("SELECT name FROM channel WHERE name LIKE ? ORDER BY name", f"{kind}%")
    return str(found[0][0])


def _row(client: Client, home: UUID) -> Rows:
    return client.store.read(lambda r: comparison.whole(r, {home.bytes: "household"})).result()[0]


def test_nobody_learns_by_asking_what_exists_elsewhere(world: World) -> None:
    a, stranger = world.join("甲"), world.join("乙", unit=world.grid3)
    home, purged_one = a.household(), a.household(name="钱", id_number="")
    world.settle()
    held = _row(a, home.id)
    purge(world.server, "household", purged_one.id.bytes, "申请")
    nothing = new_id().bytes
    for name in (_channel(stranger, "district"), grid_channel(world.grid3, Filing.FILE)):
        for key in (home.id.bytes, purged_one.id.bytes, nothing):
            assert _ask(stranger, name, key) == MissingReply([], [key])
    # A row that the server did not make opens nothing either.
    forged = held
    forged.rows[0][forged.columns.index("version")] = 7
    assert _ask(stranger, name, home.id.bytes, forged) == MissingReply([], [home.id.bytes])


def test_who_holds_the_servers_own_row_is_told(world: World) -> None:
    """It moved away so long ago that no tombstone says so: the row, as it was then, is proof enough."""
    a, head = world.join("甲"), world.office()
    home = a.household()
    world.settle()
    held = _row(a, home.id)
    head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    name = _channel(a, "grid:")
    with world.database.write() as connection:
        connection.execute(delete(schema.feed).where(schema.feed.c.removed == 1))
    assert _ask(a, name, home.id.bytes).removed == []
    assert [gone.cause for gone in _ask(a, name, home.id.bytes, held).removed] == ["unlisted"]
    purge(world.server, "household", home.id.bytes, "申请")
    assert [gone.cause for gone in _ask(a, name, home.id.bytes, held).removed] == ["purged"]


def test_what_stands_in_another_of_ones_channels_is_told(small_world: World) -> None:
    a = small_world.join("甲")
    home = a.household()
    small_world.settle()
    (gone,) = _ask(a, _channel(a, "district"), home.id.bytes).removed
    assert (gone.record_id, gone.cause) == (home.id.bytes, "unlisted")


def test_a_little_of_every_channel_is_much(small_world: World) -> None:
    """Too few in each channel to be asked about, too many together: the user is asked, and nothing goes before."""
    a = small_world.join("甲")
    grids = (small_world.grid1, small_world.grid2, small_world.grid3)
    for grid in grids[1:]:
        small_world.give_role(a, "worker", grid)
    a.sync()
    for grid in grids:
        for number in range(22):
            a.household(grid=grid, name=f"户{number}", id_number="")
    small_world.settle(1)
    held = len(a.dump())
    lost = _lose_one_in_twenty(small_world)
    assert min(lost) > 1
    limit, comparison.MOST_INFERRED = comparison.MOST_INFERRED, sum(lost) - 1
    try:
        for _ in range(3):
            a.sync()
    finally:
        comparison.MOST_INFERRED = limit
    assert len(a.dump()) == held
    assert a.status().braked == sum(lost)
    assert operations.release(a.store).result() == sum(lost)
    a.sync()
    assert len(a.dump()) == held - sum(lost)


def _lose_one_in_twenty(world: World) -> list[int]:
    """Every channel of the grids forgets a few of its records, and nothing says why. Returns how many each."""
    channel, feed = schema.channel, schema.feed
    lost = []
    with world.database.write() as connection:
        where = channel.c.name.like("grid:%")
        for one in connection.execute(select(channel).where(where)).all():
            here = (feed.c.channel_id == one.id) & (feed.c.removed == 0)
            ids = list(connection.scalars(select(feed.c.record_id).where(here)))
            some = ids[: len(ids) // 20]
            connection.execute(delete(feed).where(here, feed.c.record_id.in_(some)))
            total = total_of(connection.scalars(select(feed.c.hash).where(here)))
            values = {"total": total, "seq": one.seq + 1}
            connection.execute(update(channel).where(channel.c.id == one.id).values(values))
            lost.append(len(some))
    return lost
