"""The benches of the window run on tiny sizes and print what all benches print. No time is judged here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from gridapp.bench import lists, start, typing_bench

pytestmark = pytest.mark.usefixtures("qapp", "garbage_of_windows")

BENCHES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "start": partial(start.measure, rounds=1, households=6, events=3),
    "lists": partial(lists.measure, households=130, rounds=1),
    "typing": partial(
        typing_bench.measure, rounds=1, households=6, people=18, per_household=1, events=3
    ),
}


@pytest.mark.parametrize("name", BENCHES)
def test_rows_have_the_shape_that_bench_prints(name: str) -> None:
    rows = BENCHES[name]()
    assert all(set(row) == {"what", "value", "unit", "floor", "ratio"} for row in rows)
    # a difference to the floor may be anything on a busy machine
    measured = [row for row in rows if not row["what"].startswith("above")]
    times = [row["value"] for row in measured if row["unit"] == "ms"]
    assert times
    assert all(value > 0 for value in times)
    assert any(row["floor"] and row["ratio"] for row in rows)
    if name == "lists":
        assert {row["what"]: row["value"] for row in rows}["households: rows"] == 130
