from __future__ import annotations

from pathlib import Path

from gridapp.bench.print_bench import VISITS, measure, sheets


def test_rows_have_the_shape_that_bench_prints() -> None:
    rows = measure(count=2, rounds=1)
    assert all(set(row) == {"what", "value", "unit", "floor", "ratio"} for row in rows)
    time, memory, size = rows
    assert (time["unit"], memory["unit"], size["unit"]) == ("ms", "MB", "MB")
    assert time["floor"] > 0
    assert memory["floor"] < memory["value"] < 300


def test_the_households_are_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"x")
    first = list(sheets(3, tmp_path))
    assert first == list(sheets(3, tmp_path))
    assert len({sheet.uuid for sheet in first}) == 3
    assert all(len(sheet.visits) == VISITS and len(sheet.photos) == 1 for sheet in first)
