"""kill -9 at every call that a save or a round makes to the file system: nothing acknowledged is lost, nothing is doubled.

strace is attached to the thread that writes; call number N of a kind never happens, the process is gone.
A few of these points are tried always, every single one with the slow tests.
"""

from __future__ import annotations

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


def kill(zygote: Zygote, folder: Path, act: str, call: tuple[str, int], url: str = "") -> Ran:
    name, number = call
    return zygote.run(folder, act, ["-e", f"inject={name}:signal=KILL:when={number}"], url=url)


def points(calls: list[tuple[str, int]], few: bool) -> list[tuple[str, int]]:
    """All calls, or some of them, spread, those that write first of all."""
    if not few:
        return calls
    writing = [c for c in calls if c[0] in ("pwrite64", "write", "fsync", "rename", "ftruncate")]
    step = max(1, len(writing) // SAMPLE)
    return writing[::step]


def killed_everywhere(
    zygote: Zygote, desk: Desk, act: str, check: Callable[[Path, Ran], None], few: bool
) -> int:
    calls = points(zygote.calls(desk.copy(), act), few)
    killed = 0
    for call in calls:
        folder = desk.copy()
        ran = kill(zygote, folder, act, call)
        killed += ran.killed
        check(folder, ran)
    # What the program calls may differ a little from run to run; almost all the points were met.
    assert killed >= len(calls) * 0.9
    return killed


@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_killed_in_a_save(zygote: Zygote, desk: Desk, template: Template, few: bool) -> None:
    home = template.homes[0].id
    count = killed_everywhere(
        zygote, desk, f"visits:{home}", lambda f, ran: check_visits(f, home, ran), few
    )
    assert count >= (10 if few else 200)


@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_killed_in_an_edit_with_a_draft(
    zygote: Zygote, desk: Desk, template: Template, few: bool
) -> None:
    home = template.homes[0].id
    count = killed_everywhere(
        zygote, desk, f"edits:{home}", lambda f, ran: check_edits(f, home, ran), few
    )
    assert count >= (10 if few else 100)


@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_killed_in_a_round(
    zygote: Zygote, village: World, url: str, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages.read_page, "__defaults__", (10,))
    one, office = prepare_round(village)
    folder = one.store.folder
    one.store.close()
    desk = Desk(village.folder / "client0", village.folder / "copies")
    calls = points(zygote.calls(desk.copy(), "sync", url=url), few)
    killed, before = 0, None
    for call in calls:
        copy = desk.copy()
        killed += kill(zygote, copy, "sync", call, url).killed
        check_round(village, one, copy)
        count = len(village.operations(of_people=True))
        assert before in (None, count), "an operation was applied twice"
        before = count
    assert killed >= len(calls) * 0.9
    assert killed >= (10 if few else 200)
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
