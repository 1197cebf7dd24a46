"""``gridapp client bundle`` and ``gridapp server bundle``: a worker and a server that never see each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridapp import i18n
from gridapp.cli.unlock import PASSWORD_VARIABLE
from tests.cli.clients import PASSWORD, Commands, Office, join, listening, photo, rows, state


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    yield
    i18n.set_language("zh_CN")


@pytest.fixture
def gridapp(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.database.close()


def test_there_and_back_by_commands_alone(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    """The network is there for the enrolment and never again; the data folder of the server is ``tmp_path``."""
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
    stick = tmp_path / "stick"
    stick.mkdir()
    client, server = ("--data", data), ("--data", tmp_path)
    # No rows have come yet: the first bundle asks for them.
    assert gridapp("client", "bundle", "out", stick, *client).status == 0
    (up,) = stick.glob("up-*.gridapp")
    assert gridapp("server", "bundle", "in", up, *server).status == 0
    assert gridapp("server", "bundle", "out", stick, *server).status == 0
    (down,) = stick.glob("down-*.gridapp")
    assert gridapp("client", "bundle", "in", down, *client).status == 0
    [(household,)] = rows(data, "SELECT lower(hex(id)) FROM household ORDER BY id LIMIT 1")
    words = ("client", "visit", "add", household, "--text", "药快吃完了", "--photo")
    assert gridapp(*words, photo(tmp_path / "a.jpg"), *client).status == 0
    ran = gridapp("client", "bundle", "out", tmp_path / "mine.gridapp", *client)
    assert "1 张照片" in ran.out
    said = gridapp("server", "bundle", "in", tmp_path / "mine.gridapp", *server)
    assert "李秀英" in said.out
    answer = tmp_path / "answer.gridapp"
    assert gridapp("server", "bundle", "out", answer, "--for", "lixiuying", *server).status == 0
    assert "2 处改动有了结果" in gridapp("client", "bundle", "in", answer, *client).out
    assert rows(data, "SELECT DISTINCT state FROM outbox") == [("applied",)]
    assert rows(data, "SELECT DISTINCT state FROM blob") == [("done",)]
    with office.database.snapshot() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM visit WHERE situation='药快吃完了'"
        )
        assert found.scalar() == 1


def test_one_that_cannot_be_used_holds_up_no_other(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
    client, server = ("--data", data), ("--data", tmp_path)
    good, bad = tmp_path / "good.gridapp", tmp_path / "bad.gridapp"
    bad.write_bytes(b"something else")
    nothing = gridapp("server", "bundle", "out", tmp_path, *server)
    assert (nothing.status, nothing.err.count("\n")) == (1, 1)
    assert gridapp("client", "bundle", "out", good, *client).status == 0
    ran = gridapp("server", "bundle", "in", bad, tmp_path / "none", good, *server)
    assert (ran.status, ran.err.count("\n"), ran.out.count("\n")) == (1, 2, 1)
    before = state(data)
    ran = gridapp("client", "bundle", "in", good, *client)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "good.gridapp" in ran.err
    assert state(data) == before
    several = gridapp("server", "bundle", "out", tmp_path / "x", "--for", "nobody", *server)
    assert (several.status, several.err.count("\n")) == (1, 1)
