"""A full disk: the save says so, nothing is half there, and it goes on once there is room."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gridapp.errors import Problem
from gridapp.store import blobs as blobs_module
from gridapp.store import drafts, recording, search
from gridapp.store.drafting import Picture, VisitDraft
from gridapp.store.opening import open_store
from gridapp.store.store import Store
from gridapp.store.unit_of_work import UnitOfWork
from tests.store.realistic import PASSWORD, dump, household, jpeg, member, save


@pytest.fixture
def full(store: Store) -> Store:
    """A store that may not grow by another page."""
    save(store, household("周敏", "3号楼", "201", member("周敏")))

    def limit(uow: UnitOfWork) -> None:
        uow.connection.execute("PRAGMA max_page_count=1").fetchall()

    store.write(limit).result()
    return store


def more_room(store: Store) -> None:
    def limit(uow: UnitOfWork) -> None:
        uow.connection.execute("PRAGMA max_page_count=1000000").fetchall()

    store.write(limit).result()


def visits(store: Store) -> int:
    return int(store.read(lambda r: r.value("SELECT count(*) FROM visit")).result())


def long_visit(store: Store, **values: Any) -> VisitDraft:
    key = store.read(lambda r: search.find(r, "周敏")).result()[0].household_id
    assert key
    return VisitDraft(key, "2026-11-20", situation="平安。" * 1300, **values)


def test_the_save_says_so_and_nothing_is_half_there(full: Store) -> None:
    draft = long_visit(full, pictures=(Picture(jpeg()),))
    for _ in range(200):
        before, told = dump(full), visits(full)
        files = sorted(p for p in full.folder.rglob("*") if p.is_file())
        said = full.write(lambda uow: recording.add_visit(uow, draft)).exception()
        if said is not None:
            break
    else:
        pytest.fail("the disk never was full")
    assert isinstance(said, Problem)
    assert said.code == "disk_full"
    assert "磁盘" in said.text()
    assert dump(full) == before
    assert visits(full) == told
    assert sorted(p for p in full.folder.rglob("*") if p.is_file()) == files
    # reading goes on, and so does saving once there is room
    assert full.read(lambda r: search.find(r, "周敏")).result()
    more_room(full)
    full.write(lambda uow: recording.add_visit(uow, draft)).result()
    assert visits(full) == told + 1
    assert full.read(lambda r: r.value("PRAGMA integrity_check")).result() == "ok"


def test_a_draft_that_finds_no_room_says_so_too(full: Store) -> None:
    before = dump(full)
    with pytest.raises(Problem) as caught:
        drafts.keep(full, "visit", {"situation": "平安。" * 200_000}).result()
    assert caught.value.code == "disk_full"
    assert dump(full) == before


def test_a_photo_that_finds_no_room_saves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = save(store, household("周敏"))
    before = dump(store)

    def no_room(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(blobs_module.os, "fsync", no_room)
        draft = VisitDraft(form.household.id, "2026-11-20", pictures=(Picture(jpeg()),))
        with pytest.raises(Problem) as caught:
            store.write(lambda uow: recording.add_visit(uow, draft)).result()
    assert caught.value.code == "disk_full"
    assert dump(store) == before
    assert [p for p in (store.folder / "blobs").rglob("*") if p.is_file()] == []


LIMITED = """
import resource, signal, sys
from pathlib import Path
from gridapp.errors import Problem
from gridapp.store import drafts
from gridapp.store.opening import open_store

