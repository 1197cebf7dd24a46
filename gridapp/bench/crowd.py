"""Many workers of one district, for benchmarks of the server: a data base that knows them, and what each sends.

Every worker has a computer of her own and shares a grid with one colleague. She was without signal for a
while; what she recorded meanwhile is one batch: visits mostly, some edits, two events.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gridapp.bench.district import DISTRICT, SEED, VILLAGE
from gridapp.config import resource_path
from gridapp.domain.channels import district_channel, grid_channel
from gridapp.domain.event import Event
from gridapp.domain.exchange import Change, Operation
from gridapp.domain.household import Household, HouseholdFile
from gridapp.domain.place import Dwelling
from gridapp.domain.record import Filing, Record, kind_of, new_id
from gridapp.domain.unit import Assignment, Staff, Unit
from gridapp.domain.values import row_of
from gridapp.domain.visit import Visit
from gridapp.server.context import Server
from gridapp.server.database import Database

_HOMES = 3  # households of one worker: as many as she visits in a batch, not all that she has
_PER_GRID = 2
_EDITED = ("needs", "wishes", "emergency_name", "emergency_relation")
_SAID = (
    "老人精神不错，说夜里睡得安稳，药按时吃。",
    "一家人都在，孩子上三年级，问起暑期托管。",
    "家里暖气不热，已记下，联系物业上门看。",
)
_TEXTS = ("楼道里堆放杂物，通行不便。", "路灯不亮，晚上看不清路。", "井盖松动，有人经过会响。")


@dataclass(frozen=True, slots=True)
class Home:
    """A household of a worker, with the version of its records on the server."""

    household: UUID
    file: UUID
    dwelling: UUID


@dataclass(frozen=True, slots=True)
class Worker:
    """A member of staff with her computer."""

    staff: UUID
    device: UUID
    grid: UUID
    homes: tuple[Home, ...]
    key: Ed25519PrivateKey

    cursors: dict[str, int] = field(
        default_factory=dict
    )  # of her channels, once ``settle`` is through

    @property
    def public_key(self) -> bytes:
        """32 bytes, as the server holds it."""
        return self.key.public_key().public_bytes_raw()


def settle(database: Database, count: int) -> tuple[Server, list[Worker]]:
    """A new district on an empty database, in which ``count`` workers are known with their computers."""
    from sqlalchemy import insert

    from gridapp.server.apply import Sender
    from gridapp.server.divisions import unit_id
    from gridapp.server.schema import device
    from gridapp.server.setup import initialise, write
    from gridapp.server.statements import fetch

    server = initialise(database, resource_path("divisions", "hongqi_410702.csv"), DISTRICT)
    village = unit_id(VILLAGE)
    office = Staff(name="王芳", user_name="office", active=True)
    post = Assignment(staff_id=office.id, unit_id=village, role="office")
    people = [_person(number, village) for number in range(count)]
    write(server, [office, post, *(r for _, staff, _ in people for r in staff)])
    sender = Sender(office.id.bytes, office.id.bytes, 1)
    write(server, [r for _, _, homes in people for r in homes], sender)
    with database.write() as connection:
        connection.execute(
            insert(device),
            [
                {
                    "id": worker.device.bytes,
                    "staff_id": worker.staff.bytes,
                    "name": "bench",
                    "public_key": worker.public_key,
                    "incarnation": 1,
                    "enrolled_at": server.clock(),
                }
                for worker, _, _ in people
            ],
        )
        known: dict[str, int] = dict(fetch(connection, "SELECT name, seq FROM channel"))
    for worker, _, _ in people:
        names = [grid_channel(worker.grid, f) for f in (Filing.WORK, Filing.FILE)]
        names.append(district_channel(UUID(bytes=server.district_id)))
        worker.cursors.update({name: known[name] for name in names})
    return server, [worker for worker, _, _ in people]


def _person(number: int, village: UUID) -> tuple[Worker, list[Record], list[Record]]:
    seed = hashlib.sha256(f"{SEED}:{number}".encode()).digest()
    grid = UUID(bytes=hashlib.sha256(f"grid {number // _PER_GRID}".encode()).digest()[:16])
    member = Staff(name=f"网格员{number}", user_name=f"worker{number}", active=True)
    staff: list[Record] = [member, Assignment(staff_id=member.id, unit_id=grid, role="worker")]
    if number % _PER_GRID == 0:
        code = f"{VILLAGE}{number // _PER_GRID:04d}"
        unit = Unit(
            id=grid, parent_id=village, code=code, name=code, kind="grid", grid_kind="basic"
        )
        staff.insert(0, unit)
    records: list[Record] = []
    homes = []
    for room in range(_HOMES):
        dwelling = Dwelling(grid_id=grid, entrance="1", room=f"{room + 1}01")
        household = Household(grid_id=grid, dwelling_id=dwelling.id, name="赵桂兰", kind="family")
        file = HouseholdFile(household_id=household.id)
        records += [dwelling, household, file]
        homes.append(Home(household.id, file.id, dwelling.id))
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Worker(member.id, new_id(), grid, tuple(homes), private), staff, records


def batch(worker: Worker, count: int, now: int, *, turn: int = 0) -> list[Operation]:
    """``count`` operations of a worker's ``turn``-th batch: of twenty, fourteen visits, four edits, two events."""
    pick = random.Random(f"{worker.public_key.hex()}:{turn}")
    made: list[Operation] = []
    for number in range(count):
        home = worker.homes[number % len(worker.homes)]
        counter = turn * count + number + 1
        if number % 5 == 3:
            made.append(_edit(home, counter, now, number, turn))
        elif number % 10 == 9:
            made.append(_creation(_event(worker, home, pick), counter, now))
        else:
            made.append(_creation(_visit(worker, home, pick), counter, now))
    return made


def _visit(worker: Worker, home: Home, pick: random.Random) -> Visit:
    return Visit(
        household_id=home.household,
        happened_at="2026-11-20T09:30",
        how="home",
        visited_by=worker.staff,
        recorded_by=worker.staff,
        source="screen",
        people_met=("赵桂兰",),
        situation=pick.choice(_SAID),
        difficulties="",
        result="已告知",
    )


def _event(worker: Worker, home: Home, pick: random.Random) -> Event:
    return Event(
        grid_id=worker.grid,
        household_id=home.household,
        item_code="0101",
        text=pick.choice(_TEXTS),
        happened_at="2026-11-20T09:00",
        reported_by=worker.staff,
    )


def _edit(home: Home, counter: int, now: int, number: int, turn: int) -> Operation:
    """One field of a household's file, each once in a batch: what it was after the last batch, and is now."""
    name = _EDITED[number // 5 // _HOMES % len(_EDITED)]
    before = f"第{turn}次" if turn else None
    fields = {name: Change(before, f"第{turn + 1}次")}
    key = home.file.bytes
    return Operation(new_id().bytes, counter, "household_file", key, 1, fields, now, 0)


def _creation(record: Record, counter: int, now: int) -> Operation:
    kind = kind_of(type(record))
    row = row_of(kind, record)
    fields = {f.name: Change(None, row[f.name]) for f in kind.editable if row[f.name] is not None}
    return Operation(new_id().bytes, counter, kind.name, record.id.bytes, 0, fields, now, 0)
