"""The bench of waiting runs, small."""

from __future__ import annotations

import pytest

from gridapp.bench import live


@pytest.mark.slow
def test_it_measures_who_waits_and_what_is_on_the_screen() -> None:
    rows = {row["what"]: row for row in live.measure(idle=30, tries=3)}
    assert rows["computers that wait"]["value"] == 30
    for how in ("median", "p95"):
        stored = rows[f"push sent to stored there, {how}"]["value"]
        assert 0 < stored <= rows[f"push sent to shown there, {how}"]["value"]
