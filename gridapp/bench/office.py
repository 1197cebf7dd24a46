"""``gridapp bench office``: ten grids, 103,000 records, into an empty client over loopback.

Client and server are processes of their own, so that the peak memory of each is its own. Measured on the client
from the first request to the last commit, search index included, with a cold server. Floor of the rate: that of
one of the grids into an empty client, in the same run against the same server.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gridapp.bench.district import DISTRICT, VILLAGE, grid_records, serving
from gridapp.bench.filled import WEAK
from gridapp.bench.rows import Figure, child_mb, median, peak_mb
from gridapp.config import resource_path
from gridapp.domain.unit import Assignment, Staff, Unit

GRIDS = 10
_ROUNDS = 3
# of one grid: as many visits and events as make ten of them 103,000 records
_HOUSEHOLDS, _PEOPLE, _PER_HOUSEHOLD, _EVENTS = 300, 1000, 14.0, 2000


@dataclass(frozen=True, slots=True)
class Taken:
    """One first sync: seconds, rows held afterwards, the client's peak memory in MB."""

    seconds: float
    rows: int
    peak: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def measure(grids: int = GRIDS, rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """Seconds, rates and peak memory of both sides."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        offices, workers = _build(folder / "server", grids, rounds)
        one, all_, server = [], [], 0.0
        for number in range(rounds):
            with serving(folder / "server") as url:
                all_.append(_first_sync(folder / f"office{number}", url, offices[number]))
                server = max(server, child_mb("VmHWM"))
            with serving(folder / "server") as url:
                one.append(_first_sync(folder / f"worker{number}", url, workers[number]))
    rate = median([taken.rate for taken in all_])
    return [
        Figure("first sync of an office", median([t.seconds for t in all_]) * 1000, "ms").row(),
        Figure("rate", rate, "rows/s", median([t.rate for t in one])).row(),
        Figure("rows", all_[0].rows, "rows").row(),
        Figure("peak memory of the client", max(t.peak for t in all_), "MB").row(),
        Figure("peak memory of the server", server, "MB").row(),
    ]


def _build(folder: Path, grids: int, codes: int) -> tuple[list[str], list[str]]:
    """A server's data with an office of so many grids; one-time codes of the office and of one worker."""
    from gridapp.server import auth
    from gridapp.server.apply import Sender
    from gridapp.server.database import open_database
    from gridapp.server.divisions import unit_id
    from gridapp.server.setup import initialise, write

    folder.mkdir(parents=True)
    database = open_database(folder, None)
    server = initialise(database, resource_path("divisions", "hongqi_410702.csv"), DISTRICT)
    village = unit_id(VILLAGE)
    office = Staff(name="王芳", user_name="wangfang", active=True)
    worker = Staff(name="李秀英", user_name="lixiuying", active=True)
    recorder = Staff(name="张伟", user_name="zhangwei", active=True)  # who has been in all of them
    post = Assignment(staff_id=office.id, unit_id=village, role="office")
    write(server, [office, worker, recorder, post])
    for number in range(grids):
        code = f"{VILLAGE}{number + 1:03d}"
        grid = Unit(parent_id=village, code=code, name=code, kind="grid", grid_kind="basic")
        people = (recorder, worker) if number == 0 else (recorder,)
        posts = [Assignment(staff_id=s.id, unit_id=grid.id, role="worker") for s in people]
        write(server, [grid, *posts])
        records = grid_records(
            grid.id,
            village,
            recorder.id,
            _HOUSEHOLDS,
            _PEOPLE,
            _PER_HOUSEHOLD,
            _EVENTS,
            number + 1,
        )
        write(server, records, Sender(recorder.id.bytes, recorder.id.bytes, 1))
    with database.write() as connection:
        now = server.clock()
        made = [
            [auth.make_code(connection, staff.id.bytes, now) for _ in range(codes)]
            for staff in (office, worker)
        ]
    database.close()
    return made[0], made[1]


def _first_sync(folder: Path, url: str, code: str) -> Taken:
    """In a process of its own. The server's is the only other child, and found by that: wait for this one's end."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_client, args=(folder, url, code, there))
    process.start()
    there.close()
    try:
        taken: Taken = here.recv()
        return taken
    finally:
        process.join()


def _client(folder: Path, url: str, code: str, done: Connection) -> None:
    from gridapp.domain.names import warm_up
    from gridapp.store.schema import tables
    from gridapp.sync.engine import Engine
    from gridapp.sync.enrolment import enrol
    from gridapp.sync.transport import Transport

    store = enrol(folder, url, code, "bench-password", strength=WEAK)
    warm_up()  # as the window does, soon after it stands
    transport = Transport(url)
    began = time.perf_counter()
    Engine(store, transport).run()
    seconds = time.perf_counter() - began
    peak = peak_mb()
    counts = " + ".join(f"(SELECT count(*) FROM {name})" for name in tables)
    rows = store.read(lambda reader: reader.value(f"SELECT {counts}")).result()
    transport.close()
    store.close()
    done.send(Taken(seconds, rows, peak))