store = open_store(Path(sys.argv[1]), sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = (Path(sys.argv[1]) / "store.db-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 100_000), -1))
kept = 0
try:
    for number in range(1000):
        drafts.keep(store, f"d{number}", {"text": "x" * 5000}).result()
        kept += 1
except Problem as problem:
    print(problem.code)
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
print(kept)
drafts.keep(store, "after", {}).result()
print(len(store.read(drafts.keys).result()))
store.close()
"""


def test_a_limit_of_the_operating_system_in_a_program_of_its_own(store: Store) -> None:
    store.close()
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(store.folder), PASSWORD],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    code, kept, there = run.stdout.split()
    assert code in ("disk_full", "disk_error")
    assert int(kept) < 1000
    assert int(there) == int(kept) + 1


def test_no_room_for_the_first_database_leaves_nothing(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from gridapp.errors import Problem\n"
        "from gridapp.store.opening import create_store\n"
        "from tests.store.realistic import PASSWORD, WEAK, who\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, -1))\n"
        "try:\n"
        "    create_store(\n"
        "        Path(sys.argv[1]), PASSWORD, who(), device_key=bytes(32), strength=WEAK\n"
        "    )\n"
        "except Problem as problem:\n    print(problem.code)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.strip() in ("disk_full", "disk_error")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


NO_ROOM = """
import resource, signal, sys
from pathlib import Path
from gridapp.cli.main import main
from gridapp.errors import Problem
from gridapp.store import drafts, status
from gridapp.store.opening import open_store

folder, password = Path(sys.argv[1]), sys.argv[2]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1))
store = open_store(folder, password)
print(store.read(lambda r: r.value("SELECT name FROM household")).result())
print(store.read(status.current).result().waiting > 0)
try:
    drafts.keep(store, "visit", {"text": "x"}).result()
except Problem as problem:
    print(problem.code, "磁盘已满" in problem.text())
print(*store.read(drafts.keys).result())
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
drafts.keep(store, "visit", {"text": "x"}).result()
print(*sorted(store.read(drafts.keys).result()))
store.close()
"""


def no_room(script: str, folder: Path, **more: str) -> list[str]:
    """What a program says that may not write a single byte."""
    run = subprocess.run(
        [sys.executable, "-c", script, str(folder), PASSWORD],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | more,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def _closed(store: Store, tmp_path: Path, ended: str) -> Path:
    """The folder of a store that has things to put in order, after the program ended so."""
    save(store, household("周敏", "3号楼", "201", member("周敏")))
    thrown = "INSERT INTO draft (key,data,updated_at) VALUES ('thrown:1','{}',0)"
    store.write(lambda uow: uow.connection.execute(thrown)).result()
    (store.folder / "profile.json").unlink()
    if ended == "closed":
        store.close()
        return store.folder
    cut = tmp_path / "cut" / store.folder.name
    shutil.copytree(store.folder, cut, ignore=shutil.ignore_patterns("*-shm"))
    assert (cut / "store.db-wal").stat().st_size
    return cut


@pytest.mark.parametrize("ended", ["closed", "cut off"])
def test_what_is_here_can_be_read_and_saved_to_once_there_is_room(
    store: Store, tmp_path: Path, ended: str
) -> None:
    folder = _closed(store, tmp_path, ended)
    assert no_room(NO_ROOM, folder) == [
        "周敏",
        "True",
        "disk_full True",
        "thrown:1",
        "thrown:1 visit",
    ]
    # and the next time everything is as ever
    opened = open_store(folder, PASSWORD)
    try:
        assert opened.read(drafts.keys).result() == ("visit",)
        assert opened.read(lambda r: r.value("PRAGMA integrity_check")).result() == "ok"
        assert opened.read(lambda r: r.value("SELECT count(*) FROM draft")).result() == 1
        assert (folder / "profile.json").is_file()
    finally:
        opened.close()


def test_without_its_log_it_says_that_the_disk_is_full(store: Store, tmp_path: Path) -> None:
    """An older schema cannot be brought up to date, and that is said, of the disk and not of rights."""
    folder = _closed(store, tmp_path, "closed")
    script = NO_ROOM.partition("store = open_store")[0] + (
        "from gridapp.store import opening\n"
        "def refuse(*_args, **_more):\n    raise Problem('disk_full', '磁盘已满')\n"
        "opening.connect = refuse\n"
        "try:\n    open_store(folder, password)\n"
        "except Problem as problem:\n    print(problem.code, problem.text())\n"
    )
    (said,) = no_room(script, folder)
    assert said.startswith("disk_full")
    assert "磁盘已满，打不开资料。" in said
    assert "权限" not in said


def test_the_command_line_lists_what_is_here(store: Store, tmp_path: Path) -> None:
    folder = _closed(store, tmp_path, "closed")
    script = NO_ROOM.partition("store = open_store")[0] + (
        "sys.exit(main(['client', 'list', 'household', '--data', str(folder.parent.parent)]))\n"
    )
    said = no_room(script, folder, GRIDAPP_PASSWORD=PASSWORD)
    assert "周敏" in said[0]
