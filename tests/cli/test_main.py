"""The entry: languages, one line for each refusal, and no traceback for anybody."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridapp import i18n
from gridapp.cli import bench, main


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(main.LANGUAGE_VARIABLE, raising=False)
    monkeypatch.delenv(main.DEBUG_VARIABLE, raising=False)
    yield
    i18n.set_language("zh_CN")


def gridapp(*words: str) -> list[str]:
    return [sys.executable, "-m", "gridapp", *words]


def test_help_in_both_languages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main.main(["--help"]) == 0
    assert "区服务器" in capsys.readouterr().out
    assert main.main(["server", "--help", "--lang", "en"]) == 0
    assert "make a server out of a divisions file" in capsys.readouterr().out
    monkeypatch.setenv(main.LANGUAGE_VARIABLE, "en")
    assert main.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: gridapp")
    assert not [c for c in text if "一" <= c <= "鿿"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "没有 'nonsense'"),
        (["client", "enroll"], "缺少 --server, --code"),
        (["server", "run"], "--data --database-url 中要有一个"),
        (["server", "run", "--data", "x", "--port", "y"], "--port 应为整数，现在是 'y'"),
        (["server", "init", "--data", "x", "--database-url", "y"], "不能与"),
        (["client", "sync", "--dat", "x"], "多出了 --dat x"),
        (["client", "sync", "--data"], "--data 后面缺一个值"),
        (["server", "user", "add", "a", "--role", "king", "--unit", "1"], "没有 'king'"),
    ],
)
def test_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err.splitlines()[-1]
    assert main.main([*words, "--lang", "en"]) == 2
    assert not [c for c in capsys.readouterr().err if "一" <= c <= "鿿"]


def test_a_refusal_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["client", "sync", "--data", str(tmp_path / "nobody")]
    assert main.main(words) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "还没有登记过用户" in err
    assert main.main(["--lang", "en", *words]) == 1
    assert "Nobody is enrolled here yet." in capsys.readouterr().err


def test_a_defect_is_one_calm_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: object) -> int:
        raise KeyError("赵桂兰 11010519491231002X")

    monkeypatch.setattr(bench, "_bench", break_down)
    assert main.main(["bench", "save"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "KeyError" in err
    assert "赵桂兰" not in err
    monkeypatch.setenv(main.DEBUG_VARIABLE, "1")
    assert main.main(["bench", "save"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["litestar", "uvicorn", "gridapp.server.app"])
def test_without_the_server_part(
    missing: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_args: object) -> int:
        raise ModuleNotFoundError(name=missing)

    monkeypatch.setattr(bench, "_bench", absent)
    assert main.main(["bench", "save"]) == 1
    assert "这里只装了客户端" in capsys.readouterr().err


def test_interrupted(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "_bench", interrupt)
    assert main.main(["bench", "save"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_has_seen_enough() -> None:
    code = (
        "import sys; from gridapp.cli import main, bench;"
        "bench._bench = lambda *a: [print('x' * 80) for _ in range(9999)] and 0;"
        "sys.exit(main.main(['bench', 'save']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_command_loads_no_more_than_it_needs() -> None:
    code = (
        "import sys, json; from gridapp.cli import main;"
        "main.main(['client', 'sync', '--data', '/nowhere']);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"litestar", "uvicorn", "psycopg", "PySide6", "alembic", "typst"}
    assert not [name for name in loaded if name.startswith(("gridapp.server", "gridapp.demo"))]


def test_chinese_through_a_pipe_of_another_encoding(tmp_path: Path) -> None:
    done = subprocess.run(
        gridapp("client", "sync", "--data", str(tmp_path / "㛃")),
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1
    assert "㛃: 这里还没有登记过用户。" in done.stderr.decode("utf-8")
