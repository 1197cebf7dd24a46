"""More that may happen in a history: machines set back to yesterday, copies, sticks, late work, photos, purges.

Registered like the steps of ``sim_steps``; imported by the simulator.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from gridapp.clock import day_of
from gridapp.domain.review import Review
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.server import planning, purging, regrouping, terms, transferring
from gridapp.server.copying import copy_in, copy_out
from gridapp.store import refused, reviewing, status
from gridapp.store.opening import open_store
from tests.sync.sim_steps import delete, stands, step, try_to_sync
from tests.sync.sim_world import NAMES
from tests.sync.stick import Stick
from tests.sync.world import EAST, PASSWORD, Client, Home

if TYPE_CHECKING:
    from tests.sync.simulator import Simulation

GRID, OTHER_GRID, NEW_GRID = EAST + "001", EAST + "002", EAST + "009"
DOT = (Path(__file__).parents[1] / "proof" / "dot.jpg").read_bytes()


# --- yesterday ------------------------------------------------------------------------------------


@step()
def server_copied(sim: Simulation, client: Client, home: Home, value: int) -> None:
    sim.server_copy = sim.world.folder / "server-copy.db"
    sim.server_copy.unlink(missing_ok=True)
    copy_out(sim.world.database, sim.server_copy)


@step(2)
def server_set_back(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """The server is what it was when it was copied; what any client still holds must come back."""
    if sim.server_copy is None:
        # As it was when the history began; on PostgreSQL a copy has to be made first.
        sim.server_copy = sim.world.folder / "server-copy.db"
        first = sim.template.folder / "server" / "server.db"
        if sim.world.database.is_postgres or not first.exists():
            copy_out(sim.world.database, sim.server_copy)
        else:
            shutil.copy(first, sim.server_copy)
    kept = sim.server_copy.with_suffix(".kept")
    shutil.copy(sim.server_copy, kept)
    copy_in(sim.world.database, kept)
    sim.world.restart_server()
    sim.forget_unheld()
    sim.set_back += 1


@step()
def client_copied(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """Somebody copies the data folder, as a backup of a kind."""
    folder = sim.world.folder / f"copy-of-{client.folder.name}"
    shutil.rmtree(folder, ignore_errors=True)
    client.store.close()
    shutil.copytree(client.folder, folder)
    client.reopen()
    sim.copies[client.name] = folder


@step(2)
def client_set_back(sim: Simulation, client: Client, home: Home, value: int) -> None:
    folder = sim.copies.get(client.name)
    if folder is None:
        if client.name not in NAMES:
            return
        folder = sim.template.folder / f"client{NAMES.index(client.name)}"
    client.store.close()
    shutil.rmtree(client.folder)
    shutil.copytree(folder, client.folder)
    client.reopen()
    sim.forget_unheld()
    sim.shown.pop(client.name, None)
    sim.set_back += 1


@step(2)
def client_cloned(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """The copy is started on another computer, and both go on."""
    if len(sim.world.clients) > 5:
        return
    if client.name not in sim.copies:
        client_copied(sim, client, home, value)
    folder = sim.copies.pop(client.name)
    other = Client.__new__(Client)
    other.__dict__ |= client.__dict__
    other.name, other.folder = f"{client.name}的拷贝", folder
    other.network = sim.world.network()
    (user,) = (folder / "users").iterdir()
    other.store = open_store(user, PASSWORD, clock=other.now)
    other._connect()
    sim.world.clients.append(other)
    sim.clients.append(other)
    sim.set_back += 1


# --- sticks ---------------------------------------------------------------------------------------


@step()
def carried_on_a_stick(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """Written here, carried to the server now or much later; the answer comes back now or much later."""
    stick = sim.stick = sim.stick or Stick(sim.world)
    if value % 3 == 0:
        sim.letters.append((client, stick.write(client)))
    elif value % 3 == 1 and sim.letters:
        sender, path = sim.letters.pop(0)
        try:
            sim.answers.append((sender, stick.answer(stick.to_server(path).asked)))
        except Problem as problem:
            sim.refused_letters.append(problem.code)
    elif sim.answers:
        sender, path = sim.answers.pop(value % len(sim.answers))
        try:
            stick.take(sender, path)
        except Problem as problem:
            sim.refused_letters.append(problem.code)


# --- late work ------------------------------------------------------------------------------------


@step(2)
def head_decides(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """The head accepts late work, changes it, or gives it back."""
    waiting = sim.office.store.read(
        lambda r: r.where(Review, "state='waiting' AND hangs_on IS NULL")
    ).result()
    if not waiting:
        return
    seen = sorted(waiting, key=lambda r: (r.stated_at, r.op_id))[value % len(waiting)]
    if value % 3:
        sim.office.write(lambda uow: reviewing.accept(uow, seen, "好"))
    else:
        sim.office.write(lambda uow: reviewing.give_back(uow, seen, "不是这一户"))


@step()
def sends_again(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """What was not accepted is offered once more."""
    found = {item.save_id for item in client.store.read(status.not_accepted).result()}
    for save in sorted(found)[: 1 + value % 3]:
        client.write(lambda uow, save=save: refused.send_again(uow, save))


@step()
def works_offline_for_long(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """Three weeks without signal, then all at once."""
    if not stands(client, home):
        return
    for number in range(3):
        client.visit(home.id, f"第{number}周")
        sim.world.clock.forward(hours=24 * 7)
    client.event(home.id, "离线报的")


@step(2)
def grid_changes_hands(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """Grid 1 is handed over, split or merged; planned and announced first, done later; or somebody covers for a while."""
    server, today = sim.world.server, day_of(sim.world.clock())
    plans: tuple[Callable[[], object], ...] = (
        lambda: planning.handover(server, GRID, "甲", "乙"),
        lambda: planning.split(
            server, GRID, NEW_GRID, "第九网格", micros=["第一微网格"], workers=["乙"]
        ),
        lambda: regrouping.freeze(server, GRID, today),
        lambda: transferring.transfer(server, GRID, now=True),
        lambda: transferring.transfer(server, GRID),
        lambda: terms.cover(server, "甲", "乙", today, today + timedelta(days=value)),
        lambda: planning.merge(server, [GRID], OTHER_GRID, keep_staff=value > 6),
    )
    # What cannot be done now is refused in words; nothing else may come of it.
    with contextlib.suppress(Problem):
        plans[value % len(plans)]()


@step()
def deleted_before_the_grid_goes(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """The office deletes a household that others may be writing about; then grid 1 is split or merged at once."""
    delete(sim, sim.office, home, 1)
    try_to_sync(sim.office)
    with contextlib.suppress(Problem):
        if value % 2:
            planning.merge(sim.world.server, [GRID], OTHER_GRID, keep_staff=value > 6)
        else:
            name, micros, workers = "第九网格", ["第一微网格"], ["乙"]
            planning.split(sim.world.server, GRID, NEW_GRID, name, micros=micros, workers=workers)
        transferring.transfer(sim.world.server, GRID, now=True)


# --- photos, purges -------------------------------------------------------------------------------


@step()
def visit_with_photo(sim: Simulation, client: Client, home: Home, value: int) -> None:
    if stands(client, home):
        client.visit(home.id, "有照片", photo=DOT + bytes([value]))


@step()
def purged(sim: Simulation, client: Client, home: Home, value: int) -> None:
    """One visit is taken out for good, wherever it is."""
    rows = sim.world.rows("visit", deleted=0)
    if rows and value % 2 == 0:
        row = rows[value % len(rows)]
        try:
            purging.purge(sim.world.server, Visit.KIND, row["id"], "本人要求")
        except Problem as problem:
            if problem.code != "no_record":
                raise
        sim.purged.add(UUID(bytes=row["id"]))
