"""What the proofs share: the prepared village of the simulator, a process that forks clients, a server on a socket."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn

from gridapp.store.opening import open_store
from gridapp.store.store import Store
from tests.proof.straced import Zygote, can_trace
from tests.sync.conftest import template
from tests.sync.sim_world import Template, room, world_of
from tests.sync.world import PASSWORD, World


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    if not can_trace():
        pytest.skip("strace may not trace here")
    folder = room()
    process = Zygote(folder)
    yield process
    process.close()
    shutil.rmtree(folder)


@dataclass
class Desk:
    """Copies of one prepared computer, each gone when the next is made."""

    source: Path  # a folder "clientN" of a template
    folder: Path
    number: int = field(default=0)

    def copy(self) -> Path:
        """A new copy; returns the user's folder in it."""
        shutil.rmtree(self.folder / str(self.number), ignore_errors=True)
        self.number += 1
        whole = self.folder / str(self.number)
        shutil.copytree(self.source, whole)
        (user,) = (whole / "users").iterdir()
        return user


@pytest.fixture
def desk(template: Template) -> Iterator[Desk]:
    folder = room()
    yield Desk(template.folder / "client0", folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def village(template: Template) -> Iterator[World]:
    with world_of(template) as world:
        yield world


@pytest.fixture
def url(village: World) -> Iterator[str]:
    """The village's server on a real socket."""
    config = uvicorn.Config(village.app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([socket],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    socket.close()


def reopened(folder: Path) -> Store:
    """The store as the next start of the program finds it."""
    return open_store(folder, PASSWORD)


__all__ = ["template"]
