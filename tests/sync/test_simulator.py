"""Histories that nobody thought of: edits, moves, lost replies, cuts and kills, then calm.

When the faults are over everything is settled within three rounds, and every acknowledged save is current,
superseded with its history, in a conflict, or refused with a reason.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from gridapp.domain.choice import Choice
from gridapp.domain.conflict import DECIDED, OPEN
from gridapp.domain.fields import mergeable
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.kinds import KINDS
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server.database import open_database
from gridapp.server.setup import SYSTEM
from gridapp.store.deciding import Stake, decide, open_stakes, stake
from gridapp.sync.transport import Offline
from tests.sync.network import after_frames
from tests.sync.world import Client, Home, World, micro_grid

VALUES = ("甲", "乙", "丙")


class Simulation:
    """Three workers, a volunteer and an office, and what a history may do to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.office = world.office()
        self.workers = [world.join("甲"), world.join("乙", unit=world.grid2)]
        self.volunteer = world.join("志愿者", "volunteer")
        self.micro = micro_grid(world, self.office, self.volunteer)
        self.clients = [*self.workers, self.office]
        self.homes: list[Home] = [
            self.office.household(world.grid1, "户一", id_number="", micro=self.micro),
            self.office.household(world.grid2, "户二", id_number=""),
        ]
        self.forms: dict[int, tuple[Client, Any]] = {}
        self.shown: dict[str, Stake] = {}  # by name of the client
        self.acknowledged: dict[int, int] = {}
        self.ended = False
        self._sync_all()
        # Something is already there to be chosen.
        for client in (self.office, self.workers[0]):
            client.change(Household, self.homes[0].id, own_number=client.name)
        self._sync_all()

    def _sync_all(self) -> None:
        for _ in range(2):
            for client in self.world.clients:
                client.sync()

    def step(self, action: int, who: int, which: int, value: int) -> None:
        client = self.clients[who % 3]
        home = self.homes[which % len(self.homes)]
        steps: list[Callable[[Client, Home, int], None]] = [
            self.edit,
            self.edit,
            self.edit_sets,
            self.open_form,
            self.save_form,
            self.create,
            self.visit,
            self.event,
            self.delete,
            self.move,
            self.tie,
            self.sync,
            self.sync,
            self.lost,
            self.cut,
            self.killed,
            self.twice,
            self.role,
            self.edit_visit,
            self.micro_move,
            self.decide,
            self.decide,
            self.see_choice,
            self.decide_as_seen,
        ]
        act = steps[action % len(steps)]
        note(f"{act.__name__} {client.name} home {which % len(self.homes)} value {value}")
        try:
            act(client, home, value)
        except Problem as problem:
            # The program asks first, as far as it knows by now whose the grid is.
            if problem.code != "not_allowed":
                raise
        for each in self.clients:
            self.acknowledged[id(each)] = each.sql("SELECT count(*) FROM outbox")[0][0]

    def edit(self, client: Client, home: Home, value: int) -> None:
        field = ("own_number", "registered_address", "name")[value % 3]
        held = client.find(Household, home.id)
        if held is not None and not held.deleted:
            client.edit(held, **{field: VALUES[value % 7 % 3]})

    def edit_sets(self, client: Client, home: Home, value: int) -> None:
        file, phones = (
            client.find(HouseholdFile, home.household_file),
            client.find(PersonFile, home.file),
        )
        members = {VALUES[i] for i in range(3) if value >> i & 1}
        if file is not None:
            client.edit(file, benefits=tuple(sorted(members)))
        if phones is not None:
            client.edit(phones, phones={"138": VALUES[value % 3], "139": VALUES[value % 2]})

    def decide(self, client: Client, home: Home, value: int) -> None:
        self.see_choice(client, home, value)
        self.decide_as_seen(client, home, value // 2)

    def see_choice(self, client: Client, home: Home, value: int) -> None:
        """Two values are on the screen, and stay there while other things happen."""
        stakes = client.store.read(open_stakes).result()
        if stakes:
            self.shown[client.name] = stakes[value % len(stakes)]

    def decide_as_seen(self, client: Client, home: Home, value: int) -> None:
        shown = self.shown.pop(client.name, None)
        held = shown and client.store.read(lambda r: stake(r, shown.conflict.id)).result()
        if held:
            choice = (Choice.STANDING, Choice.OTHER)[value % 2]
            client.write(lambda uow: decide(uow, shown, choice))
            event("a choice")

    def open_form(self, client: Client, home: Home, value: int) -> None:
        held = client.find(Household, home.id)
        if held is not None:
            self.forms[value % 2] = client, held

    def save_form(self, client: Client, home: Home, value: int) -> None:
        if value % 2 in self.forms:
            client, opened = self.forms.pop(value % 2)
            if client.find(Household, opened.id) is not None:
                client.edit(opened, own_number=VALUES[value % 3], kind="family2")

    def create(self, client: Client, home: Home, value: int) -> None:
        if len(self.homes) < 5:
            self.homes.append(client.household(name=VALUES[value % 3], id_number=""))

    def visit(self, client: Client, home: Home, value: int) -> None:
        held = client.find(Household, home.id)
        if held is not None and not held.deleted:
            client.visit(home.id, VALUES[value % 3])

    def edit_visit(self, client: Client, home: Home, value: int) -> None:
        found = client.sql("SELECT id FROM visit WHERE deleted=0 ORDER BY id")
        if found:
            visit = UUID(bytes=found[value % len(found)][0])
            client.change(Visit, visit, result=VALUES[value % 3])

    def event(self, client: Client, home: Home, value: int) -> None:
        held = client.find(Household, home.id)
        if held is not None and not held.deleted:
            client.event(home.id, VALUES[value % 3], on_spot="好了" if value % 2 else "")

    def delete(self, client: Client, home: Home, value: int) -> None:
        if value % 3 == 0:
            rows = client.sql("SELECT id FROM visit WHERE deleted=0")
            visit = client.find(Visit, UUID(bytes=rows[0][0])) if rows else None
            self._delete(client, visit)
        elif value % 3 == 1:
            self._delete(client, client.find(Household, home.id))
        else:
            self._delete(client, client.find(Residence, home.tie))

    def _delete(self, client: Client, held: Any) -> None:
        if held is not None and not held.deleted:
            client.write(lambda uow: uow.delete(held))

    def move(self, client: Client, home: Home, value: int) -> None:
        held = self.office.find(Household, home.id)
        if held is not None:
            grids = (self.world.grid1, self.world.grid2)
            self.office.edit(held, grid_id=grids[value % 2])

    def micro_move(self, client: Client, home: Home, value: int) -> None:
        held = self.office.find(Building, home.building)
        if held is not None:
            self.office.edit(held, micro_grid_id=self.micro if value % 2 else None)

    def tie(self, client: Client, home: Home, value: int) -> None:
        other = self.homes[value % len(self.homes)]
        if client.find(Person, home.person) and client.find(Household, other.id):
            client.create(
                Residence(person_id=home.person, household_id=other.id, kind="registered")
            )

    def sync(self, client: Client, home: Home, value: int) -> None:
        # A fault that found nothing to strike so far may strike here.
        self._try(client)
        if value % 4 == 0:
            self._try(self.volunteer)

    def lost(self, client: Client, home: Home, value: int) -> None:
        client.network.lose_next_reply(("/sync/push", "/sync/pull", "/sync/rows")[value % 3])
        self._try(client)

    def cut(self, client: Client, home: Home, value: int) -> None:
        client.network.cut_next_reply(after_frames(value % 9))
        self._try(client)

    def killed(self, client: Client, home: Home, value: int) -> None:
        client.killed_at_write(value % 10, lambda: self._try(client))

    def twice(self, client: Client, home: Home, value: int) -> None:
        client.network.send_next_twice()
        self._try(client)

    def role(self, client: Client, home: Home, value: int) -> None:
        worker = self.workers[1]
        if self.ended:
            self.world.give_role(worker, "worker", self.world.grid2)
        else:
            self.world.end_role(worker)
        self.ended = not self.ended

    def _try(self, client: Client) -> None:
        with contextlib.suppress(Offline):
            client.sync()

    def calm(self) -> None:
        """The faults are over."""
        for client in self.world.clients:
            for faults in ("_lost", "_twice", "_cuts"):
                getattr(client.network, faults).clear()
        for _ in range(3):
            for client in self.world.clients:
                client.sync()
        for client in self.clients:
            count = client.sql("SELECT count(*) FROM outbox")[0][0]
            assert count == self.acknowledged.get(id(client), count)
        self.world.settled()
        check_acknowledged(self.world)
        check_decisions(self.world)


def check_acknowledged(world: World) -> None:
    """Every operation is current, superseded, in a conflict, or refused with a reason."""
    log = [o for o in world.operations() if o["device_id"] != SYSTEM.bytes]
    by_id = {c["id"]: c for c in world.rows("conflict")}
    conflicts = {(c["target_id"], c["field"], c["device_id"]): c for c in world.rows("conflict")}
    rows = {
        (entity, r["id"]): r for entity in {o["entity"] for o in log} for r in world.rows(entity)
    }
    for operation in log:
        if operation["verdict"] in ("rejected", "parked"):
            assert operation["code"]
            continue
        kind = KINDS[operation["entity"]]
        row = rows[operation["entity"], operation["record_id"]]
        sent = msgspec.msgpack.decode(operation["fields"])
        verdicts = msgspec.msgpack.decode(operation["verdicts"])
        for name, (_, after, _follows) in sent.items():
            field = kind.by_name.get(name)
            key = field.group or name if field else name
            conflict = conflicts.get((row["id"], key, operation["device_id"]))
            later = any(
                name in msgspec.msgpack.decode(o["fields"])
                for o in log
                if o["record_id"] == row["id"]
                and o["received_at"] >= operation["received_at"]
                and o["op_id"] != operation["op_id"]
            )
            told = (operation["entity"], name, verdicts.get(name), after, row.get(name))
            if operation["decides"]:
                conflict = by_id[msgspec.msgpack.decode(operation["decides"])[0]]
            if verdicts[name] == "conflict":
                # Opened and closed again by the same chain in one batch, nothing is left of it.
                assert conflict is not None or later, told
            elif name == "deleted":
                assert row["deleted"] or any(
                    c["field"] == "deleted"
                    for c in conflicts.values()
                    if c["target_id"] == row["id"]
                ), told
            elif field is not None and mergeable(field):
                continue
            else:
                assert row[name] == after or later, told


def check_decisions(world: World) -> None:
    """A conflict is open until one choice was taken, and says whose it was; every later one was refused."""
    taken: dict[bytes, list[dict[str, Any]]] = {}
    refused = []
    for operation in world.operations():
        if not operation["decides"]:
            continue
        key = msgspec.msgpack.decode(operation["decides"])[0]
        if operation["verdict"] == "applied":
            taken.setdefault(key, []).append(operation)
        elif operation["code"] == "already_decided":
            refused.append(key)
        elif operation["verdict"] == "conflict":
            assert operation["code"] == "values_changed"
            assert operation["previous"] == operation["version"]
    for conflict in world.rows("conflict"):
        choices = taken.get(conflict["id"], [])
        assert len(choices) == (conflict["state"] == DECIDED), conflict["field"]
        for chosen in choices:
            assert conflict["decided_by"] == chosen["staff_id"]
            assert conflict["choice"] in ("standing", "other")
        assert conflict["state"] != OPEN or conflict["id"] not in refused
    for client in world.clients:
        offered = {s.conflict.id.bytes for s in client.store.read(open_stakes).result()}
        held = {key for (key,) in client.sql("SELECT id FROM conflict WHERE state='open'")}
        gone = {c["id"] for c in world.rows("conflict") if _is_deleted(world, c)}
        assert offered == held - gone


def _is_deleted(world: World, conflict: dict[str, Any]) -> bool:
    return bool(world.row(conflict["target_kind"], UUID(bytes=conflict["target_id"]))["deleted"])


history = st.lists(
    st.tuples(st.integers(0, 23), st.integers(0, 2), st.integers(0, 4), st.integers(0, 13)),
    min_size=4,
    max_size=45,
)


def simulate(template: Path, steps: list[tuple[int, int, int, int]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="gridapp-sim-"))
    shutil.copy(template, folder / "server.db")
    database = open_database(folder, None)
    world = World(database, folder)
    try:
        simulation = Simulation(world)
        for step in steps:
            simulation.step(*step)
        simulation.calm()
    finally:
        world.close()
        database.close()
        shutil.rmtree(folder)


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(history)
def test_histories(sqlite_template: Path, steps: list[tuple[int, int, int, int]]) -> None:
    simulate(sqlite_template, steps)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(history)
def test_many_histories(sqlite_template: Path, steps: list[tuple[int, int, int, int]]) -> None:
    simulate(sqlite_template, steps)
