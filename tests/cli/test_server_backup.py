"""``gridapp server backup|restore|journal`` and their clients, from the command line alone."""

import json
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridapp import i18n
from gridapp.cli import main as main_module
from gridapp.cli.main import main
from gridapp.store import keys
from tests.cli.test_server_cli import GRID, running
from tests.server.conftest import DIVISIONS
from tests.server.staff_books import staff_book


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GRIDAPP_PASSWORD", "password")
    monkeypatch.setattr(keys, "SHIPPED", keys.Strength(1, 8, 1))
    yield
    i18n.set_language("zh_CN")


class Words:
    """Commands, and what they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        self._capsys.readouterr()
        status = main([str(word) for word in words])
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def right(self, *words: object) -> str:
        status, out, err = self(*words)
        assert status == 0, err
        return out


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Words:
    return Words(capsys)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def make(say: Words, folder: Path) -> Path:
    """A loaded server."""
    (folder / "d.csv").write_text(DIVISIONS, encoding="utf-8")
    data = folder / "data"
    divisions = ("--divisions", folder / "d.csv", "--district", "410702000000")
    say.right("server", "init", "--data", data, *divisions)
    book = staff_book(folder / "staff.xlsx")
    say.right("server", "load", book, "--data", data, "--no-codes")
    return data


def test_a_day_is_lost_and_comes_back(say: Words, tmp_path: Path) -> None:
    data, mine = make(say, tmp_path), ("--data", tmp_path / "client")
    where, port = ("--data", data), free_port()
    code = say.right("server", "device", "code", "lixiuying", *where).splitlines()[-1]
    report = ("client", "event", "report", "--item", "0101", "--grid", GRID, *mine)
    with running("--port", port, *where) as (process, address):
        say.right("client", "enroll", *mine, "--server", address, "--code", code)
        say.right("client", "sync", *mine)
        say.right(*report, "--text", "备份以前")
        say.right("client", "sync", *mine)
        copy = Path(say.right("server", "backup", *where).splitlines()[-1])
        assert copy.is_file()
        say.right(*report, "--text", "备份以后")
        assert json.loads(say.right("client", "sync", *mine, "--json"))["pushed"] == 1
        status, _, err = say("server", "restore", copy, *where)
        assert (status, "正在运行" in err) == (1, True)
        process.terminate()
        assert process.wait() == 0
    out = say.right("server", "restore", copy, *where)
    assert "server.db.replaced-1" in out
    assert json.loads(say.right("server", "journal", "status", *where, "--json"))["epoch"] == 2
    assert texts(data) == ["备份以前"]
    with running("--port", port, *where) as (process, _):
        found = json.loads(say.right("client", "sync", *mine, "--json"))
        assert (found["waiting"], found["rejected"], found["conflicts"]) == (0, 0, 0)
        assert texts(data) == ["备份以前", "备份以后"]
        process.terminate()
        assert process.wait() == 0


def test_a_folder_put_back_by_hand_is_noticed(say: Words, tmp_path: Path) -> None:
    """Copied whole, worked on, and copied back, as people do it."""
    data = make(say, tmp_path)
    shutil.copytree(data, tmp_path / "yesterday")
    add = ("server", "user", "add", "--role=worker", "--unit=410702001001001", "--data", data)
    say.right(*add, "赵一")
    shutil.rmtree(data)
    shutil.copytree(tmp_path / "yesterday", data)
    status = json.loads(say.right("server", "journal", "status", "--data", data, "--json"))
    assert status["epoch"] == 2


def test_without_its_journal(say: Words, tmp_path: Path) -> None:
    data, journal = make(say, tmp_path), tmp_path / "data.journal"
    assert journal.is_dir()
    journal.rename(tmp_path / "away")
    status, out, err = say("server", "device", "list", "--data", data)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert str(journal) in err
    assert "--journal" in err
    say.right("server", "device", "list", "--data", data, "--journal", tmp_path / "away")
    (tmp_path / "away").rename(journal)
    assert "日志还在" in say("server", "journal", "new", "--data", data)[2]
    shutil.rmtree(journal)
    say.right("server", "journal", "new", "--data", data)
    say.right("server", "backup", "--data", data)
    out = say.right("server", "journal", "epoch", "--data", data)
    assert "第 4 纪元" in out


def test_everything_is_lost_but_a_backup(say: Words, tmp_path: Path) -> None:
    data = make(say, tmp_path)
    copy = say.right("server", "backup", "--data", data, "--to", tmp_path / "b").splitlines()[-1]
    shutil.rmtree(data)
    status, _, err = say("server", "restore", copy, "--data", tmp_path / "new")
    assert (status, "找不到服务器的日志" in err) == (1, True)
    assert not (tmp_path / "new").exists()
    say.right("server", "restore", copy, "--data", tmp_path / "new", "--journal-lost")
    assert "李秀英" in say.right("server", "load", staff_book(tmp_path / "s.xlsx"), "--data", tmp_path / "new", "--again")  # fmt: skip


def test_a_journal_folder_that_cannot_be_made(say: Words, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(DIVISIONS, encoding="utf-8")
    (tmp_path / "data.journal").write_text("", encoding="utf-8")
    words = ("--divisions", tmp_path / "d.csv", "--district", "410702000000")
    status, _, err = say("server", "init", "--data", tmp_path / "data", *words)
    assert status == 1
    assert "--journal" in err
    assert len(err.splitlines()) == 1
    say.right("server", "init", "--data", tmp_path / "data", *words, "--journal", tmp_path / "j")
    assert (tmp_path / "j" / "journal.jsonl").is_file()


def texts(data: Path) -> list[str]:
    with sqlite3.connect(data / "server.db") as connection:
        found = connection.execute("SELECT text FROM event").fetchall()
    return sorted(str(text) for (text,) in found)


def test_a_backup_that_is_not_there(say: Words, tmp_path: Path) -> None:
    data = make(say, tmp_path)
    for path, text in ((tmp_path / "nope.db", "没有这个备份文件"), (tmp_path, "这是文件夹")):
        status, out, err = say("server", "restore", path, "--data", data)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert text in err
        assert str(path) in err
    say.right("server", "device", "list", "--data", data)
    assert (
        json.loads(say.right("server", "journal", "status", "--data", data, "--json"))["epoch"] == 1
    )


def test_the_system_speaks_the_users_language(say: Words, tmp_path: Path) -> None:
    for words, english in (
        ("路径中间有一段不是文件夹", False),
        ("a part of the path is no folder", True),
    ):
        (tmp_path / "plain").write_text("")
        lang = ("--lang", "en" if english else "zh_CN")
        missing = tmp_path / "plain" / "x" / "data"
        error = NotADirectoryError(20, "Not a directory", str(missing))
        i18n.set_language(lang[1])
        said = main_module._explain(error)
        assert words in said
        assert "Not a directory" not in said
