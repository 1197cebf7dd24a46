"""The benches of the server really send, and would notice what was acknowledged and is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete

from gridapp.bench import fan_in, reconnect
from gridapp.bench.load import run
from gridapp.server import schema


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> fan_in.Place:
    monkeypatch.setattr(fan_in, "AT_ONCE", 4)
    return fan_in.Place("SQLite", tmp_path)


def test_clients_at_once_and_over_time(small: fan_in.Place) -> None:
    figures = [*fan_in.at_once(small, rounds=2), *fan_in.over_time(small, minutes=0.005)]
    rows = [figure.row() for figure in figures]
    assert [row["unit"] for row in rows] == ["/s", "ms", "ms", "ms"]
    assert all(row["value"] > 0 for row in rows)
    assert rows[0]["floor"] > 0
    assert rows[2]["value"] <= rows[3]["value"]


def test_what_is_lost_is_noticed(small: fan_in.Place) -> None:
    workers = fan_in._district(small, 2)
    with fan_in.serving(small.folder, small.url) as url:
        visits = fan_in._visits(workers, 0)
        run(url, visits, lambda _: 0.0, pull=True)
    fan_in._check(small, visits)
    lost = visits[1].operations[7]
    assert lost.entity == "visit"
    for table, column in ((schema.tables["visit"], "id"), (schema.feed, "record_id")):
        database = small.open()
        with database.write() as connection:
            connection.execute(delete(table).where(table.c[column] == lost.record_id))
        database.close()
        with pytest.raises(RuntimeError, match="1 acknowledged"):
            fan_in._check(small, visits)


def test_who_is_refused_is_noticed(small: fan_in.Place) -> None:
    workers = fan_in._district(small, 2)
    visits = fan_in._visits(workers, 1)  # edits of what no earlier batch set
    with fan_in.serving(small.folder, small.url) as url:
        run(url, visits, lambda _: 0.0, pull=False)
    with pytest.raises(RuntimeError, match="refused"):
        fan_in._check(small, visits)


@pytest.mark.slow
def test_a_reconnect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect, "LOCAL", 40)
    monkeypatch.setattr(reconnect, "REMOTE", 12)
    took, slowest, size, *_ = reconnect.measure(rounds=1)
    assert took["floor"] > 0
    assert took["value"] <= slowest["value"]
    assert 0 < size["value"] < 0.1
