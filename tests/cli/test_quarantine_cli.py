"""``gridapp server device quarantine`` and ``gridapp client set review``, as a stranger uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from gridapp import i18n
from gridapp.cli.unlock import PASSWORD_VARIABLE
from gridapp.domain.unit import Assignment, Staff
from gridapp.server import terms
from gridapp.server.context import open_server
from gridapp.server.schema import tables
from gridapp.server.setup import write
from tests.cli.clients import (
    GRID,
    PASSWORD,
    Commands,
    Office,
    join,
    listening,
    photo,
    rows,
)


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


def test_what_a_lost_computer_handed_over(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    server = ("--data", tmp_path)
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        client = ("--data", data)
        assert gridapp("client", "sync", *client).status == 0
        [(home,)] = rows(data, "SELECT lower(hex(id)) FROM household ORDER BY id LIMIT 1")
        words = ("client", "visit", "add", home, "--text", "药快吃完了", "--photo")
        assert gridapp(*words, photo(tmp_path / "a.jpg"), *client).status == 0
        [(key,)] = [
            (d["id"],)
            for d in json.loads(gridapp("server", "device", "list", "--json", *server).out)
        ]
        assert "没有交回" in gridapp("server", "device", "quarantine", key, *server).out
        assert gridapp("server", "device", "revoke", key, *server).status == 0
        assert gridapp("client", "sync", *client).status == 1
    ran = gridapp("server", "device", "quarantine", key, *server)
    visit = next(line for line in ran.out.splitlines() if "药快吃完了" in line)
    assert "李秀英 lixiuying" in visit
    assert "走访" in visit.split("\t")[2]
    with office.database.snapshot() as connection:
        table = tables["household"].c
        named = connection.execute(
            select(table.name, table.number).where(table.id == bytes.fromhex(home))
        ).one()
    about = visit.split("\t")[4]
    assert about.startswith(named.name)
    assert named.number in about
    lines = {line.split("\t")[2]: line.split("\t")[4] for line in ran.out.splitlines()[:-1]}
    assert lines["附件"] == about  # what hangs on the visit is about the same household
    told = json.loads(gridapp("server", "device", "quarantine", key, "--json", *server).out)
    assert {one["about"]["id"].replace("-", "") for one in told} == {home}
    assert "照片 1 张" in ran.out
    ran = gridapp("--lang", "en", "server", "device", "quarantine", key, *server)
    assert "visit" in ran.out
    assert "1 photos, too" in ran.out
    folder = tmp_path / "out"
    ran = gridapp("server", "device", "quarantine", key, "--out", folder, *server)
    assert (ran.status, ran.err) == (0, "")
    written = (folder / "operations.json").read_text(encoding="utf-8")
    assert "药快吃完了" in written
    assert {one["about"]["name"] for one in json.loads(written)["operations"]} == {named.name}
    assert len(list((folder / "photos").iterdir())) == 1
    ran = gridapp("server", "device", "quarantine", key, "--out", folder, *server)
    assert (ran.status, ran.out) == (1, "")
    assert "请给出一个新的或空的文件夹" in ran.err
    ran = gridapp("server", "device", "quarantine", key, "--drop", home, *server)
    assert ran.status == 1
    assert "没有另存的" in ran.err
    ran = gridapp("server", "device", "quarantine", key, "--drop", visit.split("\t")[3], *server)
    assert "已了结 1 处改动和 0 张照片" in ran.out
    ran = gridapp("server", "device", "quarantine", key, "--drop", "all", *server)
    assert "1 张照片" in ran.out
    assert "没有交回" in gridapp("server", "device", "quarantine", key, *server).out


def test_a_return_without_a_word_is_refused(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    serving = open_server(office.database)
    head = Staff(name="陈涛", user_name="chentao", active=True)
    write(serving, [head, Assignment(staff_id=head.id, unit_id=office.grid_id, role="grid_head")])
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        client, heads = ("--data", data), ("--data", tmp_path / "head")
        join(tmp_path / "head", url, office.code("chentao"))
        assert gridapp("client", "sync", *client).status == 0
        words = ("client", "event", "report", "--item", "0101", "--grid", GRID, "--text", "晚了")
        assert gridapp(*words, *client).status == 0
        terms.end_roles(serving, "lixiuying", last=date(2020, 1, 1))
        gridapp("client", "sync", *client)
        assert gridapp("client", "sync", *heads).status == 0
        listed = json.loads(gridapp("client", "list", "review", "--json", *heads).out)
        review = next(r["id"] for r in listed if r["target_kind"] == "event")
        ran = gridapp("client", "set", "review", review, "state=returned", *heads)
        assert (ran.status, ran.out) == (1, "")
        assert "请写一句为什么退回" in ran.err
        ran = gridapp("client", "set", "review", review, "state=returned", "note= ", *heads)
        assert ran.status == 1
        ran = gridapp("client", "set", "review", review, "state=returned", "note=报过了", *heads)
        assert ran.status == 0, ran.err
        assert json.loads(gridapp("client", "sync", "--json", *heads).out)["rejected"] == 0
    with office.database.snapshot() as connection:
        table = tables["review"].c
        states = set(connection.scalars(select(table.state).where(table.target_kind == "event")))
    assert states == {"returned"}
