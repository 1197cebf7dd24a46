"""Copies beside the database: which of them is no backup, and which still hold what was purged."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from gridapp import i18n
from gridapp.server.database import open_database
from gridapp.server.old_copies import holding
from tests.cli.clients import Commands, Office, Ran

HEADING = "下面的旧副本里还有"


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    yield
    i18n.set_language("zh_CN")


@pytest.fixture
def gridapp(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data of a server that is stopped."""
    made = tmp_path / "data"
    made.mkdir()
    Office(made).database.close()
    return made


def _household(folder: Path) -> UUID:
    with sqlite3.connect(folder / "server.db") as connection:
        return UUID(bytes=connection.execute("SELECT id FROM household").fetchone()[0])


def _purge(gridapp: Commands, folder: Path, home: UUID, *more: str) -> Ran:
    words = ("server", "purge", "household", home, "--reason", "本人申请", "--data", folder)
    ran = gridapp(*words, *more)
    assert ran.status == 0, ran.err
    return ran


def _backup(gridapp: Commands, folder: Path) -> Path:
    ran = gridapp("server", "backup", "--data", folder)
    assert ran.status == 0, ran.err
    return Path(ran.out.splitlines()[-1])


@pytest.mark.parametrize("named", ["itself", "by a link"])
def test_the_live_database_is_no_backup(
    gridapp: Commands, folder: Path, tmp_path: Path, named: str
) -> None:
    live = folder / "server.db"
    path = live
    if named == "by a link":
        path = tmp_path / "link.db"
        path.symlink_to(live)
    held = live.read_bytes()
    ran = gridapp("server", "restore", path, "--data", folder)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "不是备份" in ran.err
    assert live.read_bytes() == held
    assert list(folder.glob("*.replaced*")) == []
    status = gridapp("server", "journal", "status", "--data", folder, "--json")
    assert json.loads(status.out)["epoch"] == 1


def test_a_purge_names_the_copies_that_still_hold_it(gridapp: Commands, folder: Path) -> None:
    copy = _backup(gridapp, folder)
    ran = gridapp("server", "restore", copy, "--data", folder)
    assert ran.status == 0
    replaced = folder / "server.db.replaced-1"
    assert f"{replaced}\n确认恢复没有问题以后请删掉它" in ran.out
    before = folder / "server.db.before-0003"
    shutil.copy(copy, before)
    broken = copy.with_name(f"{copy.name}.unverified")
    broken.write_bytes(b"not a database" * 99)
    files = sorted(p.name for f in (folder, copy.parent) for p in f.iterdir())
    ran = _purge(gridapp, folder, _household(folder))
    _, _, listed = ran.out.partition(HEADING)
    found = dict(line.split(" · ") for line in listed.splitlines()[1:])
    assert found == {
        str(copy): "备份，做一份新的以后可以删",
        str(broken): "备份，做一份新的以后可以删",
        str(replaced): "恢复以前的数据，恢复没有问题就可以删",
        str(before): "升级以前的数据，升级没有问题就可以删",
    }
    after = sorted(p.name for f in (folder, copy.parent) for p in f.iterdir())
    assert [n for n in after if not n.endswith(("-wal", "-shm"))] == [
        n for n in files if not n.endswith(("-wal", "-shm"))
    ]
    assert not [n for n in after if n.endswith(("-wal", "-shm")) and "server.db-" not in n]


def test_copies_without_it_are_not_named(gridapp: Commands, folder: Path) -> None:
    home = _household(folder)
    assert HEADING not in _purge(gridapp, folder, home).out
    _backup(gridapp, folder)
    database = open_database(folder, None)
    try:
        assert holding(database, {("household", home.bytes)}) == []
        other = ("household", _household(folder).bytes)
        assert [copy.what for copy in holding(database, {other})] == ["backup"]
    finally:
        database.close()


def test_what_is_in_a_log_beside_a_copy(gridapp: Commands, folder: Path) -> None:
    """A copy that was never written back whole cannot be judged, and is named."""
    home = _household(folder)
    _purge(gridapp, folder, home)
    kept = folder / "server.db.replaced-1"
    shutil.copy(folder / "server.db", kept)
    database = open_database(folder, None)
    try:
        assert holding(database, {("household", home.bytes)}) == []
        kept.with_name(f"{kept.name}-wal").write_bytes(b"frames")
        found = holding(database, {("household", home.bytes)})
        assert [copy.path for copy in found] == [str(kept)]
    finally:
        database.close()
