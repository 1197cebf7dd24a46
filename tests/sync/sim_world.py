"""Worlds for the simulator that cost next to nothing: five computers, enrolled once, copied for each history.

A template holds the server's folder and one folder for each computer. A history gets a copy, in memory where
the machine has a file system there, and opens it: no migration, no enrolment, no expensive key derivation.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from gridapp.domain.household import Household
from gridapp.domain.record import Record
from gridapp.server import setup
from gridapp.server.database import Database, open_database
from tests.sync.world import Client, Home, World, micro_grid, prepare

NAMES = ("甲", "乙", "王芳", "志愿者", "甲二")  # workers, office, volunteer, a second computer
_RAM = Path("/dev/shm")


@dataclass(frozen=True)
class Template:
    """Where the prepared folders lie, and what is in them. ``postgres``: (server's URL, database)."""

    folder: Path
    homes: tuple[Home, ...]
    micro: UUID
    grids: tuple[UUID, ...]  # of each computer
    postgres: tuple[str, str] | None = None


def room() -> Path:
    """A new folder for what need not survive, in memory if there is a place."""
    there = _RAM if _RAM.is_dir() and os.access(_RAM, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="gridapp-sim-", dir=there))


def make_template(folder: Path, postgres: str | None = None) -> Template:
    """Prepare everything in ``folder``; with the URL of a PostgreSQL the server's database is there."""
    home = folder / "server"
    home.mkdir(parents=True)
    name = f"sim{uuid4().hex}"
    url = None
    if postgres:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = postgres.replace("/postgres?", f"/{name}?")
    database = open_database(home, url)
    with little_reference():
        prepare(database, home)
    world = World(database, folder)
    try:
        homes, micro = _people(world)
        grids = tuple(c.grid for c in world.clients)
    finally:
        world.close()
        database.close()
    return Template(folder, homes, micro, grids, (postgres, name) if postgres else None)


@contextmanager
def little_reference() -> Iterator[None]:
    """A district with a handful of codes and items: every history reads and compares them all."""
    real = setup.default_reference

    def few(catalogue: Path | None = None) -> list[Record]:
        found = real(catalogue)
        kept = {"0101", "02", "citizen"}
        return [r for r in found if kept & {getattr(r, n, "") for n in ("item_code", "code")}]

    setup.default_reference = few
    try:
        yield
    finally:
        setup.default_reference = real


def _people(world: World) -> tuple[tuple[Home, ...], UUID]:
    first = world.staff("甲", ("worker", world.grid1))
    one = world.computer(first)
    two, office = world.join("乙", unit=world.grid2), world.office()
    volunteer = world.join("志愿者", "volunteer")
    world.computer(first, "甲二")
    micro = micro_grid(world, office, volunteer)
    homes = (
        office.household(world.grid1, "户一", id_number="", micro=micro),
        office.household(world.grid2, "户二", id_number=""),
    )
    world.settle()
    for client in (office, one):
        # Something is already there to be chosen.
        client.change(Household, homes[0].id, own_number=client.name)
    world.settle()
    assert [c.name for c in world.clients] == list(NAMES)
    assert two.grid == world.grid2
    return homes, micro


@contextmanager
def world_of(template: Template) -> Iterator[World]:
    """A copy of the template, running."""
    folder = room()
    try:
        shutil.copytree(template.folder, folder, dirs_exist_ok=True)
        with _database(template, folder / "server") as database:
            world = World(database, folder)
            try:
                for number, name in enumerate(NAMES):
                    Client.copied(world, name, folder / f"client{number}", template.grids[number])
                yield world
            finally:
                world.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(template: Template, folder: Path) -> Iterator[Database]:
    if template.postgres is None:
        database = open_database(folder, None)
        try:
            yield database
        finally:
            database.close()
        return
    server, name = template.postgres
    copy = f"sim{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}" STRATEGY WAL_LOG')
        database = open_database(folder, server.replace("/postgres?", f"/{copy}?"))
        try:
            yield database
        finally:
            database.close()
            connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


def save(template: Template) -> None:
    """Write down what a template holds, for other processes."""
    found = asdict(template)
    (template.folder / "template.json").write_text(json.dumps(found, default=str), encoding="utf-8")


def load(folder: Path) -> Template:
    """A template that another process made."""
    found = json.loads((folder / "template.json").read_text(encoding="utf-8"))
    homes = tuple(Home(**{k: UUID(v) for k, v in home.items()}) for home in found["homes"])
    return Template(folder, homes, UUID(found["micro"]), tuple(map(UUID, found["grids"])))
