"""What people type to choose pages."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.errors import Problem
from gridapp.printing.ranges import parse


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("2", [2]),
        ("1-3, 5", [1, 2, 3, 5]),
        ("4-", [4, 5, 6]),
        ("-2", [1, 2]),
        ("１—２，５～６", [1, 2, 5, 6]),
        ("2至3、6", [2, 3, 6]),
        ("900", []),
    ],
)
def test_what_is_typed_is_what_is_chosen(typed: str, chosen: list[int]) -> None:
    assert [n for n in range(1, 7) if n in parse(typed)] == chosen


@pytest.mark.parametrize("typed", ["x", "0", "3-1", "-", "1-2-3", "1.5", "第二页", "1--3"])
def test_what_makes_no_sense_is_said(typed: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(typed)
    assert "1-3" in caught.value.text()


@given(st.lists(st.integers(1, 60), min_size=1))
def test_single_numbers_choose_exactly_themselves(numbers: list[int]) -> None:
    chosen = parse("，".join(map(str, numbers)))
    assert {n for n in range(1, 61) if n in chosen} == set(numbers)


@given(st.text())
def test_any_text_is_understood_or_refused(typed: str) -> None:
    with suppress(Problem):
        assert isinstance(1 in parse(typed), bool)
