"""One seed, one history: what happens is drawn from the seed, and the faults end, and then everything must hold.

A failure names its seed and the shortest list of steps that was found to fail too. Again, from the seed alone::

    GRIDAPP_SIM_SEED=1234 pytest tests/sync/test_simulator.py -k replay
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from gridapp.errors import Problem
from gridapp.store import comparison
from gridapp.store.deciding import Stake
from tests.sync import sim_steps, sim_troubles
from tests.sync.sim_checks import check_everything
from tests.sync.sim_world import Template, world_of
from tests.sync.stick import Stick
from tests.sync.world import Client, Home, World

ROUNDS = 3


@dataclass(frozen=True)
class Did:
    """One step of a history: what, by which computer, about which household, and a number for the rest."""

    name: str
    who: int
    which: int
    value: int

    def __str__(self) -> str:
        return f"{self.name}({self.who},{self.which},{self.value})"


def history(seed: int, *, most: int = 24, least: int = 6) -> list[Did]:
    """The history of a seed. Each leaves some things out altogether, so that others meet more often."""
    chance = random.Random(seed)
    names = [n for n in sim_steps.STEPS if n in ("edit", "sync") or chance.random() < 0.6]
    weights = [sim_steps.STEPS[n][1] for n in names]
    return [
        Did(
            chance.choices(names, weights)[0],
            chance.randrange(4),
            chance.randrange(5),
            chance.randrange(14),
        )
        for _ in range(chance.randint(least, most))
    ]


def told(text: str) -> list[Did]:
    """A list of steps as a failure tells it."""
    found = re.findall(r"(\w+)\((\d+),(\d+),(\d+)\)", text)
    return [Did(name, int(who), int(which), int(value)) for name, who, which, value in found]


class Simulation:
    """Two workers, one of them with two computers, an office and a volunteer."""

    def __init__(self, world: World, template: Template) -> None:
        self.world = world
        self.template = template
        one, two, office, volunteer, second = world.clients
        self.office, self.volunteer = office, volunteer
        self.workers = [one, two]
        self.clients = [one, two, office, second]
        self.micro = template.micro
        self.homes: list[Home] = list(template.homes)
        self.forms: dict[int, tuple[Client, Any]] = {}
        self.shown: dict[str, Stake] = {}  # by name of the client
        self.saved: dict[bytes, str] = {}  # op_id of every save that was acknowledged -> whose
        self.ended = False
        self.server_copy: Path | None = None
        self.copies: dict[str, Path] = {}  # of data folders, by name of the client
        self.stick: Stick | None = None
        self.letters: list[tuple[Client, Path]] = []  # written, not yet at the server
        self.answers: list[tuple[Client, Path]] = []  # not yet back
        self.refused_letters: list[str] = []
        self.purged: set[UUID] = set()
        self.set_back = 0  # how often a machine was set back or copied
        self._note_saved()

    def do(self, did: Did) -> None:
        """One step, and what was saved in it."""
        client = self.clients[did.who % len(self.clients)]
        home = self.homes[did.which % len(self.homes)]
        try:
            sim_steps.STEPS[did.name][0](self, client, home, did.value)
        except Problem as problem:
            # The program asks first, as far as it knows by now whose the grid is.
            if problem.code != "not_allowed":
                raise
        self._note_saved()

    def calm(self) -> None:
        """The faults are over: within three rounds everything holds."""
        for client in self.world.clients:
            client.network.calm()
            client.clock = self.world.clock
        seen: dict[str, object] = {}
        for _ in range(ROUNDS):
            for client in self.world.clients:
                # Who asked when everything stood as it stands now would hear the same again.
                if seen.get(client.name) != self._standing():
                    client.sync()
                    seen[client.name] = self._standing()
        for client in self.world.clients:
            # What a comparison would take away in number waits for the user, who agrees.
            if client.sql("SELECT count(*) FROM braked") != [(0,)]:
                assert self.set_back
                client.write(comparison.release)
                client.sync()
        self.world.settled()
        self._check_saved()
        check_everything(self.world)

    def _standing(self) -> object:
        """Changes with every change on the server."""
        with self.world.database.snapshot() as connection:
            return connection.exec_driver_sql(
                "SELECT (SELECT sum(seq) FROM channel), (SELECT count(*) FROM operation)"
            ).one()

    def _note_saved(self) -> None:
        for client in self.clients:
            held = held_by(client)
            mine = {op for op, name in self.saved.items() if name == client.name}
            self._check_known(mine - held)
            self.saved |= dict.fromkeys(held - mine, client.name)

    def forget_unheld(self) -> None:
        """A machine was set back: what no machine holds any more is gone, and nobody's fault."""
        held = {op for client in self.clients for op in held_by(client)} | self._known()
        self.saved = {op: name for op, name in self.saved.items() if op in held}

    def _check_saved(self) -> None:
        self._check_known(set(self.saved))

    def _check_known(self, operations: set[bytes]) -> None:
        """Of a lost scope a client keeps nothing, but only what the server has."""
        missing = {self.saved[op] for op in operations - self._known()} if operations else set()
        assert not missing, f"acknowledged, and neither there nor on the server: {missing}"

    def _known(self) -> set[bytes]:
        with self.world.database.snapshot() as connection:
            logged = connection.exec_driver_sql(
                "SELECT op_id FROM operation UNION SELECT op_id FROM quarantine"
            )
            return {bytes(op) for (op,) in logged}


def held_by(client: Client) -> set[bytes]:
    """Operations in a client's outbox, sent or not."""
    # Asked between two steps, when nobody reads: without the way through the reader's thread, which costs more.
    rows = client.store._read_connection.execute("SELECT op_id FROM outbox").fetchall()
    return {op for (op,) in rows}


def play(template: Template, steps: list[Did]) -> None:
    """Run one history in a world of its own."""
    with world_of(template) as world:
        simulation = Simulation(world, template)
        for did in steps:
            simulation.do(did)
        simulation.calm()


def run(template: Template, seed: int, *, most: int = 24, patience: float = 20) -> None:
    """The history of a seed. A failure is told with the seed and, after ``patience`` seconds, the core of it."""
    steps = history(seed, most=most)
    try:
        play(template, steps)
    except Exception as error:
        core = shorter(template, steps, patience)
        steps_left = " ".join(map(str, core))
        raise AssertionError(
            f"seed {seed} (most {most}): {type(error).__name__}: {error}\n"
            f"again: GRIDAPP_SIM_SEED={seed} GRIDAPP_SIM_MOST={most} "
            f"pytest tests/sync/test_simulator.py -k replay\n"
            f"{len(core)} of {len(steps)} steps fail too: {steps_left}"
        ) from error


def shorter(template: Template, steps: list[Did], patience: float) -> list[Did]:
    """As few of the steps as still fail, found in so many seconds by leaving parts out."""
    until = time.monotonic() + patience
    part = len(steps) // 2
    while part:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + part :]
            if time.monotonic() > until:
                return steps
            if fails(template, fewer):
                steps = fewer
            else:
                at += part
        part //= 2
    return steps


def fails(template: Template, steps: list[Did]) -> bool:
    """Whether a history fails, in whatever way."""
    try:
        play(template, steps)
    except Exception:  # noqa: BLE001 - which failure it is does not matter here
        return True
    return False


__all__ = ["Did", "Simulation", "history", "play", "run", "sim_troubles", "told"]
