"""Purged is purged: nothing of it is left on the server or on any client, and nothing brings it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gridapp.domain.event import Event
from gridapp.domain.exchange import Verdict
from gridapp.domain.household import Household
from gridapp.domain.person import Person
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server import digest, schema
from gridapp.server.purging import find, purge, purge_again
from gridapp.store import search
from gridapp.store.reader import Reader
from tests.store.realistic import jpeg
from tests.sync.world import Client, Home, World

NAME, WORDS = "欧阳清除", "只有这一次说过的话"


def _remnants(world: World, words: str = WORDS) -> list[str]:
    """Tables of the server that still hold a text or the bytes of it."""
    found = []
    wanted = words.encode()
    with world.database.snapshot() as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                values = [v.encode() if isinstance(v, str) else v for v in row]
                if any(isinstance(v, (bytes, memoryview)) and wanted in bytes(v) for v in values):
                    found.append(table.name)
    return sorted(set(found))


def _held(client: Client, words: str = WORDS) -> list[str]:
    """Tables of a client that still hold it."""

    def look(reader: Reader) -> list[str]:
        names = [n for (n,) in reader.rows("SELECT name FROM sqlite_master WHERE type='table'")]
        found = []
        for name in names:
            if name.startswith("search_"):
                continue  # of the index: its own bytes
            for row in reader.rows(f"SELECT * FROM {name}"):
                values = [v.encode() if isinstance(v, str) else v for v in row]
                if any(isinstance(v, bytes) and words.encode() in v for v in values):
                    found.append(name)
        return sorted(set(found))

    return client.store.read(look).result()


def _told(world: World, client: Client) -> tuple[Home, UUID, UUID]:
    home = client.household(name=NAME)
    visit = client.visit(home.id, WORDS, photo=jpeg())
    event = client.event(home.id, "路灯不亮")
    client.change(Household, home.id, own_number=WORDS)
    return home, visit, event


@pytest.mark.parametrize("named", ["uuid", "number"])
def test_a_household_goes_with_everything_that_belongs_to_it(world: World, named: str) -> None:
    a, b = world.join("甲"), world.office()
    home, visit, event = _told(world, a)
    other = a.household(name="别家", id_number="")
    a.visit(other.id, "别家的话")
    world.settle()
    b.change(Household, home.id, own_number="1")
    a.change(Household, home.id, own_number="2" + WORDS)
    world.settle()
    assert b.conflicts()
    assert {"visit", "operation", "conflict"} <= set(_remnants(world))
    number = world.row("household", home.id)["number"]
    assert number
    key = find(world.server, "household", str(home.id) if named == "uuid" else number)
    done = purge(world.server, "household", key, "本人申请")
    assert done.records["visit"] == done.records["household"] == done.photos == 1
    assert done.records["residence"] == 1
    assert _remnants(world) == []
    with world.database.snapshot() as connection:
        for table in (schema.blob, schema.blob_part, schema.blob_sender, schema.thumbnail):
            assert connection.execute(select(table)).all() == []
    world.settle(rounds=3)
    for client in (a, b):
        assert client.find(Household, home.id) is None
        assert client.find(Visit, visit) is None
        assert client.get(Event, event).household_id is None  # what is public stays
        assert client.find(Person, home.person) is None  # who had no other tie
        assert _held(client) == []
        assert client.sql("SELECT count(*) FROM blob WHERE state<>'gone'") == [(0,)]
        assert client.count("visit") == 1
        assert client.sql("SELECT count(*) FROM braked") == [(0,)]


def test_a_person_goes_and_the_household_forgets_her(world: World) -> None:
    a = world.join("甲")
    home = a.household(name=NAME)
    world.settle()
    done = purge(world.server, "person", home.person.bytes, "本人申请")
    assert done.records == {"person": 1, "person_file": 1, "residence": 1}
    a.sync()
    world.settle()
    assert a.get(Household, home.id).head_id is None
    assert a.find(Person, home.person) is None
    found = a.store.read(lambda r: search.find(r, NAME[:2])).result()
    assert home.person not in {getattr(f, "id", None) for f in found}
    assert _remnants(world, "11010519491231002X") == []
    assert _held(a, "11010519491231002X") == []


def test_who_lost_the_scope_is_told_too(world: World) -> None:
    """She wrote it, may not read it any more, and still has what she sent."""
    a = world.join("甲")
    head = world.office()
    home, _, _ = _told(world, a)
    world.settle()
    with world.offline():
        pass
    head.change(Household, home.id, grid_id=world.grid2)
    a.visit(home.id, WORDS)
    head.sync()
    a.sync()  # parked: it stays on her screen, in her own words
    assert a.last() == ("parked", "moved_away")
    assert _held(a)
    purge(world.server, "household", home.id.bytes, "本人申请")
    a.sync()
    assert _held(a) == []
    assert _remnants(world) == []
    world.settle()


def test_history_21_purged_while_a_device_is_away_for_a_year(world: World) -> None:
    """The tombstones of that time are forgotten; what she brings does not bring anything back."""
    a, b = world.join("甲"), world.office()
    home, visit, _ = _told(world, a)
    moved = b.household(name="搬走的", id_number="")
    stays = b.household(name="留下的", id_number="")
    for number in range(30):
        b.household(name=f"邻居{number}", id_number="")
    world.settle()
    a.network.online = False
    late = a.visit(home.id, WORDS + "晚了")
    a.change(Household, home.id, own_number=WORDS + "改")
    kept = a.visit(stays.id, "一年前的走访")
    purge(world.server, "household", home.id.bytes, "本人申请")
    b.sync()
    b.change(Household, moved.id, grid_id=world.grid2)
    b.sync()
    digest.tidy(world.server)
    world.clock.forward(hours=24 * 401)
    assert digest.tidy(world.server) > 0
    a.network.online = True
    a.sync()
    assert {("rejected", "purged")} < set(a.verdicts())
    for record, key in ((Household, home.id), (Visit, visit), (Household, moved.id)):
        assert a.find(record, key) is None
    assert a.get(Visit, kept).situation == "一年前的走访"
    assert world.row("visit", kept)["version"] == 1
    assert _remnants(world) == []
    assert late.bytes not in {r["id"] for r in world.rows("visit")}
    # The reason stays on her screen; of the edit not the words, of her visit the words until she has seen it.
    assert _held(a) == ["outbox", "visit"]
    assert a.sql("SELECT count(*) FROM outbox WHERE code='purged' AND fields=x'80'") == [(1,)]
    assert a.sql("SELECT count(*) FROM braked") == [(0,)]
    fresh = world.office("新来的")
    assert _held(fresh) == []
    assert fresh.find(Household, home.id) is None


def test_a_purged_record_comes_back_by_no_door(world: World) -> None:
    a = world.join("甲")
    home, _, _ = _told(world, a)
    world.settle()
    rows = [o for o in world.operations() if o["record_id"] == home.id.bytes]
    purge(world.server, "household", home.id.bytes, "本人申请")
    # The same operations once more: the same answers, nothing else.
    from gridapp.domain.exchange import Change, Operation
    from gridapp.domain.record import new_id

    who = a.store.who
    again = Operation(rows[0]["op_id"], rows[0]["counter"], "household", home.id.bytes, 0, {}, 0, 0)
    assert world.apply_as(who.staff_id.bytes, who.device_id.bytes, again)[0].verdict == "applied"
    fields = {"grid_id": Change(None, world.grid1.bytes), "kind": Change(None, "family")}
    fields |= {"name": Change(None, WORDS)}
    anew = Operation(new_id().bytes, 900, "household", home.id.bytes, 0, fields, 0, 0)
    beneath = Operation(
        new_id().bytes, 901, "household_file", new_id().bytes, 0,
        {"household_id": Change(None, home.id.bytes)}, 0, 0,
    )  # fmt: skip
    for outcome in world.apply_as(who.staff_id.bytes, who.device_id.bytes, anew, beneath):
        assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "purged")
    assert world.rows("household", id=home.id.bytes) == []
    assert _remnants(world) == []


def test_a_restored_server_purges_again(world: World) -> None:
    """What the journal says was purged is purged in a database that still, or never, had it."""
    a = world.join("甲")
    home, visit, _ = _told(world, a)
    world.settle()
    at = world.clock()
    said: dict[bytes, Any] = {
        home.id.bytes: ("household", at),
        visit.bytes: ("visit", at),
        b"n" * 16: ("visit", at),
    }
    purge_again(world.server, said)
    purge_again(world.server, said)
    assert _remnants(world) == []
    world.settle(rounds=3)
    assert _held(a) == []


def test_what_cannot_be_purged(small_world: World) -> None:
    world = small_world
    with pytest.raises(Problem, match="不能清除"):
        purge(world.server, "unit", world.grid1.bytes, "x")
    with pytest.raises(Problem, match="没有这条资料"):
        purge(world.server, "household", b"x" * 16, "x")
    with pytest.raises(Problem, match="没有这条资料"):
        find(world.server, "household", "不是编号")


def test_nothing_is_left_in_the_file(small_world: World) -> None:
    """On SQLite the very bytes are gone, from the log too."""
    a = small_world.join("甲")
    home, _, _ = _told(small_world, a)
    small_world.settle()
    path = Path(str(small_world.database.engine.url.database))
    files = [path, path.with_name(path.name + "-wal")]
    assert any(WORDS.encode() in f.read_bytes() for f in files if f.exists())
    purge(small_world.server, "household", home.id.bytes, "本人申请")
    assert not any(WORDS.encode() in f.read_bytes() for f in files if f.exists())
