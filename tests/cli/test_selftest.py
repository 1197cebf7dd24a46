"""The program tries itself: all is well from a checkout, and what is broken ends it with its reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gridapp.cli import selftest
from gridapp.config import resource_path
from gridapp.errors import Problem
from gridapp.store import database


def test_all_is_well_and_nothing_is_left(tmp_path: Path) -> None:
    environment = dict(os.environ) | {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "gridapp", "--selftest", "--lang", "en"],
        env=environment | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, len(lines)) == (0, 5), done.stdout + done.stderr
    assert not [c for line in lines for c in line if "一" <= c <= "鿿"]
    left = [path for path in tmp_path.rglob("*") if path.is_file() and ".cache" not in path.parts]
    assert left == []


def broken_resources(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "check").mkdir()
    whole = resource_path("check", "sample.heic").read_bytes()
    (folder / "check" / "sample.heic").write_bytes(whole[:200])
    monkeypatch.setattr(selftest, "resource_path", folder.joinpath)
    checks = (("a", selftest.photo), ("b", selftest.words))
    monkeypatch.setattr(selftest, "_checks", lambda: checks)


def test_the_first_that_fails_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_resources(tmp_path, monkeypatch)
    assert selftest.run() == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "sample.heic" in line


def test_a_defect_is_a_reason_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selftest, "resource_path", lambda *_: Path("nowhere"))
    monkeypatch.setattr(selftest, "_checks", lambda: (("a", selftest.photo),))
    assert selftest.run() == 1
    assert "FileNotFoundError" in capsys.readouterr().out


def test_data_that_is_not_encrypted_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_key(connection: database.Connection, *_: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")

    monkeypatch.setattr(database, "_prepare", without_key)
    with pytest.raises(Problem, match="没有加密"):
        selftest.database()
