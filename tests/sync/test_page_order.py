"""History 18 on this side of the wire: pages in any order, twice, late; totals stay those of the rows held."""

from __future__ import annotations

import random
from typing import Any

from gridapp.domain.exchange import Page
from gridapp.domain.household import Household
from gridapp.server.pages import read_page
from gridapp.store import inbox
from gridapp.store.unit_of_work import UnitOfWork
from tests.sync.digest_checks import check_digests
from tests.sync.test_digest import asked_during
from tests.sync.world import Client, World


def _pages(world: World, client: Client, size: int) -> list[Page]:
    """What a pull would bring now, in small pages, and the same from each cursor on the way."""
    found: list[Page] = []
    for name, held in client.store.read(inbox.cursors).result().items():
        cursor = held
        device = client.store.who.device_id.bytes
        while True:
            with world.database.snapshot() as connection:
                page = read_page(connection, name, cursor, device, limit=size)
            if page is None:
                break
            found.append(page)
            cursor = page.end
    return found


def _take(client: Client, page: Page) -> bool:
    def write(uow: UnitOfWork) -> bool:
        try:
            inbox.apply_page(uow, page)
        except ValueError:
            return False  # it would leave a gap
        return True

    return client.write(write)


def test_history_18_pages_in_any_order(world: World) -> None:
    a, b = world.join("甲"), world.office()
    homes = [a.household(name=f"户{n}", id_number="") for n in range(5)]
    world.settle()
    held: list[Page] = []
    rng = random.Random(18)
    for turn in range(4):
        a.visit(homes[turn].id)
        a.change(Household, homes[0].id, own_number=str(turn))
        b_home = b.get(Household, homes[4].id)
        b.change(Household, b_home.id, grid_id=(world.grid2, world.grid1)[turn % 2])
        a.sync()
        held += _pages(world, a, 3) + _pages(world, b, 2) + _pages(world, b, 50)
        for client in (a, b):
            mine = held * 2
            rng.shuffle(mine)
            for page in mine:
                _take(client, page)
            _totals_are_of_what_is_held(client)
    b.sync()
    for client in (a, b):
        for page in held:
            _take(client, page)  # the office's stick, weeks later
    asked: list[str] = []
    for _ in range(2):
        for client in (a, b):
            asked += asked_during(client, client.sync)
    assert not {"/sync/buckets", "/sync/repair", "/sync/missing"} & set(asked)
    world.settle()
    check_digests(world)


def _totals_are_of_what_is_held(client: Client) -> None:
    rows: list[Any] = client.sql("SELECT id, total FROM channel")
    for channel_id, total in rows:
        hashes = [
            h for (h,) in client.sql("SELECT hash FROM membership WHERE channel_id=?", channel_id)
        ]
        assert total == sum(hashes) & ((1 << 63) - 1)
