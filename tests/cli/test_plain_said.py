"""What the commands say in plain words holds all that they know: work that waits, that was refused, odd arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gridapp import i18n
from gridapp.cli import main as entry
from gridapp.cli.client import unsettled
from gridapp.cli.unlock import PASSWORD_VARIABLE
from gridapp.domain.roles import Role
from gridapp.server import terms
from gridapp.server.context import open_server
from gridapp.store.opening import choose, open_store
from gridapp.store.status import SyncStatus
from gridapp.store.unit_of_work import UnitOfWork
from tests.cli.clients import GRID, PASSWORD, Commands, Office, join, listening

LONG_OVER = date(2020, 1, 1)
REPORT = ("client", "event", "report", "--item", "0101", "--grid", GRID, "--text")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.delenv(entry.LANGUAGE_VARIABLE, raising=False)
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


def change(data: Path, sql: str) -> None:
    """As if the server had said something else."""
    store = open_store(choose(data, "lixiuying").folder, PASSWORD)

    def do(uow: UnitOfWork) -> None:
        uow.connection.execute(sql)

    try:
        store.write(do).result()
    finally:
        store.close()


def test_a_sync_says_what_is_not_settled(office: Office, gridapp: Commands, tmp_path: Path) -> None:
    serving = open_server(office.database)
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        client = ("--data", data)
        first = gridapp("client", "sync", *client).out
        assert first.startswith("全部已上传 · ")
        assert "处" not in first
        for text in ("漏水", "路灯不亮", "井盖坏了"):
            assert gridapp(*REPORT, text, *client).status == 0
        terms.end_roles(serving, "lixiuying", last=LONG_OVER)
        said = gridapp("client", "sync", *client).out
        assert said.startswith("全部已上传 · ")
        assert said.endswith(" · 3 处等审核\n")
        change(
            data,
            "UPDATE outbox SET state='rejected' WHERE counter=(SELECT max(counter) FROM outbox)",
        )
        said = gridapp("client", "sync", *client).out
        counts = json.loads(gridapp("client", "sync", "--json", *client).out)
        assert (counts["parked"], counts["rejected"]) == (2, 1)
        assert said.endswith(" · 2 处等审核 · 1 处没有被接受\n")
        english = gridapp("--lang", "en", "client", "sync", *client).out
        assert english.endswith(" · 2 wait for a review · 1 not accepted\n")


def test_only_what_there_is_is_said() -> None:
    settled = SyncStatus(0, 0, 0, 0, 0, 1)
    assert unsettled(settled) == []
    assert unsettled(replace(settled, conflicts=1)) == ["1 处要选"]
    every = replace(settled, parked=3, rejected=2, conflicts=1, seen=9)
    assert unsettled(every) == ["3 处等审核", "2 处没有被接受", "1 处要选"]


def test_a_bundle_says_what_waits_for_the_head(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        client, server = ("--data", data), ("--data", tmp_path)
        assert gridapp("client", "sync", *client).status == 0
    good, late = tmp_path / "good.gridapp", tmp_path / "late.gridapp"
    assert gridapp(*REPORT, "漏水", *client).status == 0
    assert gridapp("client", "bundle", "out", good, *client).status == 0
    ran = gridapp("server", "bundle", "in", good, *server)
    assert ran.out.endswith("：1 处改动，收下 1 处，0 张照片\n")
    for text in ("路灯不亮", "井盖坏了"):
        assert gridapp(*REPORT, text, *client).status == 0
    assert gridapp("client", "bundle", "out", late, *client).status == 0
    terms.end_roles(open_server(office.database), "lixiuying", last=LONG_OVER)
    ran = gridapp("server", "bundle", "in", late, *server)
    assert (ran.status, ran.err) == (0, "")
    assert "，2 处等网格长审核，0 张照片" in ran.out
    assert "没有被接受" not in ran.out
    ran = gridapp("--lang", "en", "server", "bundle", "in", late, *server)
    assert ", 2 wait for the head of the grid, 0 photos" in ran.out


def test_a_bundle_says_what_was_refused(office: Office, gridapp: Commands, tmp_path: Path) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        client, server = ("--data", data), ("--data", tmp_path)
        assert gridapp("client", "sync", *client).status == 0
    bundle = tmp_path / "bad.gridapp"
    assert gridapp(*REPORT, "漏水", *client).status == 0
    change(data, "UPDATE outbox SET entity='household'")
    assert gridapp("client", "bundle", "out", bundle, *client).status == 0
    ran = gridapp("server", "bundle", "in", bundle, *server)
    assert "收下 0 处，1 处没有被接受，0 张照片" in ran.out


def test_a_folder_is_no_bundle(office: Office, gridapp: Commands, tmp_path: Path) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
    stick = tmp_path / "stick"
    stick.mkdir()
    for side, where in (("client", data), ("server", tmp_path)):
        ran = gridapp(side, "bundle", "in", stick, "--data", where)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert f"“{stick}”是文件夹" in ran.err
        ran = gridapp("--lang", "en", side, "bundle", "in", stick, "--data", where)
        assert "is a folder; a file is wanted" in ran.err


def test_bytes_that_are_no_characters_are_said_readably(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        assert gridapp("client", "sync", "--data", data).status == 0
    store = open_store(choose(data, "lixiuying").folder, PASSWORD)
    home = store.read(lambda r: r.value("SELECT lower(hex(id)) FROM household LIMIT 1")).result()
    store.close()
    text = b"abc\xff\xfe".decode("utf-8", "surrogateescape")
    ran = gridapp("client", "visit", "add", home, "--text", text, "--data", data)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "abc\ufffd\ufffd" in ran.err
    assert "udcff" not in ran.err


def test_a_role_that_there_is_not_is_wrong_usage(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    ran = gridapp("server", "user", "end", "lixiuying", "--role", "blah", "--data", tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert "blah" in ran.err
    for role in Role:
        assert role.value in ran.err
