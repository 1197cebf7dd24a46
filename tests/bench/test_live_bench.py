"""The bench of waiting runs, small."""

from __future__ import annotations

import pytest

from gridapp.bench import live


@pytest.mark.slow
def test_it_measures_who_waits() -> None:
    rows = {row["what"]: row for row in live.measure(idle=30, tries=3)}
    assert rows["computers that wait"]["value"] == 30
    assert rows["push sent to stored there, p95"]["value"] > 0
