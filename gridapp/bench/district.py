"""A small district for benchmarks: a server's data folder with one full grid, and a process that serves it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID

from gridapp.config import resource_path
from gridapp.domain.record import Record
from gridapp.domain.unit import Assignment, Staff, Unit

SEED = 20_261_120
TODAY = date(2026, 11, 20)
DISTRICT = "410702000000"
VILLAGE = "410702001016"


@dataclass(frozen=True, slots=True)
class District:
    """Where the server's data lies, the worker's one-time codes and the grid."""

    folder: Path
    codes: tuple[str, ...]
    grid_id: UUID
    records: int


def build(
    folder: Path,
    codes: int,
    *,
    households: int = 300,
    people: int = 1000,
    per_household: float = 20,
    events: int = 3000,
) -> District:
    """Initialise a server in ``folder`` and fill one grid through ``apply``."""
    from gridapp.server import auth
    from gridapp.server.apply import Sender
    from gridapp.server.database import open_database
    from gridapp.server.divisions import unit_id
    from gridapp.server.setup import initialise, write

    folder.mkdir(parents=True, exist_ok=True)
    database = open_database(folder, None)
    server = initialise(database, resource_path("divisions", "hongqi_410702.csv"), DISTRICT)
    grid = Unit(
        parent_id=unit_id(VILLAGE),
        code=VILLAGE + "001",
        name="第一网格",
        kind="grid",
        grid_kind="basic",
    )
    worker = Staff(name="李秀英", user_name="lixiuying", active=True)
    post = Assignment(staff_id=worker.id, unit_id=grid.id, role="worker", full_time=True)
    write(server, [grid, worker, post])
    records = grid_records(
        grid.id, unit_id(VILLAGE), worker.id, households, people, per_household, events
    )
    write(server, records, Sender(worker.id.bytes, worker.id.bytes, 1))
    with database.write() as connection:
        made = tuple(
            auth.make_code(connection, worker.id.bytes, server.clock()) for _ in range(codes)
        )
    database.close()
    return District(folder, made, grid.id, len(records))


def grid_records(
    grid_id: UUID,
    community_id: UUID,
    worker_id: UUID,
    households: int,
    people: int,
    per_household: float,
    events: int,
    number: int = 1,
) -> list[Record]:
    """Invented records of the ``number``-th grid of a village, owners before what they own."""
    from gridapp.demo.events import Desk, Post, grid_events
    from gridapp.demo.people import GridPlan, population
    from gridapp.demo.visits import Visitors, grid_visits
    from gridapp.domain.reference import CareGroup, CatalogueItem
    from gridapp.resources import default_reference

    seed = SEED + number - 1
    plan = GridPlan(grid_id, community_id, VILLAGE, number, households=households, people=people)
    grid = population(plan, seed=seed, today=TODAY)
    reference = default_reference()
    groups = [r for r in reference if isinstance(r, CareGroup)]
    items = [r for r in reference if isinstance(r, CatalogueItem)]
    visits = grid_visits(
        grid, Visitors((worker_id,)), groups, seed=seed, today=TODAY, per_household=per_household
    )
    post = Post(community_id, worker_id)
    desk = Desk((worker_id,), post, post, post, {})
    # Reports only: their later steps are other people's.
    reported, _ = grid_events(grid, desk, items, visits, seed=seed, today=TODAY, count=events)
    return [*grid.records(), *visits, *reported]


@contextmanager
def serving(folder: Path, database_url: str | None = None) -> Iterator[str]:
    """A server process on loopback over ``folder`` or PostgreSQL; its address. Ended on leaving."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(folder, database_url, there), daemon=True)
    process.start()
    there.close()  # so that a server that dies before it is ready ends the wait
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def _serve(folder: Path, database_url: str | None, ready: Connection) -> None:
    from gridapp.server.context import open_server
    from gridapp.server.database import open_database
    from gridapp.server.running import listen, serve

    with listen("127.0.0.1", 0, None) as listener:
        serve(open_server(open_database(folder, database_url)), listener, None, ready.send)
