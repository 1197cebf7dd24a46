"""Addresses: as written, in order, and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.address import (
    address_key,
    bare_building,
    dwelling_address,
    parse_address,
)


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        (("3号楼", "1", "201", ""), "3号楼1单元201"),
        (("3", "1", "201", "", "建南小区"), "建南小区3号楼1单元201"),
        (("A", "", "1201", ""), "A号楼1201"),
        (("3号楼", "甲单元", "201", ""), "3号楼甲单元201"),
        (("", "", "", "老槐树东第二家"), "老槐树东第二家"),
        (("二组", "", "", "老槐树东第二家"), "二组老槐树东第二家"),
        (("3号楼", "1", "201", "后门进"), "3号楼1单元201（后门进）"),
        (("平房院9", "", "3", ""), "平房院9-3"),
        (("", "", "", ""), ""),
    ],
)
def test_written(parts: tuple[str, ...], address: str) -> None:
    assert dwelling_address(*parts) == address


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("3-2-501", ("3", "2", "501")),
        ("３－２－５０１", ("3", "2", "501")),
        ("3#2-501室", ("3", "2", "501")),
        ("3-501", ("3", "", "501")),
        ("3号楼2单元501", ("3", "2", "501")),
        ("3 栋 2 单元 501 室", ("3", "2", "501")),
        ("二十三号楼一单元101", ("23", "1", "101")),
        ("十二幢501", ("12", "", "501")),
        ("a座1201", ("A", "", "1201")),
        ("3楼1单元501", ("3", "1", "501")),
        ("5号楼东单元3", ("5", "东", "3")),
    ],
)
def test_read(typed: str, read: tuple[str, str, str]) -> None:
    found = parse_address(typed)
    assert found is not None
    assert (found.building, found.entrance, found.room) == read


def test_the_compound_and_the_word_for_the_building_are_kept() -> None:
    found = parse_address("向阳街12号院A座2单元501")
    assert found is not None
    assert (found.compound, found.building_name) == ("向阳街12号院", "A座")


@pytest.mark.parametrize(
    "typed", ["", "老槐树东第二家", "3楼501", "501", "二组", "2026-11-20-3", "--"]
)
def test_not_guessed(typed: str) -> None:
    assert parse_address(typed) is None


ROOMS = st.integers(1, 4000).map(str)


@given(ROOMS, st.one_of(st.just(""), ROOMS), ROOMS)
def test_what_is_written_is_read_back(building: str, entrance: str, room: str) -> None:
    written = dwelling_address(f"{building}号楼", entrance, room, "")
    found = parse_address(written)
    assert found is not None
    assert (found.building, found.entrance, found.room) == (building, entrance, room)
    assert found.building_name == f"{building}号楼"


@given(st.text(max_size=60))
def test_any_text_has_a_key_and_is_read_or_not(text: str) -> None:
    address_key(text)
    parse_address(text)
    bare_building(text)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.text(max_size=5))
def test_numbers_sort_as_numbers(low: int, high: int, before: str) -> None:
    if before[-1:].isnumeric():
        before += "-"
    keys = [address_key(f"{before}{n}号楼") for n in (low, high)]
    assert (keys[0] < keys[1]) == (low < high)


def test_order_of_a_street() -> None:
    street = ["一组", "2号楼1单元201", "2号楼1单元1001", "2号楼2单元101", "10号楼1单元101"]
    assert sorted(set(street), key=address_key) == street
    groups = ["二组", "十组", "十一组", "二十组", "一百零五组"]
    assert sorted(set(groups), key=address_key) == groups


@pytest.mark.parametrize("name", ["3", "3号楼", "3栋", "三号楼", "３幢", " 3 座"])
def test_one_building_by_many_names(name: str) -> None:
    assert bare_building(name) == "3"
