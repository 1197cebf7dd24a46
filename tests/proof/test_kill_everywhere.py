"""kill -9 at every call that a save or a round makes to the file system: nothing acknowledged is lost, nothing is doubled.

strace is attached to a thread; call number N of a kind never happens, the process is gone. A few calls of the
thread that writes are tried always, every single one of every thread with the slow tests. Each test says how often
it killed (``pytest -rP``), and holds that this was often enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gridapp.server import pages
from tests.proof.conftest import Desk
from tests.proof.leftovers import check_edits, check_visits
from tests.proof.straced import Ran, Zygote
from tests.proof.zygote import JPEG
from tests.sync.sim_world import Template
from tests.sync.world import Client, World

SAMPLE = 14
Point = tuple[str, str, int]  # thread, call, how many of its name so far


def kill(zygote: Zygote, folder: Path, act: str, point: Point, url: str = "") -> Ran:
    thread, name, number = point
    options = ["-e", f"inject={name}:signal=KILL:when={number}"]
    return zygote.run(folder, act, options, url=url, trace=thread)


def points(zygote: Zygote, folder: Path, act: str, which: str, url: str = "") -> list[Point]:
    """``few`` of what the writer calls, spread, only what writes; ``all`` that any thread calls."""
    if which == "all":
        return zygote.calls_of_all(folder, act, url=url)
    calls = [("writer", *call) for call in zygote.calls(folder, act, url=url)]
    writing = [c for c in calls if c[1] in ("pwrite64", "write", "fsync", "rename", "ftruncate")]
    return writing[:: max(1, len(writing) // SAMPLE)]


def killed_everywhere(
    zygote: Zygote, desk: Desk, act: str, check: Callable[[Path, Ran], None], which: str
) -> int:
    """How often the process was killed."""
    every = points(zygote, desk.copy(), act, which)
    killed = 0
    for point in every:
        folder = desk.copy()
        ran = kill(zygote, folder, act, point)
        killed += ran.killed
        check(folder, ran)
    return enough(killed, every, act)


def enough(killed: int, every: list[Point], act: str) -> int:
    """What the program calls may differ a little from run to run; almost all the points were met."""
    threads = ", ".join(f"{n} {name}" for name, n in Counter(p[0] for p in every).items())
    print(f"{act.partition(':')[0]}: {killed} kills at {len(every)} points ({threads})")
    assert {p[0] for p in every} <= {"main", "writer", "reader"}
    assert killed >= len(every) * 0.9
    return killed


WHICH = pytest.mark.parametrize("which", ["few", pytest.param("all", marks=pytest.mark.slow)])


@WHICH
@pytest.mark.timeout(900)
def test_killed_in_a_save(zygote: Zygote, desk: Desk, template: Template, which: str) -> None:
    home = template.homes[0].id
    count = killed_everywhere(
        zygote, desk, f"visits:{home}", lambda f, ran: check_visits(f, home, ran), which
    )
    assert count >= (10 if which == "few" else 200)


@WHICH
@pytest.mark.timeout(900)
def test_killed_in_an_edit_with_a_draft(
    zygote: Zygote, desk: Desk, template: Template, which: str
) -> None:
    home = template.homes[0].id
    count = killed_everywhere(
        zygote, desk, f"edits:{home}", lambda f, ran: check_edits(f, home, ran), which
    )
    assert count >= (10 if which == "few" else 150)


@WHICH
@pytest.mark.timeout(1800)
def test_killed_in_a_round(
    zygote: Zygote, village: World, url: str, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages.read_page, "__defaults__", (10,))
    one, office = prepare_round(village)
    folder = one.store.folder
    one.store.close()
    desk = Desk(village.folder / "client0", village.folder / "copies")
    every = points(zygote, desk.copy(), "sync", which, url)
    killed, before = 0, None
    for point in every:
        copy = desk.copy()
        killed += kill(zygote, copy, "sync", point, url).killed
        check_round(village, one, copy)
        count = len(village.operations(of_people=True))
        assert before in (None, count), "an operation was applied twice"
        before = count
    assert enough(killed, every, "sync") >= (10 if which == "few" else 430)
    assert folder.exists()
    one.reopen()
    village.settle()
    assert office.count("visit") == one.count("visit") == 16


def prepare_round(village: World) -> tuple[Client, Client]:
    """A worker with unsent work, and an office that did more meanwhile."""
    one, _, office = village.clients[:3]
    home = _first_home(one)
    for number in range(12):
        office.visit(home, f"办{number}")
    office.household(village.grid1, "新来", id_number="")
    office.sync()
    for number in range(3):
        one.visit(home, f"离线{number}")
    one.visit(home, "有照片", photo=JPEG)
    return one, office


def check_round(village: World, one: Client, copy: Path) -> None:
    """Whatever was left goes on: one more round, and it holds what the server says, its own work included."""
    from gridapp.store.opening import open_store
    from tests.sync import world as checks

    one.store = open_store(copy, checks.PASSWORD, clock=one.now)
    one._connect()
    assert one.sql("PRAGMA integrity_check") == [("ok",)]
    assert one.sql("SELECT count(*) FROM visit WHERE situation LIKE '离线%'") == [(3,)]
    one.sync()
    checks._check_rows(one, village.readable(one))
    checks._check_nothing_waits(one)
    assert one.count("visit") == 16
    one.store.close()


def _first_home(client: Client) -> object:
    from uuid import UUID

    key = client.sql("SELECT id FROM household ORDER BY id LIMIT 1")[0][0]
    return UUID(bytes=key)
