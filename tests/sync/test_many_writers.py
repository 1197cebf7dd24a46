"""Eight writers with connections of their own, as eight processes have: nothing is lost, nothing skipped, nobody stuck."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from gridapp.bench.crowd import Home, Worker, batch
from gridapp.domain.channels import grid_channel
from gridapp.domain.digest import MASK
from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.household import HouseholdFile
from gridapp.domain.record import Filing, new_id
from gridapp.server import schema
from gridapp.server.apply import Sender, apply
from gridapp.server.context import Server, open_server
from gridapp.server.database import Database, open_database
from gridapp.server.pages import read_page
from tests.sync.world import Client, World
from tests.sync.writers import complaints

WRITERS = 8


@contextmanager
def _another(world: World) -> Iterator[Server]:
    """The server as another process has it: its own connections, caches and turns."""
    url = world.database.engine.url.render_as_string(hide_password=False)
    place = (None, url) if world.database.is_postgres else (world.folder, None)
    database: Database = open_database(*place, world.database.journal)
    try:
        yield open_server(database, world.clock)
    finally:
        database.close()


def _writer(world: World, client: Client) -> Worker:
    """A worker of grid 1 with three households that nobody else edits."""
    homes = [client.household(name=f"户{n}", id_number="") for n in range(3)]
    files = [client.get(HouseholdFile, h.household_file).id for h in homes]
    client.sync()
    found = [Home(h.id, f, h.dwelling) for h, f in zip(homes, files, strict=True)]
    who = client.store.who
    return Worker(
        who.staff_id, who.device_id, world.grid1, tuple(found), Ed25519PrivateKey.generate()
    )


def _contested(shared: list[UUID], turn: int, pick: random.Random) -> list[Operation]:
    """Edits of households that everybody edits, in an order of one's own."""
    mine = pick.sample(shared, len(shared))
    fields = {"own_number": Change(None, f"{pick.random()}")}
    return [
        Operation(new_id().bytes, turn * 1000 + 900 + n, "household", key.bytes, 1, fields, 0, 0)
        for n, key in enumerate(mine)
    ]


def _write(server: Server, worker: Worker, shared: list[UUID], turns: int, each: int) -> int:
    """Every operation of one's own is taken. Returns how many were sent in all."""
    sender = Sender(worker.staff.bytes, worker.device.bytes, 1)
    pick = random.Random(worker.staff.int)
    sent = 0
    for turn in range(turns):
        own = batch(worker, each, server.clock(), turn=turn)
        if not shared:  # nor a number of events, which are given one after the other
            own = [o for o in own if o.entity != "event"]
        contested = _contested(shared, turn, pick)
        outcomes = apply(server, sender, [*own, *contested]).outcomes
        assert {o.verdict for o in outcomes[: len(own)]} == {Verdict.APPLIED}
        assert {o.verdict for o in outcomes[len(own) :]} <= {Verdict.APPLIED, Verdict.CONFLICT}
        sent += len(outcomes)
    return sent


def _follow(server: Server, name: str, done: threading.Event, limit: int) -> dict[bytes, int]:
    """What a client that pulls all the while holds in the end: record -> version."""
    cursor, held = 0, {}
    while True:
        last = done.is_set()
        with server.database.snapshot() as connection:
            page = read_page(connection, name, cursor, None, limit=limit)
        if page is not None:
            held |= {row[0]: row[1] for table in page.tables for row in table.rows}
            cursor = page.end
        elif last:
            return held


def _storm(world: World, turns: int, each: int, limit: int) -> int:
    head = world.office()
    shared = [head.household(name=f"共{n}", id_number="").id for n in range(3)]
    head.sync()
    workers = [_writer(world, world.join(f"写{n}", "worker")) for n in range(WRITERS)]
    names = [grid_channel(world.grid1, filing) for filing in (Filing.WORK, Filing.FILE)]
    done = threading.Event()
    with ExitStack() as stack:
        servers = [stack.enter_context(_another(world)) for _ in range(WRITERS)]
        pool = stack.enter_context(ThreadPoolExecutor(WRITERS + len(names)))
        reading = [pool.submit(_follow, world.server, name, done, limit) for name in names]
        writing = [
            # Who edits the same household waits for the other; the other half share the channels alone.
            pool.submit(_write, server, worker, shared if number % 2 else [], turns, each)
            for number, (server, worker) in enumerate(zip(servers, workers, strict=True))
        ]
        try:
            sent = sum(each_.result() for each_ in writing)
        finally:
            done.set()
        held = {name: each_.result() for name, each_ in zip(names, reading, strict=True)}
    for name in names:
        assert held[name] == _standing(world, name)
    return sent


def _standing(world: World, name: str) -> dict[bytes, int]:
    """Record -> version of what stands in a channel, whose numbers and total are as they should be."""
    feed, channel = schema.feed, schema.channel
    found: dict[bytes, int] = {}
    with world.database.snapshot() as connection:
        row = connection.execute(select(channel).where(channel.c.name == name)).one()
        rows = connection.execute(
            select(feed.c.record_id, feed.c.entity, feed.c.seq, feed.c.hash).where(
                feed.c.channel_id == row.id, feed.c.removed == 0
            )
        ).all()
        assert row.seq == max(r.seq for r in rows)
        assert row.total == sum(r.hash for r in rows) & MASK
        for entity in {r.entity for r in rows}:
            table = schema.tables[entity]
            ids = {r.record_id for r in rows if r.entity == entity}
            versions = connection.execute(select(table.c.id, table.c.version)).all()
            found |= {key: version for key, version in versions if key in ids}
    assert found.keys() == {r.record_id for r in rows}
    return found


def test_eight_writers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    noticed = complaints(monkeypatch)
    sent = _storm(world, turns=4, each=20, limit=17)
    half = WRITERS // 2 * 4
    assert sent == half * (20 + 3) + half * (20 - 2)
    assert noticed == []
    for client in world.clients:
        client.sync()
    world.settled()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_operations(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    if not world.database.is_postgres:
        return  # one writer at a time: nothing to prove that the small one does not
    noticed = complaints(monkeypatch)
    sent = _storm(world, turns=250, each=51, limit=200)
    assert sent >= 100_000
    assert noticed == []
