"""``gridapp client bundle`` and ``gridapp server bundle``: a worker and a server that never see each other."""

import os
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
    again = gridapp("client", "bundle", "in", answer, *client)
    assert (again.status, "没有新的内容" in again.out, "处改动" in again.out) == (0, True, False)
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


def test_nothing_that_is_no_older_bundle_of_its_own_is_replaced(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        second = join(tmp_path / "second", url, office.code("zhangjianhua"))
    client, server = ("--data", data), ("--data", tmp_path)
    mine, other = tmp_path / "mine.gridapp", tmp_path / "other.gridapp"
    for where, path in ((data, mine), (second, other)):
        assert gridapp("client", "bundle", "out", path, "--data", where).status == 0
    assert gridapp("server", "bundle", "in", mine, other, *server).status == 0
    answer, text = tmp_path / "answer.gridapp", tmp_path / "letter.odt"
    words = ("server", "bundle", "out", answer, "--for", "lixiuying", *server)
    assert gridapp(*words).status == 0
    text.write_text("一封信")
    os.mkfifo(tmp_path / "pipe")
    kept = {path: path.read_bytes() for path in (mine, other, answer, text)}
    names = sorted(path.name for path in tmp_path.iterdir())
    for path in (text, answer, other, tmp_path / "pipe"):
        ran = gridapp("client", "bundle", "out", path, *client)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert path.name in ran.err
    for path in (text, mine, tmp_path / "pipe"):
        ran = gridapp("server", "bundle", "out", path, "--for", "lixiuying", *server)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    ran = gridapp("server", "bundle", "out", answer, "--for", "zhangjianhua", *server)
    assert (ran.status, ran.out) == (1, "")
    assert {path: path.read_bytes() for path in kept} == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert gridapp(*words).status == 0
    assert gridapp("client", "bundle", "out", mine, *client).status == 0
    assert mine.read_bytes() != kept[mine]


def test_a_colleague_carries(office: Office, gridapp: Commands, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        courier = join(tmp_path / "courier", url, office.code("zhangjianhua"))
        assert gridapp("client", "bundle", "out", stick, "--data", data).status == 0
        (up,) = stick.iterdir()
        own = gridapp("client", "bundle", "in", up, "--data", data)
        assert (own.status, "社区的电脑" in own.err) == (1, True)
        torn = tmp_path / "torn.gridapp"
        torn.write_bytes(up.read_bytes()[:-9])
        ran = gridapp("client", "bundle", "in", torn, up, "--data", courier)
        assert (ran.status, ran.err.count("\n"), ran.out.count("\n")) == (1, 1, 1)
        assert "torn.gridapp" in ran.err
    (down,) = stick.iterdir()
    assert down.name.startswith("down-")
    assert down.name in ran.out
    assert gridapp("client", "bundle", "in", down, "--data", data).status == 0
    assert rows(data, "SELECT count(*)>0 FROM household") == [(1,)]
    assert gridapp("client", "bundle", "out", stick, "--data", data).status == 0
    (late,) = stick.glob("up-*")
    before = state(courier, "zhangjianhua")
    ran = gridapp("client", "bundle", "in", late, "--data", courier)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "连不上服务器" in ran.err
    assert late.is_file()
    assert state(courier, "zhangjianhua") == before


def test_a_revoked_computer_hears_of_it_on_a_stick(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        assert gridapp("client", "sync", "--data", data).status == 0
    stick = tmp_path / "stick"
    stick.mkdir()
    client, server = ("--data", data), ("--data", tmp_path)
    [(household,)] = rows(data, "SELECT lower(hex(id)) FROM household ORDER BY id LIMIT 1")
    words = ("client", "visit", "add", household, "--text", "药快吃完了")
    assert gridapp(*words, *client).status == 0
    assert gridapp("client", "bundle", "out", stick, *client).status == 0
    assert gridapp("server", "device", "revoke", "lixiuying", *server).status == 0
    (up,) = stick.glob("up-*.gridapp")
    ran = gridapp("server", "bundle", "in", up, *server)
    assert ran.status == 0
    assert "1 处改动和 0 张照片另存" in ran.out
    assert gridapp("server", "bundle", "out", stick, *server).status == 0
    (down,) = stick.glob("down-*.gridapp")
    ran = gridapp("client", "bundle", "in", down, *client)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "本机的资料已交回并清除" in ran.err
    assert [p for p in data.rglob("*") if p.is_file()] == []
