"""Masked forms: recognisable, and never more than they may show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.kinds import kind
from gridapp.domain.masking import mask, mask_id, mask_phone, mask_phones


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800002210", "138****2210"),
        ("138 0000 2210", "138****2210"),
        ("+86 138-0000-2210", "138****2210"),
        ("１３８００００２２１０", "138****2210"),
        ("0373-3051234", "*******1234"),
        ("3051234", "***1234"),
        ("12345", "****5"),
        ("110", "***"),
        ("", ""),
    ],
)
def test_telephones(number: str, shown: str) -> None:
    assert mask_phone(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("410702194603011234", "410702********1234"),
        ("11010519491231002x", "110105********002X"),
        ("410702460301123", "***********1123"),
        ("E12345678", "*****5678"),
        ("H123", "****"),
    ],
)
def test_papers(number: str, shown: str) -> None:
    assert mask_id(number) == shown


@given(st.text(max_size=40))
def test_never_more_than_four_at_the_end_and_six_in_front(text: str) -> None:
    for shown in (mask_phone(text), mask_id(text)):
        assert len(shown.replace("*", "")) <= 10 or "*" in text
        if 0 < len(shown) <= 4:
            assert set(shown) == {"*"}


@given(st.from_regex(r"\A1[0-9]{10}\Z"), st.from_regex(r"\A[0-9]{17}[0-9X]\Z"))
def test_hidden_digits_do_not_matter(phone: str, paper: str) -> None:
    assert mask_phone(phone) == mask_phone(phone[:3] + "0000" + phone[7:])
    assert mask_id(paper) == mask_id(paper[:6] + "00000000" + paper[14:])


def test_masked_again_shows_no_more() -> None:
    once = mask_phone("13800002210")
    assert mask_phone(once).replace("*", "") in once


def test_fields_decide() -> None:
    file = kind("person_file").by_name
    household = kind("household_file").by_name
    assert mask(file["id_number"], "410702194603011234") == "410702********1234"
    assert mask(household["emergency_phone"], "13800002210") == "138****2210"
    assert mask(file["occupation"], "退休") == "退休"


def test_two_telephones_that_look_alike_both_stay() -> None:
    phones = {"13800002210": "本人", "13811112210": "女儿 王芳"}
    assert mask_phones(phones) == [("138****2210", "本人"), ("138****2210", "女儿 王芳")]
