"""Citizen IDs: the check digit, what is derived, and what each refusal says."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.identity import (
    CITIZEN,
    check_citizen_id,
    check_digit,
    check_identity,
)
from gridapp.errors import Problem

BIRTHS = st.dates(date(1900, 1, 1), date(2026, 11, 20))


def made(birth: date, sequence: int, area: int = 410702) -> str:
    first = f"{area:06}{birth:%Y%m%d}{sequence:03}"
    return first + check_digit(first)


GOOD = made(date(1946, 3, 1), 2)


def test_published_example_of_the_standard() -> None:
    assert check_digit("11010519491231002") == "X"
    assert check_citizen_id("11010519491231002X").birth == date(1949, 12, 31)
    assert check_citizen_id("440524188001010014").birth == date(1880, 1, 1)


@given(st.from_regex(r"\A[0-9]{17}\Z"))
def test_check_digit_is_that_of_iso_7064_mod_11_2(first: str) -> None:
    values = [10 if c == "X" else int(c) for c in first + check_digit(first)]
    assert sum(v * 2 ** (17 - i) for i, v in enumerate(values)) % 11 == 1


@given(BIRTHS, st.integers(0, 999), st.integers(0, 999999))
def test_any_made_number_is_read_back(birth: date, sequence: int, area: int) -> None:
    read = check_citizen_id(made(birth, sequence, area))
    assert (read.birth, read.sex) == (birth, "1" if sequence % 2 else "2")


@given(BIRTHS, st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(birth: date, sequence: int, at: int, step: int) -> None:
    number = made(birth, sequence)
    wrong = number[:at] + str((int(number[at]) + step) % 10) + number[at + 1 :]
    with pytest.raises(Problem) as caught:
        check_citizen_id(wrong)
    assert caught.value.code == "bad_id_number"


def test_spelling_is_tidied() -> None:
    full_width = "１１０１０５ 19491231 002ｘ"
    assert check_citizen_id(full_width).number == "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("41070246030100", "18 位，现在 14 位"),
        ("", "现在 0 位"),
        ("4107021946030100A8", "其他字符"),
        ("X10702194603010028", "其他字符"),
        ("410702194602300021", "19460230"),
        ("410702000003010028", "00000301"),
        (GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"), "校验码"),
    ],
)
def test_each_refusal_names_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(Problem) as caught:
        check_citizen_id(text)
    assert says in caught.value.text()
    assert caught.value.remedy


def test_nobody_is_born_tomorrow() -> None:
    number = made(date(2026, 11, 21), 1)
    assert check_citizen_id(number).birth == date(2026, 11, 21)
    with pytest.raises(Problem, match="20261121"):
        check_citizen_id(number, today=date(2026, 11, 20))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        number = check_citizen_id(text).number
    except Problem:
        return
    assert check_citizen_id(number).number == number


def test_birth_and_sex_are_derived() -> None:
    identity = check_identity(CITIZEN, GOOD, None, "")
    assert (identity.birth, identity.sex) == (date(1946, 3, 1), "2")


def test_not_stated_sex_gives_way_to_the_number() -> None:
    assert check_identity(CITIZEN, GOOD, date(1946, 3, 1), "9").sex == "2"


@pytest.mark.parametrize(
    ("birth", "sex", "field"),
    [(date(1946, 3, 2), "2", "birth_date"), (date(1946, 3, 1), "1", "sex")],
)
def test_disagreement_is_refused(birth: date, sex: str, field: str) -> None:
    with pytest.raises(Problem) as caught:
        check_identity(CITIZEN, GOOD, birth, sex)
    assert (caught.value.code, caught.value.values["field"]) == ("id_disagrees", field)


@pytest.mark.parametrize("kind", ["passport", "hkm", "tw", "foreign", "other", ""])
def test_other_papers_are_kept_as_typed(kind: str) -> None:
    identity = check_identity(kind, " h-123 456(07) ", date(1980, 5, 6), "1")
    assert identity.number == "h-123 456(07)"
    assert identity.birth == date(1980, 5, 6)


def test_no_paper_yet() -> None:
    assert check_identity("none", "", date(2026, 1, 1), "2").sex == "2"
    assert check_identity(CITIZEN, "", date(2026, 1, 1), "2").number == ""
    with pytest.raises(Problem) as caught:
        check_identity("none", GOOD, None, "")
    assert caught.value.code == "id_without_kind"
