"""The bench of what the time of an answer tells runs, small; it holds itself that the answers are alike."""

from __future__ import annotations

import pytest

from gridapp.bench import existence
from gridapp.bench.questions import QUESTIONS


@pytest.mark.slow
def test_each_question_is_asked_of_what_is_there_and_of_what_is_not() -> None:
    rows = {row["what"]: row for row in existence.measure(tries=7)}
    assert len(rows) == 2 * len(QUESTIONS)
    for question in QUESTIONS:
        row = rows[f"{question.what}, median"]
        assert row["value"] > 0
        assert row["floor"] > 0
