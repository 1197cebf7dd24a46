"""Numbers that people read, held against the real divisions."""

import csv
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.numbers import (
    check_division_code,
    check_grid_code,
    check_household_number,
    device_tag,
    division_level,
    event_number,
    grid_code,
    household_number,
    is_temporary,
    short_household_number,
    short_unit_name,
    temporary_number,
)
from gridapp.errors import Problem
from gridapp.resources import division_file

VILLAGE = "410702001001"


@pytest.mark.parametrize(("name", "count"), [("hongqi_410702", 88), ("kaifeng_4102", 2662)])
def test_every_real_division_passes(name: str, count: int) -> None:
    with division_file(name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count
    for row in rows:
        assert check_division_code(row["code"], row["parent_code"]) == row["code"]
        assert division_level(row["code"]) == row["level"]


@pytest.mark.parametrize(
    "text", ["", "41070200100", "4107020010011", "41070200100a", "四一〇七〇二"]
)
def test_not_a_division(text: str) -> None:
    with pytest.raises(Problem) as caught:
        check_division_code(text)
    assert caught.value.code == "bad_division_code"


@pytest.mark.parametrize("parent", ["410703000000", "410702002000", VILLAGE])
def test_a_division_lies_within_its_parent(parent: str) -> None:
    with pytest.raises(Problem, match=parent):
        check_division_code(VILLAGE, parent)


def test_spaces_and_full_width_digits_are_tidied() -> None:
    assert check_division_code(" ４１０７０２ 001001") == VILLAGE


def test_grid_codes() -> None:
    assert grid_code(VILLAGE, 3) == "410702001001003"
    assert check_grid_code("410702001001003", VILLAGE) == "410702001001003"


@pytest.mark.parametrize(
    ("text", "village"),
    [
        ("41070200100103", ""),
        ("410702001000003", ""),
        ("410702001001000", ""),
        ("410702001002001", VILLAGE),
    ],
)
def test_not_a_grid(text: str, village: str) -> None:
    with pytest.raises(Problem) as caught:
        check_grid_code(text, village)
    assert caught.value.code == "bad_grid_code"


@pytest.mark.parametrize("sequence", [0, 1000])
def test_a_village_has_at_most_999_grids(sequence: int) -> None:
    with pytest.raises(Problem):
        grid_code(VILLAGE, sequence)


def test_household_numbers() -> None:
    number = household_number(VILLAGE, 1, 32)
    assert number == "410702001001010032"
    assert short_household_number(number) == "…001-01-0032"
    assert check_household_number(number) == number
    assert short_household_number("临-7K2M-0001") == "临-7K2M-0001"


@given(st.integers(-1, 120), st.integers(-1, 12000))
def test_household_numbers_have_18_digits_or_are_refused(group: int, sequence: int) -> None:
    if 0 <= group <= 99 and 1 <= sequence <= 9999:
        assert check_household_number(household_number(VILLAGE, group, sequence))
    else:
        with pytest.raises(Problem):
            household_number(VILLAGE, group, sequence)


def test_event_numbers() -> None:
    assert event_number("东街街道", date(2026, 11, 20), 86) == "东街 2026-1120-0086"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("曙光社区居民委员会", "曙光"),
        ("东关村村民委员会", "东关村"),
        ("建南社区", "建南"),
        ("洪门镇", "洪门"),
        ("东区", "东区"),
        ("县街社区", "县街"),
        ("", ""),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_unit_name(name) == short


def test_temporary_numbers() -> None:
    tag = device_tag(uuid4())
    assert len(tag) == 4
    assert not set(tag) & set("01OI")
    assert temporary_number(tag, 1) == f"临-{tag}-0001"
    assert is_temporary(temporary_number(tag, 12345))
    assert not is_temporary("410702001001010032")
