"""A world for each test, on SQLite and on PostgreSQL: copies of one district that was made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from argon2 import PasswordHasher

from gridapp.server import auth
from gridapp.server.database import open_database
from tests.quick_store import quick_stores
from tests.sync.sim_world import Template, make_template, room
from tests.sync.world import World, prepare

DATABASES = ["sqlite", "postgres"]


@pytest.fixture(autouse=True)
def quick_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enrolment codes of the tests need not withstand anybody."""
    monkeypatch.setattr(auth, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(autouse=True)
def quick_clients() -> Iterator[None]:
    """A computer that joins gets a copy of an empty store."""
    with quick_stores():
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    database = open_database(folder, None)
    prepare(database, folder)
    shutil.copytree(database.journal, folder / "journal")
    database.close()
    return folder


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder beside the database ``sync_template``."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE sync_template")
    folder = tmp_path_factory.mktemp("postgres_template")
    database = open_database(folder, postgres_server.replace("/postgres?", "/sync_template?"))
    prepare(database, folder)
    shutil.copytree(database.journal, folder / "journal")
    database.close()
    return folder


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """The prepared village of the simulator, on SQLite, in memory where that can be."""
    folder = room()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(auth, "_hasher", PasswordHasher(1, 8, 1))
        yield make_template(folder / "template")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template_of_simulator(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Template:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(auth, "_hasher", PasswordHasher(1, 8, 1))
        return make_template(tmp_path_factory.mktemp("sim") / "template", postgres_server)


@pytest.fixture(params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from new_world(request, request.param, tmp_path)


@pytest.fixture
def small_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """On SQLite alone, for what only the client does."""
    yield from new_world(request, "sqlite", tmp_path)


def new_world(request: pytest.FixtureRequest, name: str, folder: Path) -> Iterator[World]:
    """A copy of the district, for fixtures of any scope."""
    if name == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template / "server.db", folder / "server.db")
        shutil.copytree(template / "journal", folder / "journal")
        yield from _open(folder, None)
        return
    template = request.getfixturevalue("postgres_template")
    shutil.copytree(template / "journal", folder / "journal")
    server = request.getfixturevalue("postgres_server")
    copy = f"t{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE sync_template STRATEGY WAL_LOG')
        yield from _open(folder, server.replace("/postgres?", f"/{copy}?"))
        connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


def _open(folder: Path, url: str | None) -> Iterator[World]:
    database = open_database(folder, url, folder / "journal")
    made = World(database, folder)
    yield made
    made.close()
    database.close()
