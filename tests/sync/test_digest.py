"""Totals of channels: asked in a word, mended by bucket, and nothing removed that nobody gave a cause for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from gridapp.domain.channels import grid_channel
from gridapp.domain.digest import MASK, added, bucket, joined, row_hash, total_of
from gridapp.domain.exchange import Page, Removal
from gridapp.domain.household import Household
from gridapp.domain.record import Filing
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server import digest as server_digest
from gridapp.server import schema
from gridapp.store import comparison, inbox, recheck
from gridapp.store.resetting import reset
from gridapp.store.views.braked import braked
from gridapp.sync.protocol import PullHead, PullRequest, RepairRequest, decode
from gridapp.ui.operations import sync as operations
from tests.sync.digest_checks import check_digests
from tests.sync.world import Client, World


def test_sums_wrap_and_come_apart() -> None:
    hashes = [MASK, MASK - 1, 5, 0]
    high, low = sum(h >> 32 for h in hashes), sum(h & 0xFFFFFFFF for h in hashes)
    assert joined(high, low) == total_of(hashes) == sum(hashes) & MASK
    assert added(total_of(hashes), -5) == total_of(hashes[:2])
    assert added(0, -1) == MASK
    assert row_hash(b"\xff" * 16) == MASK
    assert row_hash(None) == 0
    assert bucket(bytes(15) + b"\x07") == 7


def asked_during(client: Client, act: Callable[[], Any]) -> list[str]:
    before = len(client.network.log)
    act()
    return [line.split()[1] for line in client.network.log[before:]]


def test_nothing_new_is_one_question(world: World) -> None:
    a = world.join("甲")
    home = a.household()
    a.visit(home.id)
    world.settle()
    world.clock.forward(minutes=5)
    assert asked_during(a, a.sync) == ["/sync/pull"]
    assert a.status().last_contact == world.clock()
    # And whatever changes, anywhere in what may be read, is noticed.
    world.office().household()
    world.settle()
    assert a.count("household") == 2


def test_a_changed_grant_is_not_the_same(world: World) -> None:
    a = world.join("甲")
    other = world.join("乙", unit=world.grid2)
    other.household()
    world.settle()
    world.give_role(a, "worker", world.grid2)
    world.settle()
    assert a.count("household") == 1
    world.end_role(a)
    a.sync()
    a.sync()
    assert a.count("household") == 0


def _lose(client: Client, record: type, record_id: UUID) -> None:
    """A row vanishes here by some accident."""
    client.write(
        lambda uow: uow.connection.execute(
            f"DELETE FROM {record.KIND} WHERE id=?", (record_id.bytes,)
        )
    )


def _tomorrow(world: World) -> None:
    world.clock.forward(hours=25)


def test_what_is_lost_here_is_found_the_next_day_and_only_it_comes_again(world: World) -> None:
    a, b = world.join("甲"), world.office()
    homes = [a.household(name=f"户{n}", id_number="") for n in range(12)]
    visits = [a.visit(home.id, f"第{n}次") for n, home in enumerate(homes)]
    world.settle()
    _lose(b, Visit, visits[3])
    b.write(
        lambda uow: uow.connection.execute(
            "UPDATE visit SET situation='改了', mac=zeroblob(16) WHERE id=?", (visits[5].bytes,)
        )
    )
    b.sync()
    assert b.find(Visit, visits[3]) is None  # not every round looks at every row
    _tomorrow(world)
    asked = asked_during(b, b.sync)
    asked += asked_during(b, b.sync)
    assert asked.count("/sync/buckets") == asked.count("/sync/repair") == 1
    assert b.get(Visit, visits[3]).situation == "第3次"
    assert b.get(Visit, visits[5]).situation == "第5次"
    world.settle()
    name = grid_channel(world.grid1, Filing.FILE)
    parts = sorted({bucket(visits[3].bytes), bucket(visits[5].bytes)})
    rows = [r for t in b.transport.repair(RepairRequest(name, parts)).tables for r in t.rows]
    assert len(rows) < 20  # of some sixty that stand there


def test_history_17_digest_with_pending_edits(world: World) -> None:
    """Edits that wait, and writes that go on meanwhile, are no differences: nothing is fetched again."""
    a, b = world.join("甲"), world.office()
    homes = [a.household(name=f"户{n}", id_number="") for n in range(6)]
    world.settle()
    with world.offline():
        for home in homes:
            a.change(Household, home.id, own_number="1")
            b.change(Household, home.id, registered_address="旧街")
    _tomorrow(world)
    asked: list[str] = []
    for number in range(4):
        # While B pulls, A writes: between the head and the pages, and between pages and questions.
        b.network.before_next("/sync/pull", lambda n=number: _edit(a, homes[n].id, n))
        b.network.before_next("/sync/rows", a.sync)
        b.visit(homes[number].id)
        asked += asked_during(b, b.sync)
        asked += asked_during(a, a.sync)
    assert not {"/sync/buckets", "/sync/repair", "/sync/missing"} & set(asked)
    # A difference that was found while others write is left until both stand at the same number.
    name = str(grid_channel(world.grid1, Filing.WORK))
    b.write(lambda uow: uow.connection.execute("UPDATE membership SET hash=hash+1 WHERE hash>0 "
            "AND record_id=?", (homes[0].id.bytes,)))  # fmt: skip
    b.write(
        lambda uow: uow.connection.execute("UPDATE channel SET total=total+1 WHERE name=?", (name,))
    )
    b.network.before_next("/sync/buckets", lambda: _edit(a, homes[1].id, 9))
    first = asked_during(b, b.sync)
    assert "/sync/buckets" in first
    assert "/sync/repair" not in first
    assert "/sync/repair" in asked_during(b, b.sync)
    world.settle()


def _edit(client: Client, home: UUID, number: int) -> None:
    client.change(Household, home, own_number=f"{number}-新")
    client.sync()


def test_history_05_equal_at_equal_cursors(world: World) -> None:
    """R is in two channels and leaves one: who has both, who has one and who never had the other agree."""
    both = world.office()
    first, second = world.join("甲"), world.join("乙", unit=world.grid2)
    home = both.household(world.grid1)
    world.settle()
    both.change(Household, home.id, grid_id=world.grid2)
    world.settle()
    assert first.find(Household, home.id) is None
    assert second.get(Household, home.id).grid_id == world.grid2
    check_digests(world)
    fresh = world.computer(world_staff(world, second), "新电脑")
    world.settle()
    assert _totals(fresh) == _totals(second)
    shared = _totals(both).keys() & _totals(second).keys()
    assert {n: _totals(both)[n] for n in shared} == {n: _totals(second)[n] for n in shared}


def world_staff(world: World, client: Client) -> Any:
    from gridapp.domain.unit import Staff

    return Staff(id=client.staff_id, name=client.name)


def _totals(client: Client) -> dict[str, tuple[int, int]]:
    rows = client.sql("SELECT name, cursor, total FROM channel WHERE name NOT LIKE 'user:%'")
    return {name: (cursor, total) for name, cursor, total in rows}


def test_history_06_two_roles_one_grid_agree(world: World) -> None:
    """A volunteer never receives an ID number or a dispute; her digest still matches."""
    worker, volunteer = world.join("甲"), world.join("志愿者", "volunteer")
    worker.sync()
    from tests.sync.world import micro_grid

    micro = micro_grid(world, worker, volunteer)
    home = worker.household(micro=micro)
    worker.visit(home.id, "手头紧")
    worker.event(home.id, "邻里纠纷")
    world.settle()
    _tomorrow(world)
    asked = asked_during(volunteer, volunteer.sync) + asked_during(worker, worker.sync)
    assert not {"/sync/buckets", "/sync/repair", "/sync/missing"} & set(asked)
    assert volunteer.sql("SELECT count(*) FROM person_file") == [(0,)]
    names = {n for (n,) in volunteer.sql("SELECT name FROM channel WHERE total<>0")}
    assert any(name.startswith("micro:") for name in names)
    assert not any(name.startswith("grid:") for name in names)
    world.settle()


def _forget_on_server(world: World, records: list[UUID], name: str) -> None:
    """The feed of a channel loses records without a word: no tombstone says why."""
    feed, channel = schema.feed, schema.channel
    with world.database.write() as connection:
        row = connection.execute(select(channel).where(channel.c.name == name)).one()
        for record_id in records:
            this = (feed.c.channel_id == row.id) & (feed.c.record_id == record_id.bytes)
            hashed = connection.execute(select(feed.c.hash).where(this)).scalar_one()
            connection.execute(delete(feed).where(this))
            total = connection.execute(
                select(channel.c.total).where(channel.c.id == row.id)
            ).scalar_one()
            connection.execute(
                update(channel).where(channel.c.id == row.id).values(total=added(total, -hashed))
            )


def test_one_that_is_not_listed_any_more_leaves(small_world: World) -> None:
    a = small_world.join("甲")
    homes = [a.household(name=f"户{n}", id_number="") for n in range(8)]
    visits = [a.visit(h.id) for h in homes]
    small_world.settle()
    _forget_on_server(small_world, visits[:1], grid_channel(small_world.grid1, Filing.FILE))
    asked = asked_during(a, a.sync)
    assert asked.count("/sync/missing") == 1
    assert a.find(Visit, visits[0]) is None
    assert a.count("visit") == 7
    assert a.sql("SELECT count(*) FROM braked") == [(0,)]
    assert asked_during(a, a.sync) == ["/sync/pull"]


def test_many_that_are_not_listed_any_more_wait_for_the_user(small_world: World) -> None:
    a = small_world.join("甲")
    homes = [a.household(name=f"户{n}", id_number="") for n in range(8)]
    visits = [a.visit(h.id) for h in homes]
    small_world.settle()
    name = grid_channel(small_world.grid1, Filing.FILE)
    _forget_on_server(small_world, visits[:4], name)
    a.sync()
    assert a.count("visit") == 8
    assert a.sql("SELECT count(*) FROM braked") == [(4,)]
    # It is asked once, and does not stop anything else.
    home = a.household(name="新户", id_number="")
    assert "/sync/missing" not in asked_during(a, a.sync)
    assert small_world.row("household", home.id)["version"] == 1
    asked_about = a.store.read(braked).result()
    assert asked_about is not None
    assert (asked_about.count, [str(k) for k, _ in asked_about.kinds]) == (4, ["走访"])
    assert {subject.name for subject in asked_about.about} == {"户0", "户1", "户2", "户3"}
    assert operations.release(a.store).result() == 4
    assert a.store.read(braked).result() is None
    assert a.count("visit") == 4  # at once
    a.sync()
    assert a.count("visit") == 4
    assert asked_during(a, a.sync) == ["/sync/pull"]


def test_a_whole_channel_that_differs_begins_again(small_world: World) -> None:
    a, b = small_world.join("甲"), small_world.office()
    for n in range(40):
        a.visit(a.household(name=f"户{n}", id_number="").id)
    small_world.settle()
    b.write(lambda uow: uow.connection.execute("UPDATE visit SET mac=zeroblob(16)"))
    b.write(lambda uow: uow.connection.execute("UPDATE person_file SET mac=zeroblob(16)"))
    b.write(lambda uow: uow.connection.execute("UPDATE household_file SET mac=zeroblob(16)"))
    assert recheck.everything(b.store) == 120
    asked = asked_during(b, b.sync)
    assert "/sync/buckets" in asked
    b.sync()
    small_world.settle()


def test_a_big_move_asks_nobody(world: World) -> None:
    """History 13, as far as one move goes: removals with a cause are followed, however many."""
    a, b = world.join("甲"), world.join("丙")
    head = world.office()
    homes = [head.household(name=f"户{n}", id_number="") for n in range(60)]
    world.settle()
    for home in homes:
        head.change(Household, home.id, grid_id=world.grid2)
    world.settle()
    for client in (a, b):
        assert client.count("household") == 0
        assert client.sql("SELECT count(*) FROM braked") == [(0,)]
    world.settle()


def test_what_moved_away_asks_nobody_in_a_comparison_either(world: World) -> None:
    """A tombstone says why: found by comparing from the beginning, it is followed like any other."""
    a, head = world.join("甲"), world.office()
    homes = [head.household(name=f"户{n}", id_number="") for n in range(12)]
    world.settle()
    for home in homes[:8]:
        head.change(Household, home.id, grid_id=world.grid2)
    head.sync()
    a.write(comparison.begin)
    a.sync()
    assert a.count("household") == 4
    assert a.sql("SELECT count(*) FROM braked") == [(0,)]
    world.settle()


def test_behind_the_horizon_a_channel_is_compared(world: World) -> None:
    """The tombstones are forgotten: what moved away meanwhile leaves all the same."""
    a, head = world.join("甲"), world.office()
    homes = [head.household(name=f"户{n}", id_number="") for n in range(30)]
    world.settle()
    head.change(Household, homes[0].id, grid_id=world.grid2)
    head.sync()
    assert server_digest.tidy(world.server) == 0  # from here the days are counted
    world.clock.forward(hours=24 * 401)
    assert server_digest.tidy(world.server) > 0
    asked = asked_during(a, a.sync)
    assert "/sync/missing" in asked
    assert "/sync/buckets" not in asked
    assert a.find(Household, homes[0].id) is None
    assert a.count("household") == 29
    # Nor does who comes new get what the server kept in memory from before.
    fresh = world.join("新来的")
    assert fresh.find(Household, homes[0].id) is None
    assert not [line for line in fresh.network.log if "/sync/repair" in line]
    world.settle()
    assert asked_during(a, a.sync) == ["/sync/pull"]


def test_a_purge_is_followed_whatever_brought_the_record(small_world: World) -> None:
    """It is told in one channel; the record stands in another whose pages have not come yet."""
    a = small_world.join("甲")
    home = a.household()
    a.sync()
    name = f"user:{a.staff_id}"
    end = a.store.read(inbox.cursors).result().get(name, 0)
    gone = [Removal("household", home.id.bytes, "purged")]
    a.write(lambda uow: inbox.apply_page(uow, Page(name, end, end + 1, False, [], gone)))
    a.write(inbox.finish_round)
    assert a.find(Household, home.id) is None
    assert a.sql("SELECT 1 FROM outbox WHERE record_id=?", home.id.bytes) == []


def test_a_program_of_before_is_answered_as_before(small_world: World) -> None:
    """It says nothing of totals and counters; it gets all channels, and pages that it understands."""
    a = small_world.join("甲")
    a.household()
    small_world.settle()
    cursors = a.store.read(inbox.cursors).result()
    head, *pages = a.transport.pull(PullRequest(cursors, 1))
    said = decode(head, PullHead)
    assert not said.same
    assert set(cursors) <= set(said.channels)
    assert pages == []
    head, *pages = a.transport.pull(PullRequest({}, 1))
    assert len(pages) == len(cursors)


def test_starting_over(small_world: World) -> None:
    a = small_world.join("甲")
    home = a.household()
    visit = a.visit(home.id)
    with pytest.raises(Problem, match="没有上传"):
        a.write(reset)
    small_world.settle()
    before = a.dump()
    with small_world.offline():
        a.visit(home.id, "没传的")
        with pytest.raises(Problem, match="1 条没有上传"):
            a.write(reset)
        assert a.dump() == before
    a.sync()
    outbox = a.sql("SELECT count(*) FROM outbox")
    a.write(reset)
    assert a.find(Visit, visit) is None
    assert a.sql("SELECT count(*) FROM outbox") == outbox
    a.sync()
    assert a.count("visit") == 2
    assert a.sql("SELECT count(*) FROM search_doc") != [(0,)]
    small_world.settle()
    assert asked_during(a, a.sync) == ["/sync/pull"]
