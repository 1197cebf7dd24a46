"""Real processes, really killed: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from gridapp.server import pages
from gridapp.store.opening import open_store
from tests.sync.world import PASSWORD, Client, World

VICTIM = Path(__file__).with_name("victim.py")


@pytest.fixture
def url(small_world: World) -> Iterator[str]:
    """The same server on a real socket."""
    config = uvicorn.Config(small_world.app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([socket],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    socket.close()


def kill_at(client: Client, url: str, moment: str, act: str) -> list[str]:
    """Run a process on the client's data until the moment, kill it, reopen. What it had acknowledged."""
    folder = client.store.folder
    client.store.close()
    process = subprocess.Popen(
        [sys.executable, str(VICTIM), str(folder), url, moment, act],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        saved = []
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() in ("now", "done"):
                saved.append(line.strip())
                break
            saved.append(line.split()[1])
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()
    client.store = open_store(folder, PASSWORD, clock=client.world.clock)
    client._connect()
    return saved


@pytest.mark.parametrize("moment", ["before commit", "after commit"])
def test_killed_around_a_commit(small_world: World, url: str, moment: str) -> None:
    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    small_world.settle()
    *saved, last = kill_at(a, url, moment, f"visit:{home.id}")
    assert last == "now"
    assert len(saved) == 2
    held = [r[0] for r in a.sql("SELECT situation FROM visit ORDER BY id")]
    assert held == ["第0次", "第1次"] + (["第2次"] if moment == "after commit" else [])
    assert a.status().waiting == len(held)
    small_world.settle()
    assert [r[0] for r in b.sql("SELECT situation FROM visit ORDER BY id")] == held


@pytest.mark.parametrize(
    "moment",
    [
        "_take_outcomes:0",  # the server has it, the client does not know
        "keep_channels:0",
        "apply_page:0",
        "apply_page:2",
        "apply_page:1",
        "apply_bodies:0",
        "finish_round:0",
    ],
)
def test_killed_in_a_round(
    small_world: World, url: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridapp.domain.household import Household

    monkeypatch.setattr(pages.read_page, "__defaults__", (10,))
    a, b = small_world.join("甲"), small_world.office()
    home = a.household()
    small_world.settle()
    for number in range(12):
        b.visit(home.id, f"办{number}")
    b.change(Household, home.id, registered_address="x")
    b.sync()
    a.change(Household, home.id, own_number="7")
    a.visit(home.id, "离线")
    assert kill_at(a, url, moment, "sync") == ["now"]
    # As it was left, it can be worked with.
    assert a.get(Household, home.id).own_number == "7"
    a.visit(home.id, "重开后")
    small_world.settle()
    for client in (a, b):
        assert client.count("visit") == 14
        held = client.get(Household, home.id)
        assert (held.own_number, held.registered_address) == ("7", "x")


def test_a_second_process_is_refused_while_one_lives(small_world: World) -> None:
    from gridapp.errors import Problem

    a = small_world.join("甲")
    with pytest.raises(Problem) as problem:
        open_store(a.store.folder, PASSWORD)
    assert problem.value.code == "in_use"
