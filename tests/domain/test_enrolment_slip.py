"""The line of an enrolment slip, made and read back, and everything that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.enrolment_slip import EnrolmentSlip, fingerprint, is_slip, make, parse

PRINT = "ab" * 32
SLIP = EnrolmentSlip("https://grid.example.cn:8443/区", "ABCD-EFGH-2345", "李秀英", PRINT)
PLAIN = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60)


@given(PLAIN, PLAIN, PLAIN | st.just(""), st.sampled_from(["", PRINT]))
def test_what_is_made_is_read_back(host: str, code: str, user: str, digits: str) -> None:
    slip = EnrolmentSlip(f"https://{host}", code, user, digits)
    assert parse(make(slip)) == slip
    assert parse(f"  登记单：\n{make(slip)}\n 只能用一次") == slip


@pytest.mark.parametrize("end", range(len(make(SLIP)) - 64))
def test_half_of_it_is_none_and_is_known_as_a_slip(end: int) -> None:
    cut = parse(make(SLIP)[:end])
    # what was cut within the address or the code cannot be told from a short one; digits can
    assert cut is None or cut.fingerprint == ""


def test_a_damaged_fingerprint_spoils_the_slip() -> None:
    whole = make(SLIP)
    assert parse(whole[:-1]) is None
    assert parse(whole[:-1] + "x") is None
    assert is_slip(whole[:-1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://grid.example.cn",
        "gridapp-enrol:",
        "gridapp-enrol:?server=https%3A%2F%2Fx.cn",
        "gridapp-enrol:?code=A",
        "gridapp-enrol:?server=ftp%3A%2F%2Fx.cn&code=A",
        "gridapp-enrol:?server=javascript%3Aalert&code=A",
        "gridapp-enrol:?server=https%3A%2F%2Fx.cn&code=A&code=B",
        "gridapp-enrol:?server=https%3A%2F%2Fx.cn&code=A%0AB",
        "gridapp-enrol:?server=https%3A%2F%2Fx.cn&code=" + "A" * 600,
        "gridapp-enrol:?server=https%3A%2F%2Fx.cn&code=A&fingerprint=zz",
    ],
)
def test_no_slip(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=200))
def test_anything_may_be_pasted(text: str) -> None:
    parse(text)
    parse(f"gridapp-enrol:?{text}")
    fingerprint(text)


def test_a_fingerprint_as_people_type_it() -> None:
    fours = " ".join(PRINT[n : n + 4] for n in range(0, 64, 4)).upper()
    assert fingerprint(fours) == PRINT
    assert fingerprint(":".join(PRINT[n : n + 2] for n in range(0, 64, 2))) == PRINT
    assert fingerprint(" ") == ""
    assert fingerprint(PRINT[:-2]) is None
