"""The power goes at any moment: from every state in which the disk may be then, nothing acknowledged is missing.

A save, an edit and a round are recorded once, call by call. Then they are replayed up to a moment, and of what was
not synced anything may be lost, torn or out of order: two thousand images with the slow tests, some always. An image
fails with its number, which is its seed.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridapp.server import pages
from tests.proof.conftest import Desk
from tests.proof.leftovers import check_edits, check_visits
from tests.proof.power import OPTIONS, Disk, Done, recorded
from tests.proof.straced import Ran, Zygote
from tests.proof.test_kill_everywhere import check_round, prepare_round
from tests.sync.sim_world import Template, room
from tests.sync.world import World

Check = Callable[[Path, Ran], None]


@pytest.fixture
def space() -> Iterator[Path]:
    folder = room()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def record(
    zygote: Zygote, desk: Desk, act: str, space: Path, url: str = ""
) -> tuple[Path, list[Done]]:
    """The folder as it was before the act, and all that the whole process did to it."""
    folder = desk.copy()
    before = space / "before"
    shutil.copytree(folder, before)
    log = space / "log"
    ran = zygote.run(folder, act, ["-o", str(log), *OPTIONS], url=url, trace="all")
    assert "end" in ran.said, ran.said
    done = [_moved(d, folder, before) for d in recorded(log, folder, ran.out)]
    assert sum(d.what == "sync" for d in done) > 3
    log.unlink()
    return before, done


def _moved(done: Done, old: Path, new: Path) -> Done:
    def at(path: str) -> str:
        return path.replace(str(old), str(new), 1)

    return Done(done.what, at(done.path), done.at, done.data, at(done.to))


def images(before: Path, done: list[Done], count: int, space: Path, check: Check) -> None:
    """So many images at moments spread over the whole act, each looked at."""
    moments = [int(len(done) * (n + 0.5) / count) for n in range(count)]
    disk, at, said = Disk(before), 0, b""
    for number, moment in enumerate(moments):
        while at < moment:
            disk.do(done[at])
            said += done[at].data if done[at].what == "said" else b""
            at += 1
        target = space / f"image{number}"
        disk.image(target, random.Random(number))
        try:
            check(target, Ran(said.decode().splitlines(), killed=True))
        except Exception as error:
            raise AssertionError(
                f"image {number} of {count}, after {moment} of {len(done)} calls"
            ) from error
        shutil.rmtree(target)


@pytest.mark.parametrize("count", [80, pytest.param(700, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_power_goes_in_a_save(
    zygote: Zygote, desk: Desk, template: Template, space: Path, count: int
) -> None:
    home = template.homes[0].id
    before, done = record(zygote, desk, f"visits:{home}", space)
    images(before, done, count, space, lambda f, ran: check_visits(f, home, ran))


@pytest.mark.parametrize("count", [40, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_power_goes_in_an_edit(
    zygote: Zygote, desk: Desk, template: Template, space: Path, count: int
) -> None:
    home = template.homes[0].id
    before, done = record(zygote, desk, f"edits:{home}", space)
    images(before, done, count, space, lambda f, ran: check_edits(f, home, ran))


@pytest.mark.parametrize("count", [80, pytest.param(600, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_power_goes_while_the_log_begins_again(
    zygote: Zygote, desk: Desk, template: Template, space: Path, count: int
) -> None:
    home = template.homes[0].id
    before, done = record(zygote, desk, f"restarts:{home}", space)
    images(before, done, count, space, lambda f, ran: check_visits(f, home, ran))


@pytest.mark.parametrize("count", [20, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_power_goes_in_a_round(
    zygote: Zygote,
    village: World,
    url: str,
    space: Path,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages.read_page, "__defaults__", (10,))
    one, _ = prepare_round(village)
    one.store.close()
    desk = Desk(village.folder / "client0", village.folder / "copies")
    before, done = record(zygote, desk, "sync", space, url)
    images(before, done, count, space, lambda f, _: check_round(village, one, f))


def test_a_disk_that_forgets_is_noticed(
    zygote: Zygote, desk: Desk, template: Template, space: Path
) -> None:
    """The proof itself: with the syncs taken out of the record, acknowledged saves are missing."""
    home = template.homes[0].id
    before, done = record(zygote, desk, f"visits:{home}", space)
    forgetful = [d for d in done if d.what != "sync"]
    with pytest.raises(AssertionError, match="image"):
        images(before, forgetful, 60, space, lambda f, ran: check_visits(f, home, ran))
