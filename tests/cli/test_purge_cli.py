"""``gridapp server purge`` as somebody who never saw it uses it: what goes, what stays, and what is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from gridapp import i18n
from gridapp.cli.unlock import PASSWORD_VARIABLE
from gridapp.domain.household import Residence
from tests.cli.clients import PASSWORD, Commands, Office, join, listening, rows, save


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


def test_a_household_takes_along_who_lives_nowhere_else(
    office: Office, gridapp: Commands, tmp_path: Path
) -> None:
    with listening(office.app) as url:
        data = join(tmp_path / "client", url, office.code())
        client, server = ("--data", data), ("--data", tmp_path)
        assert gridapp("client", "sync", *client).status == 0
        people = dict[bytes, set[bytes]]()
        for home, person in rows(data, "SELECT household_id, person_id FROM residence"):
            people.setdefault(home, set()).add(person)
        (home, there), (other, _) = sorted(people.items(), key=lambda one: -len(one[1]))[:2]
        assert len(there) >= 2
        stays = min(there)
        save(data, Residence(person_id=_id(stays), household_id=_id(other), kind="registered"))
        assert gridapp("client", "sync", *client).status == 0
        words = ("server", "purge", "household", _id(home), "--reason", "本人申请", *server)
        ran = gridapp(*words, "--json")
        assert ran.status == 0, ran.err
        done = json.loads(ran.out)
        assert (done["residents"], done["staying"]) == (len(there) - 1, 1)
        assert done["records"]["person"] == done["records"]["person_file"] == len(there) - 1
        assert gridapp("client", "sync", *client).status == 0
    gone = there - {stays}
    for table, column in (("person", "id"), ("person_file", "person_id")):
        held = {key for (key,) in rows(data, f"SELECT {column} FROM {table}")}
        assert not held & gone
        assert stays in held
        with office.database.snapshot() as connection:
            found = connection.exec_driver_sql(f"SELECT {column} FROM {table}")
            on_server = {bytes(key) for (key,) in found}
        assert not on_server & gone
        assert stays in on_server


def test_it_says_who_went_and_who_stays(office: Office, gridapp: Commands, tmp_path: Path) -> None:
    with office.database.snapshot() as connection:
        sql = "SELECT household_id, count(*) FROM residence GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
        home, count = connection.exec_driver_sql(sql).one()
    words = ("server", "purge", "household", _id(home), "--reason", "本人申请", "--data", tmp_path)
    ran = gridapp("--lang", "en", *words)
    assert f"Of these, {count} persons had ties with this household only" in ran.out
    assert "、" not in ran.out
    assert ran.out.count("\n") == 2


def _id(key: bytes) -> UUID:
    return UUID(bytes=bytes(key))
