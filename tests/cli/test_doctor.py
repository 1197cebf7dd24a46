"""The doctor: well where all is well, and each thing that is broken named with its remedy."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from gridapp import config
from gridapp.cli import checks, data_checks
from gridapp.cli.doctor import Finding, examine
from gridapp.cli.main import main
from gridapp.config import resource_path
from tests.store.realistic import NOON, make_store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make_store(tmp_path / "data").close()
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window is tried in one test only."""
    monkeypatch.setattr(checks, "window", lambda: "Qt")


def sick(data: Path, now: int = NOON) -> dict[str, str]:
    """Name -> what is said, of everything that is not well."""
    return {f.name: f.detail for f in examine(data, lambda: now) if not f.ok}


def test_all_is_well(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--data", str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert all(line.startswith("正常") for line in lines)
    assert "李秀英" in lines[-1]
    assert checks.RARE in "".join(lines)


def test_json_is_one_document(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--data", str(data), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert [c["name"] for c in document["checks"]] == [
        *("program", "parts", "resources", "font", "window", "encryption", "printing"),
        *("clock", "disk", "folder", "users"),
    ]


def test_nobody_registered_is_no_illness_and_nothing_is_made(tmp_path: Path) -> None:
    assert sick(tmp_path / "a" / "b") == {}
    assert list(tmp_path.iterdir()) == []


def test_a_problem_is_one_line_and_the_status_1(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (next(data.glob("users/*")) / "key.json").write_text("{\n}")
    assert main(["doctor", "--data", str(data)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert [line for line in lines if line.startswith("问题")] == lines[-1:]
    assert "恢复密钥" in lines[-1]
    assert main(["doctor", "--data", str(data), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_english(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (next(data.glob("users/*")) / "store.db").unlink()
    assert main(["--lang", "en", "doctor", "--data", str(data)]) == 1
    out = capsys.readouterr().out.replace(checks.RARE, "").replace("李秀英", "")
    assert not any("\u4e00" <= c <= "\u9fff" for c in out)
    assert main(["--lang", "zh_CN", "doctor", "--data", str(data)]) == 1


def test_the_window_is_tried_in_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert checks.window().endswith("offscreen")
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
    found = next(f for f in examine(Path("nowhere"), lambda: NOON) if f.name == "window")
    assert not found.ok
    assert "no-such-platform" in found.detail or "qt" in found.detail.lower()
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform == "linux":
        assert "没有屏幕" in checks.window()


@pytest.mark.parametrize("now", [0, 946_684_800_000, 1_767_196_799_999])
def test_a_clock_years_behind(data: Path, now: int) -> None:
    assert list(sick(data, now)) == ["clock"]
    assert sick(data, 1_767_196_800_000) == {}


def test_no_room(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(
        data_checks.shutil, "disk_usage", lambda _: usage._replace(free=499_000_000)
    )
    assert "499 MB" in sick(data)["disk"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_that_others_can_read(data: Path) -> None:
    folder = next(data.glob("users/*"))
    folder.chmod(0o755)
    assert str(folder) in sick(data)["folder"]
    folder.chmod(0o700)
    assert sick(data) == {}


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    assert "folder" in sick(tmp_path / "data")


def test_a_database_that_is_gone_and_one_that_is_empty(data: Path) -> None:
    database = next(data.glob("users/*/store.db"))
    database.write_bytes(b"")
    assert str(database) in sick(data)["users"]
    database.unlink()
    assert str(database) in sick(data)["users"]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the resources that may be broken."""
    copy = tmp_path / "bundle" / "resources"
    copy.mkdir(parents=True)
    for path in resource_path().iterdir():
        if path.name == "fonts":
            shutil.copytree(path, copy / "fonts", copy_function=os.link)
        elif path.is_dir():
            shutil.copytree(path, copy / path.name)
    monkeypatch.setattr(config.sys, "_MEIPASS", str(tmp_path / "bundle"), raising=False)
    return copy


def test_a_copy_of_the_resources_is_well(elsewhere: Path, data: Path) -> None:
    assert sick(data) == {}


def test_resources_that_are_missing(elsewhere: Path, data: Path) -> None:
    (elsewhere / "styles" / "window.qss").unlink()
    assert "styles/window.qss" in sick(data)["resources"]
    (elsewhere / "print" / "household_file.typ").unlink()
    assert {"resources", "printing"} <= sick(data).keys()


def test_a_font_that_is_missing_broken_or_lacks_rare_characters(
    elsewhere: Path, data: Path
) -> None:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    regular = elsewhere / "fonts" / "NotoSansCJKsc-Regular.otf"
    with TTFont(regular, lazy=True) as font:
        few = subset.Subsetter()
        few.populate(text="网格 abc" + checks.RARE[:3])
        few.subset(font)
        regular.unlink()
        font.save(regular)
    assert "没有 𬭊" in sick(data)["font"]
    regular.write_bytes(b"no font")
    assert "font" in sick(data)
    shutil.rmtree(elsewhere / "fonts")
    assert {"resources", "font", "printing"} <= sick(data).keys()


def test_a_missing_library(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert "pi-heif" in sick(data)["parts"]


def test_encryption_that_is_none(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlcipher3 import dbapi2

    from gridapp.store import database

    def plain(path: Path, _key: bytes) -> object:
        return dbapi2.connect(str(path), isolation_level=None)

    monkeypatch.setattr(database, "connect", plain)
    assert list(sick(data)) == ["encryption"]

    def no_search(_path: Path, _key: bytes) -> object:
        raise database.DatabaseError("no such module: fts5")

    monkeypatch.setattr(database, "connect", no_search)
    assert list(sick(data)) == ["encryption"]


def test_whatever_breaks_the_other_checks_are_made(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise ImportError("libsomething.so.6: cannot open shared object file")

    monkeypatch.setattr(checks, "printing", broken)
    found = examine(data, lambda: NOON)
    assert len(found) == 11
    (only,) = (f for f in found if not f.ok)
    assert isinstance(only, Finding)
    assert "libsomething.so.6" in only.detail
