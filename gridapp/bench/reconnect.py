"""``gridapp bench reconnect``: back in reach after days; 1,000 local operations go up, 200 remote changes come down.

Measured on the client from a new connection to the last commit, session and signatures included, against a
server process on loopback; both hold a full grid. Bytes are counted by a relay in a round of their own, both ways,
headers included. Floor, in the same run: the same bytes posted once to a bare HTTP server and written on both ends
without any rules, into plain SQLite with FULL.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from gridapp.bench.district import District, build, serving
from gridapp.bench.floor_post import Floor, floor_server
from gridapp.bench.relay import relay
from gridapp.bench.rows import Figure, median
from gridapp.domain.event import Event
from gridapp.domain.exchange import Operation
from gridapp.domain.household import HouseholdFile
from gridapp.domain.record import Record
from gridapp.domain.visit import Visit
from gridapp.store import keys
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync.engine import Engine, Round
from gridapp.sync.enrolment import enrol
from gridapp.sync.protocol import encode
from gridapp.sync.transport import Transport

LOCAL, REMOTE = 1000, 200
_ROUNDS = 5
_SAID = "精神好，血压药剩五天，已告知女儿；厨房软管用了六年，约好周三让燃气公司上门看一眼。"
_ELSEWHERE = b"\x02" * 16  # the computer from which the remote changes came


@dataclass(frozen=True, slots=True)
class Client:
    """An enrolled computer that holds the grid, and who she is."""

    store: Store
    files: list[HouseholdFile]
    grid: UUID


def measure(rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """ms and MB of one reconnect, beside the floor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        district = build(folder / "server", codes=1)
        with serving(district.folder) as url:
            client = enrolled(folder / "client", url, district)
            took, floors, size = [], [], 0
            with Remote(district) as remote, floor_server(folder / "floor") as floor:
                for number in range(rounds + 2):
                    sent = record(client, number)
                    came = remote.change(client, number)
                    if number == 0:  # the first round of all is nobody's reconnect
                        size = _counted(client, url)
                        continue
                    took.append(_timed(client, url))
                    floors.append(_floor(floor, sent, came))
            client.store.close()
        # The first of the timed ones is warm-up.
        best = Figure("reconnect", median(took[1:]), "ms", median(floors[1:]))
        return [
            best.row(),
            Figure("reconnect, slowest", max(took[1:]), "ms", max(floors[1:])).row(),
            Figure("both ways", size / 1e6, "MB").row(),
            Figure("operations up", LOCAL, "operations").row(),
            Figure("changes down", REMOTE, "rows").row(),
        ]


def enrolled(folder: Path, url: str, district: District) -> Client:
    """A computer that has all of the grid."""
    weak = keys.Strength(1, 8, 1)  # the key derivation is not what is measured
    store = enrol(folder, url, district.codes[0], "bench-password", strength=weak)
    _sync(store, url)
    files = store.read(lambda reader: reader.where(HouseholdFile, "deleted=0")).result()
    return Client(store, sorted(files, key=lambda f: f.id.bytes), district.grid_id)


def record(client: Client, turn: int) -> list[Operation]:
    """What she records while away: visits mostly, edits of files, events. Returns the same as operations."""
    own = client.files[: len(client.files) // 2]
    made: list[Operation] = []

    def write(uow: UnitOfWork) -> None:
        from gridapp.server.setup import change, creation

        for number in range(LOCAL):
            file = own[number % len(own)]
            if number % 5 == 3:
                held = uow.record(HouseholdFile, file.id)
                assert held is not None
                changed = replace(held, wishes=f"第{turn}次第{number}条：想参加合唱队")
                uow.edit(held, changed)
                made.append(change(held, changed))
            else:
                made.append(creation(uow.create(_new(client, file, number))))

    client.store.write(write).result()
    return made


def _new(client: Client, file: HouseholdFile, number: int) -> Record:
    staff = client.store.who.staff_id
    if number % 10 == 9:
        return Event(
            grid_id=client.grid,
            household_id=file.household_id,
            item_code="0101",
            text="楼道里堆放杂物，通行不便。",
            happened_at="2026-11-20T09:00",
            reported_by=staff,
        )
    return Visit(
        household_id=file.household_id,
        happened_at="2026-11-20T09:30",
        how="home",
        visited_by=staff,
        recorded_by=staff,
        source="screen",
        situation=_SAID,
        promise="药续上再看一眼",
    )


class Remote:
    """A colleague's computer: what it changes is in the server's database when the client comes back."""

    def __init__(self, district: District) -> None:
        self._folder = district.folder

    def __enter__(self) -> Remote:
        from gridapp.server.context import open_server
        from gridapp.server.database import open_database

        self._database = open_database(self._folder, None)
        self._server = open_server(self._database)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def change(self, client: Client, turn: int) -> list[Operation]:
        """Three of four are new visits, the others edits of files."""
        from gridapp.server.apply import Sender
        from gridapp.server.setup import change, creation, send

        theirs = client.files[len(client.files) // 2 :]
        made = []
        for number in range(REMOTE):
            file = theirs[number % len(theirs)]
            if number % 4 == 3:
                # ``needs`` as the client read it once, and as the last round left it.
                before = replace(file, needs=_needs(turn - 1, number)) if turn else file
                made.append(change(before, replace(file, needs=_needs(turn, number))))
            else:
                made.append(creation(_new(client, file, 0)))
        sender = Sender(client.store.who.staff_id.bytes, _ELSEWHERE, 1)
        send(self._server, made, sender, first=turn * REMOTE + 1)
        return made


def _needs(turn: int, number: int) -> str:
    return f"第{turn}次第{number}条：暖气不热"


def _sync(store: Store, url: str) -> Round:
    transport = Transport(url)
    try:
        return Engine(store, transport).run()
    finally:
        transport.close()


def _timed(client: Client, url: str) -> float:
    began = time.perf_counter()
    moved = _sync(client.store, url)
    took = (time.perf_counter() - began) * 1000
    assert moved.pushed == LOCAL, moved
    waiting = client.store.read(
        lambda reader: reader.value("SELECT count(*) FROM outbox WHERE state='waiting'")
    ).result()
    assert waiting == 0, waiting
    return took


def _counted(client: Client, url: str) -> int:
    with relay(url) as (near, counted):
        _sync(client.store, near)
        return counted()


def _floor(floor: Floor, sent: list[Operation], came: list[Operation]) -> float:
    up: Callable[[], bytes] = partial(encode, sent)
    return floor.post(up(), encode(came))
