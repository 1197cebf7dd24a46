"""``gridapp bench noop``: a sync in which nothing changed, of a full grid and of an office with twenty.

Measured on the client from the question to the last commit, over one open connection to a server process on
loopback. Bytes are counted by a relay, headers included. Floor, in the same run: ``GET /health`` over the same kind of
connection, which asks nothing of any database, and one commit of the client's database.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gridapp.bench.district import District, build, serving
from gridapp.bench.relay import relay_ways
from gridapp.bench.rows import Figure, median, p95
from gridapp.store import keys
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.sync.engine import Engine
from gridapp.sync.enrolment import enrol
from gridapp.sync.transport import Transport

_ROUNDS = 100
GRIDS = 20  # of the office


def measure(rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """ms and bytes each way of a round in which nothing changed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        district = build(folder / "server", codes=1)
        office = office_code(district)
        with serving(district.folder) as url:
            figures = _figures(folder / "worker", url, district.codes[0], "grid", rounds)
            figures += _figures(folder / "office", url, office, f"office, {GRIDS} grids", rounds)
        return [figure.row() for figure in figures]


def office_code(district: District) -> str:
    """A one-time code of an office whose community has so many grids, most of them with nothing yet."""
    from gridapp.bench.district import VILLAGE
    from gridapp.domain.place import Building
    from gridapp.domain.unit import Assignment, Staff, Unit
    from gridapp.server import auth
    from gridapp.server.context import open_server
    from gridapp.server.database import open_database
    from gridapp.server.divisions import unit_id
    from gridapp.server.setup import write

    database = open_database(district.folder, None)
    server = open_server(database)
    community = unit_id(VILLAGE)
    grids = [
        Unit(
            parent_id=community, code=f"{VILLAGE}{n:03}", name=f"网格{n}", kind="grid",
            grid_kind="basic",
        )
        for n in range(2, GRIDS + 1)
    ]  # fmt: skip
    clerk = Staff(name="王芳", user_name="wangfang", active=True)
    post = Assignment(staff_id=clerk.id, unit_id=community, role="office", full_time=True)
    write(server, [*grids, clerk, post, *(Building(grid_id=g.id, name="1号楼") for g in grids)])
    with database.write() as connection:
        code = auth.make_code(connection, clerk.id.bytes, server.clock())
    database.close()
    return code


def _figures(folder: Path, url: str, code: str, whose: str, rounds: int) -> list[Figure]:
    weak = keys.Strength(1, 8, 1)  # the key derivation is not what is measured
    store = enrol(folder, url, code, "bench-password", strength=weak)
    transport = Transport(url)
    engine = Engine(store, transport)
    for _ in range(3):  # the first brings everything
        engine.run()
    took = [_timed(engine.run) for _ in range(rounds)]
    floors = [_timed(lambda: _floor(store, transport)) for _ in range(rounds)]
    transport.close()
    up, down = _bytes(store, url)
    store.close()
    return [
        Figure(f"nothing changed, {whose}", median(took), "ms", median(floors)),
        Figure(f"nothing changed, {whose}, p95", p95(took), "ms", p95(floors)),
        Figure(f"up, {whose}", up, "bytes"),
        Figure(f"down, {whose}", down, "bytes"),
    ]


def _floor(store: Store, transport: Transport) -> None:
    transport.health()
    store.write(_commit).result()


def _commit(uow: UnitOfWork) -> None:
    uow.set_meta("last_contact", str(uow.now))


def _bytes(store: Store, url: str) -> tuple[int, int]:
    """Of the second round over one connection: the first also opens the session."""
    with relay_ways(url) as (address, so_far):
        transport = Transport(address)
        engine = Engine(store, transport)
        engine.run()
        before = so_far()
        engine.run()
        after = so_far()
        transport.close()
    return after[0] - before[0], after[1] - before[1]


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
