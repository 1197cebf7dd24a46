"""What a history may do to the village: people work, the network fails, the machines fail, time goes wrong.

Each step is a function of (simulation, client, home, value) under its name in ``STEPS``, with how often it is chosen.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gridapp.domain.choice import Choice
from gridapp.domain.household import Household, HouseholdFile, Residence
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.place import Building
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.store.deciding import decide, open_stakes, stake
from gridapp.sync.transport import Offline, Refused
from tests.sync.network import after_frames
from tests.sync.world import Client, Home

if TYPE_CHECKING:
    from tests.sync.simulator import Simulation

Step = Callable[["Simulation", Client, Home, int], None]

VALUES = ("甲", "乙", "丙")
PATHS = ("/sync/push", "/sync/pull", "/sync/rows", "/session")
DAY = 86_400_000
STEPS: dict[str, tuple[Step, int]] = {}


def step(weight: int = 1) -> Callable[[Step], Step]:
    """Note a function as something that may happen, so often."""

    def note(function: Step) -> Step:
        STEPS[function.__name__] = function, weight
        return function

    return note


def try_to_sync(client: Client) -> None:
    """A round that faults may end; they may end no other way."""
    with contextlib.suppress(Offline):
        client.sync()


def stands(client: Client, home: Home) -> bool:
    """Whether the client has the household and may write about it."""
    held = client.find(Household, home.id)
    return held is not None and not held.deleted


# --- people -------------------------------------------------------------------------------------


@step(4)
def edit(sim: Simulation, client: Client, home: Home, value: int) -> None:
    field = ("own_number", "registered_address", "name")[value % 3]
    held = client.find(Household, home.id)
    if held is not None and not held.deleted:
        client.edit(held, **{field: VALUES[value % 7 % 3]})


@step(2)
def edit_sets(sim: Simulation, client: Client, home: Home, value: int) -> None:
    file = client.find(HouseholdFile, home.household_file)
    phones = client.find(PersonFile, home.file)
    members = {VALUES[i] for i in range(3) if value >> i & 1}
    if file is not None:
        client.edit(file, benefits=tuple(sorted(members)))
    if phones is not None:
        client.edit(phones, phones={"138": VALUES[value % 3], "139": VALUES[value % 2]})


@step(2)
def open_form(sim: Simulation, client: Client, home: Home, value: int) -> None:
    held = client.find(Household, home.id)
    if held is not None:
        sim.forms[value % 2] = client, held


@step(2)
def save_form(sim: Simulation, client: Client, home: Home, value: int) -> None:
    if value % 2 in sim.forms:
        client, opened = sim.forms.pop(value % 2)
        if client.find(Household, opened.id) is not None:
            client.edit(opened, own_number=VALUES[value % 3], kind="family2")


@step()
def create(sim: Simulation, client: Client, home: Home, value: int) -> None:
    if len(sim.homes) < 5:
        sim.homes.append(client.household(name=VALUES[value % 3], id_number=""))


@step(2)
def visit(sim: Simulation, client: Client, home: Home, value: int) -> None:
    if stands(client, home):
        client.visit(home.id, VALUES[value % 3])


@step()
def edit_visit(sim: Simulation, client: Client, home: Home, value: int) -> None:
    found = client.sql("SELECT id FROM visit WHERE deleted=0 ORDER BY id")
    if found:
        key = UUID(bytes=found[value % len(found)][0])
        client.change(Visit, key, result=VALUES[value % 3])


@step()
def event(sim: Simulation, client: Client, home: Home, value: int) -> None:
    if stands(client, home):
        client.event(home.id, VALUES[value % 3], on_spot="好了" if value % 2 else "")


@step(2)
def delete(sim: Simulation, client: Client, home: Home, value: int) -> None:
    held: Any
    if value % 3 == 0:
        rows = client.sql("SELECT id FROM visit WHERE deleted=0 ORDER BY id")
        held = client.find(Visit, UUID(bytes=rows[0][0])) if rows else None
    elif value % 3 == 1:
        held = client.find(Household, home.id)
    else:
        held = client.find(Residence, home.tie)
    if held is not None and not held.deleted:
        client.write(lambda uow: uow.delete(held))


@step()
def tie(sim: Simulation, client: Client, home: Home, value: int) -> None:
    other = sim.homes[value % len(sim.homes)]
    if client.find(Person, home.person) and client.find(Household, other.id):
        client.create(Residence(person_id=home.person, household_id=other.id, kind="registered"))


@step(2)
def see_and_decide(sim: Simulation, client: Client, home: Home, value: int) -> None:
    see_choice(sim, client, home, value)
    decide_as_seen(sim, client, home, value // 2)


@step()
def see_choice(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """Two values are on the screen, and stay there while other things happen."""
    stakes = client.store.read(open_stakes).result()
    if stakes:
        sim.shown[client.name] = stakes[value % len(stakes)]


@step()
def decide_as_seen(sim: Simulation, client: Client, home: Home, value: int) -> None:
    shown = sim.shown.pop(client.name, None)
    held = shown and client.store.read(lambda r: stake(r, shown.conflict.id)).result()
    if held:
        choice = (Choice.STANDING, Choice.OTHER)[value % 2]
        client.write(lambda uow: decide(uow, shown, choice))


# --- the district -------------------------------------------------------------------------------


@step(2)
def move(sim: Simulation, client: Client, home: Home, value: int) -> None:
    held = sim.office.find(Household, home.id)
    if held is not None:
        grids = (sim.world.grid1, sim.world.grid2)
        sim.office.edit(held, grid_id=grids[value % 2])


@step()
def micro_move(sim: Simulation, client: Client, home: Home, value: int) -> None:
    held = sim.office.find(Building, home.building)
    if held is not None:
        sim.office.edit(held, micro_grid_id=sim.micro if value % 2 else None)


@step()
def role_ends_or_begins(sim: Simulation, client: Client, home: Home, value: int) -> None:
    worker = sim.workers[1]
    if sim.ended:
        sim.world.give_role(worker, "worker", sim.world.grid2)
    else:
        sim.world.end_role(worker)
    sim.ended = not sim.ended


# --- the network --------------------------------------------------------------------------------


@step(6)
def sync(sim: Simulation, client: Client, home: Home, value: int) -> None:
    # A fault that found nothing to strike so far may strike here.
    try_to_sync(client)


@step()
def volunteer_syncs(sim: Simulation, client: Client, home: Home, value: int) -> None:
    try_to_sync(sim.volunteer)


@step(2)
def reply_lost(sim: Simulation, client: Client, home: Home, value: int) -> None:
    client.network.lose_next_reply(PATHS[value % 3])
    try_to_sync(client)


@step()
def pages_cut(sim: Simulation, client: Client, home: Home, value: int) -> None:
    client.network.cut_next_reply(after_frames(value % 9))
    try_to_sync(client)


@step()
def cut_anywhere(sim: Simulation, client: Client, home: Home, value: int) -> None:
    client.network.cut_next_reply(lambda body: len(body) * value // 14, PATHS[value % 2])
    try_to_sync(client)


@step()
def sent_twice(sim: Simulation, client: Client, home: Home, value: int) -> None:
    client.network.send_next_twice()
    try_to_sync(client)


@step()
def sent_again_later(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """The network keeps a copy of a push, which arrives again when others have written."""
    if value % 2:
        client.network.keep_next()
        try_to_sync(client)
    else:
        client.network.deliver_kept()


@step()
def server_is_busy(sim: Simulation, client: Client, home: Home, value: int) -> None:
    client.network.answer_next(PATHS[value % 4], 503, headers={"Retry-After": "1"})
    try_to_sync(client)


# --- the machines -------------------------------------------------------------------------------


@step(2)
def killed(sim: Simulation, client: Client, home: Home, value: int) -> None:
    client.killed_at_write(value % 10, lambda: try_to_sync(client))


@step()
def killed_while_saving(sim: Simulation, client: Client, home: Home, value: int) -> None:
    if stands(client, home):
        client.killed_at_write(value % 2, lambda: [client.visit(home.id, v) for v in VALUES])


@step()
def disk_full(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """No page more: a save or a round ends with a clear word, or needed no room."""
    held, unsettled = _held_and_unsettled(client)
    acts: tuple[Callable[[], object], ...] = (
        lambda: try_to_sync(client),
        lambda: client.household(name=VALUES[value % 3] * 10, id_number=""),
    )
    with client.no_room():
        try:
            acts[value % 2]()
        except Problem as problem:
            if problem.code not in ("disk_full", "not_allowed"):
                raise
        else:
            return
    # A round that ended in its midst may have forgotten what was taken, with the scope of its household.
    now, _ = _held_and_unsettled(client)
    assert unsettled <= now <= held


def _held_and_unsettled(client: Client) -> tuple[set[bytes], set[bytes]]:
    rows = client.sql("SELECT op_id, state IN ('waiting','parked','rejected') FROM outbox")
    return {key for key, _ in rows}, {key for key, open_ in rows if open_}


@step()
def program_restarts(sim: Simulation, client: Client, home: Home, value: int) -> None:
    client.reopen()


@step()
def server_restarts(sim: Simulation, client: Client, home: Home, value: int) -> None:
    sim.world.restart_server()


# --- time ---------------------------------------------------------------------------------------


@step(2)
def wrong_clock(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """1970, 2099, an hour off, backwards between two looks at it; or right again."""
    world = sim.world
    turns = 0

    def backwards() -> int:
        nonlocal turns
        turns += 1
        return world.clock() - turns * 3_600_000

    clocks: tuple[Callable[[], int], ...] = (
        lambda: 0,
        lambda: 4_086_950_400_000,
        lambda: world.clock() - 3_600_000,
        lambda: world.clock() + 3_600_000,
        lambda: world.clock() - 400 * DAY,
        backwards,
    )
    client.clock = clocks[value % 6] if value < 12 else world.clock
    if stands(client, home):
        client.visit(home.id, "钟")  # nothing blocks recording


@step()
def time_passes(sim: Simulation, client: Client, home: Home, value: int) -> None:
    sim.world.clock.forward(hours=(1, 13, 24 * 3, 24 * 21)[value % 4])


__all__ = ["STEPS", "Refused", "Step", "try_to_sync"]
