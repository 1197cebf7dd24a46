"""``gridapp demo`` clears away nothing but an earlier demo."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridapp import i18n
from gridapp.cli import demo
from gridapp.cli.main import main


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    yield
    i18n.set_language("zh_CN")


@pytest.mark.parametrize("name", ["staff.xlsx", "cast.json", "notes.txt"])
def test_a_folder_with_something_else_is_left_alone(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("mine")
    words = ["demo", "--headless", "--dir", str(tmp_path)]
    assert main(words) == 1
    err = capsys.readouterr().err
    assert "演示不会动它" in err
    assert err.count("\n") == 1
    assert main([*words, "--lang", "en"]) == 1
    assert "leaves it alone" in capsys.readouterr().err
    assert [p.read_text() for p in tmp_path.iterdir()] == ["mine"]


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["demo", "--headless", "--dir", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_an_earlier_demo_makes_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gridapp.demo.build.build", stop)
    words = ["demo", "--headless", "--dir", str(tmp_path / "demo")]
    assert main(words) == 130
    (tmp_path / "demo" / "half.txt").touch()
    assert main(words) == 130
    assert [p.name for p in (tmp_path / "demo").iterdir()] == [demo._MARK]


def test_nothing_to_check_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--check", "--dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
