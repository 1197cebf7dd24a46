"""``server purge``, ``tidy``, ``device forks`` and ``client reset``, as somebody who never saw them uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from gridapp import i18n
from gridapp.cli import main as entry
from gridapp.cli.unlock import PASSWORD_VARIABLE
from gridapp.domain.visit import Visit
from gridapp.server.schema import fork
from tests.cli.clients import (
    PASSWORD,
    Commands,
    Office,
    Ran,
    copy,
    join,
    listening,
    rows,
    save,
    some_household,
    state,
)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.delenv(entry.LANGUAGE_VARIABLE, raising=False)
    yield
    i18n.set_language("zh_CN")


@pytest.fixture
def gridapp(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("district") / "data"


@pytest.fixture(scope="module")
def office(folder: Path) -> Iterator[Office]:
    folder.mkdir()
    made = Office(folder)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    with listening(office.app) as address:
        yield address


@pytest.fixture(scope="module")
def joined(office: Office, url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client of the district, not synced. Never written to: tests take copies."""
    return join(tmp_path_factory.mktemp("client") / "data", url, office.code())


def refused(ran: Ran, said: str) -> None:
    """One clear line, nothing else."""
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.count("\n") == 1, ran.err
    assert said in ran.err


def visit(data: Path, household: UUID, situation: str) -> None:
    """A visit by whose computer it is."""
    me = UUID(bytes=rows(data, "SELECT id FROM staff WHERE user_name='lixiuying'")[0][0])
    save(
        data,
        Visit(
            household_id=household,
            happened_at="2026-11-20",
            how="home",
            visited_by=me,
            recorded_by=me,
            situation=situation,
        ),
    )


def held(office: Office, entity: str) -> int:
    with office.database.snapshot() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {entity}").scalar_one())


def test_purging_with_bad_input_changes_nothing(
    gridapp: Commands, office: Office, folder: Path
) -> None:
    there = {name: held(office, name) for name in ("household", "person", "visit", "purged")}
    where = ("--data", folder)
    purge = ("server", "purge")
    refused(gridapp(*purge, "household", uuid4(), "--reason", "申请", *where), "没有")
    refused(gridapp(*purge, "household", "没有这个号", "--reason", "申请", *where), "没有")
    refused(gridapp(*purge, "visit", "410702001001010001", "--reason", "申请", *where), "没有")
    refused(gridapp(*purge, "household", uuid4(), "--reason", " \n ", *where), "理由")
    refused(gridapp(*purge, "household", uuid4(), "--reason", "x", "--data", folder / "no"), "")
    assert not (folder / "no").exists()
    assert {name: held(office, name) for name in there} == there


@pytest.mark.parametrize(
    "words",
    [
        "purge",
        "purge household",
        "purge household 1",
        "purge unit 1 --reason x",  # reference data is not purged
        "purge nothing 1 --reason x",
        "purge household 1 --reason",
        "tidy now",
        "device forks all",
    ],
)
def test_wrong_usage(words: str, folder: Path, gridapp: Commands) -> None:
    ran = gridapp("server", *words.split(), "--data", folder)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("用法：")


def test_a_household_is_purged_by_its_number(
    gridapp: Commands, office: Office, folder: Path, joined: Path, tmp_path: Path
) -> None:
    data = copy(joined, tmp_path / "data")
    assert gridapp("client", "sync", "--data", data).status == 0
    home = some_household(data)
    visit(data, home.id, "要被清除")
    assert gridapp("client", "sync", "--data", data).status == 0
    before = held(office, "household")
    words = ("server", "purge", "household", home.number, "--reason", "本人申请", "--json")
    ran = gridapp(*words, "--data", folder)
    assert (ran.status, ran.err) == (0, "")
    done = json.loads(ran.out)
    assert done["records"]["household"] == 1
    assert done["records"]["visit"] >= 1
    assert held(office, "household") == before - 1
    assert gridapp("client", "sync", "--data", data).status == 0
    assert rows(data, "SELECT 1 FROM household WHERE id=?", (home.id.bytes,)) == []
    assert rows(data, "SELECT 1 FROM visit WHERE household_id=?", (home.id.bytes,)) == []
    # Once more, or by somebody who heard of it late.
    refused(gridapp(*words, "--data", folder), "没有")


def test_tidying_says_how_much(gridapp: Commands, office: Office, folder: Path) -> None:
    ran = gridapp("server", "tidy", "--data", folder)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "忘掉了 0 条移出记录\n"
    refused(gridapp("server", "tidy", "--data", folder / "no"), "")


def test_forks_are_listed(gridapp: Commands, office: Office, folder: Path, joined: Path) -> None:
    refused(gridapp("server", "device", "forks", "--data", folder / "no"), "")
    ran = gridapp("server", "device", "forks", "--data", folder, "--json")
    assert (ran.status, json.loads(ran.out)) == (0, [])
    with office.database.write() as connection:
        device = connection.exec_driver_sql(
            "SELECT d.id FROM device d JOIN staff s ON s.id=d.staff_id "
            "WHERE s.user_name='lixiuying' LIMIT 1"
        ).scalar_one()
        connection.execute(
            fork.insert().values(
                device_id=device, incarnation=1, counter=7, noticed_at=1_795_136_400_000
            )
        )
    ran = gridapp("server", "device", "forks", "--data", folder)
    assert (ran.status, ran.out.count("\n")) == (0, 1)
    assert ran.out.startswith("2026-11-20 09:00\t")
    (found,) = json.loads(gridapp("server", "device", "forks", "--data", folder, "--json").out)
    assert (found["incarnation"], found["counter"]) == (1, 7)


def test_starting_over(gridapp: Commands, office: Office, joined: Path, tmp_path: Path) -> None:
    data = copy(joined, tmp_path / "data")
    assert gridapp("client", "sync", "--data", data).status == 0
    home = some_household(data)
    whole = rows(data, "SELECT id, version FROM household ORDER BY id")
    visit(data, home.id, "还没传")
    before = state(data)
    refused(gridapp("client", "reset", "--data", data), "1")
    assert state(data) == before  # nothing that the server does not have is given up
    assert gridapp("client", "sync", "--data", data).status == 0
    ran = gridapp("client", "reset", "--data", data)
    assert (ran.status, ran.out, ran.err) == (0, "已重来，请同步一次。\n", "")
    assert rows(data, "SELECT count(*) FROM household") == [(0,)]
    assert gridapp("client", "sync", "--data", data).status == 0
    assert rows(data, "SELECT id, version FROM household ORDER BY id") == whole
    assert rows(data, "SELECT count(*) FROM visit WHERE situation='还没传'") == [(1,)]


def test_starting_over_where_nobody_is(
    gridapp: Commands, joined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(gridapp("client", "reset", "--data", tmp_path / "no"), "")
    assert list(tmp_path.iterdir()) == []
    data = copy(joined, tmp_path / "data")
    before = state(data)
    monkeypatch.setenv(PASSWORD_VARIABLE, "another one 22")
    refused(gridapp("client", "reset", "--data", data), "密码")
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    assert state(data) == before
    assert gridapp("client", "reset", "everything", "--data", data).status == 2
