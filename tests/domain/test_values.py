"""Stored forms: one for each value, the same after every round, and nothing that does not fit."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.kinds import KINDS
from gridapp.domain.person import Person, PersonFile
from gridapp.domain.record import Field, Type, kind_of
from gridapp.domain.values import (
    canonical_json,
    clean_text,
    loaded,
    record_of,
    row_of,
    stored,
)
from gridapp.errors import Problem

FIELDS = {kind: Field("x", kind, "某项", "Item", max_length=10_000) for kind in Type}

TEXT = st.text(max_size=60)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
MOMENTS = st.datetimes().map(lambda d: d.isoformat()[:16]) | st.dates().map(date.isoformat)
VALUES: dict[Type, st.SearchStrategy[Any]] = {
    Type.ID: st.uuids() | st.uuids().map(lambda u: u.bytes) | st.uuids().map(str),
    Type.TEXT: TEXT,
    Type.CODE: TEXT,
    Type.INTEGER: st.integers(-(2**61), 2**61),
    Type.INSTANT: st.integers(0, 2**50),
    Type.REAL: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**50), 2**50),
    Type.YES_NO: st.booleans(),
    Type.DATE: st.dates() | st.dates().map(date.isoformat),
    Type.MOMENT: MOMENTS,
    Type.SET: st.lists(TEXT, max_size=6),
    Type.MAP: st.dictionaries(TEXT.filter(lambda t: clean_text(t) != ""), PLAIN, max_size=6),
}
TYPED = st.sampled_from(list(Type)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind]))


def plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


@given(TYPED)
def test_stored_then_loaded_then_stored_is_the_same(typed: tuple[Type, Any]) -> None:
    kind, value = typed
    field = FIELDS[kind]
    once = stored(field, value)
    again = loaded(field, once)
    assert stored(field, again) == once
    assert plain(loaded(field, stored(field, again))) == plain(again)


@given(TYPED)
def test_what_is_stored_is_plain_and_can_travel(typed: tuple[Type, Any]) -> None:
    import msgspec

    kind, value = typed
    once = stored(FIELDS[kind], value)
    assert once is None or type(once) in (bytes, str, int, float)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(once)) == once
    if isinstance(once, str):
        once.encode()


@given(TYPED)
def test_storing_is_settled_at_once(typed: tuple[Type, Any]) -> None:
    """What is stored may be stored again, as happens to rows that arrive."""
    kind, value = typed
    once = stored(FIELDS[kind], value)
    assert stored(FIELDS[kind], once) == once


@given(TEXT)
def test_texts_that_look_alike_are_stored_alike(text: str) -> None:
    field = FIELDS[Type.TEXT]
    spaced = f" \t{unicodedata.normalize('NFD', text)}\x00 \n"
    assert stored(field, spaced) == stored(field, unicodedata.normalize("NFC", text))
    assert stored(field, text.replace("\n", "\r\n")) == stored(field, text)


@given(st.lists(TEXT, max_size=6), st.randoms())
def test_a_set_has_no_order_and_no_repeats(items: list[str], rng: Any) -> None:
    shuffled = items + items[:2]
    rng.shuffle(shuffled)
    assert stored(FIELDS[Type.SET], shuffled) == stored(FIELDS[Type.SET], items)


@given(VALUES[Type.MAP], st.randoms())
def test_a_map_has_no_order(items: dict[str, Any], rng: Any) -> None:
    # keys that become one once they are clean are left out: which of them stays is anybody's guess
    if len({clean_text(key) for key in items}) < len(items):
        return
    pairs = list(items.items())
    rng.shuffle(pairs)
    assert stored(FIELDS[Type.MAP], dict(pairs)) == stored(FIELDS[Type.MAP], items)


@given(st.dictionaries(TEXT, PLAIN | st.lists(TEXT, max_size=3), max_size=5))
def test_canonical_json_is_settled_and_says_the_same(value: dict[str, Any]) -> None:
    once = canonical_json(value)
    assert canonical_json(json.loads(once)) == canonical_json(
        json.loads(canonical_json(json.loads(once)))
    )
    assert unicodedata.is_normalized("NFC", once)


@given(TEXT)
def test_clean_text_is_settled(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        (Type.TEXT, "  a\x07b\r\nc ", "ab\nc"),
        (Type.TEXT, "   ", None),
        (Type.TEXT, "e\u0301", "\u00e9"),
        (Type.ID, UUID(int=5), bytes(15) + b"\x05"),
        (Type.ID, str(UUID(int=5)), bytes(15) + b"\x05"),
        (Type.INTEGER, "7", 7),
        (Type.INTEGER, 7.0, 7),
        (Type.REAL, 3, 3.0),
        (Type.YES_NO, False, 0),
        (Type.DATE, date(2026, 1, 2), "2026-01-02"),
        (Type.MOMENT, "2026-01-02T09:30", "2026-01-02T09:30"),
        (Type.MOMENT, date(2026, 1, 2), "2026-01-02"),
        (Type.MOMENT, "", None),
        (Type.SET, ("b", " a ", "b", ""), '["a","b"]'),
        (Type.SET, (), None),
        (Type.MAP, {"b ": 1, "a": True}, '{"a":true,"b":1}'),
        (Type.MAP, {}, None),
        (Type.MAP, {"a": 1.0, "b": -0.0, "c": 0.5}, '{"a":1,"b":0,"c":0.5}'),
        (Type.REAL, -0.0, 0.0),
    ],
)
def test_the_forms(kind: Type, value: Any, form: Any) -> None:
    found = stored(FIELDS[kind], value)
    assert found == form
    assert type(found) is type(form)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Type.TEXT, 5),
        (Type.TEXT, b"x"),
        (Type.TEXT, "half a \ud800 character"),
        (Type.ID, "not a uuid"),
        (Type.ID, b"short"),
        (Type.ID, 5),
        (Type.INTEGER, "1.5"),
        (Type.INTEGER, 1.5),
        (Type.INTEGER, True),
        (Type.INTEGER, math.inf),
        (Type.INTEGER, math.nan),
        (Type.INTEGER, 1 << 63),
        (Type.REAL, "x"),
        (Type.REAL, math.nan),
        (Type.REAL, math.inf),
        (Type.REAL, 10**400),
        (Type.YES_NO, "yes"),
        (Type.YES_NO, 2),
        (Type.DATE, "2026-02-30"),
        (Type.DATE, "yesterday"),
        (Type.MOMENT, "2026-02-30T09:30"),
        (Type.MOMENT, "2026-01-02T24:00"),
        (Type.MOMENT, "2026-01-02T09:60"),
        (Type.MOMENT, "2026-01-02 09:30"),
        (Type.MOMENT, "2026-01-02T０９:30"),
        (Type.MOMENT, "２０２６-01-02"),
        (Type.SET, '{"a":1}'),
        (Type.SET, "not json"),
        (Type.SET, [1]),
        (Type.SET, 5),
        (Type.MAP, "[1]"),
        (Type.MAP, {"": 1}),
        (Type.MAP, {"a": [1]}),
        (Type.MAP, {"a": math.nan}),
        (Type.MAP, {"a": math.inf}),
        (Type.MAP, {5: "x"}),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_the_field(kind: Type, value: Any) -> None:
    with pytest.raises(Problem) as caught:
        stored(FIELDS[kind], value)
    assert caught.value.code == "bad_value"
    assert "某项" in caught.value.text()


def test_too_long_is_counted_in_characters() -> None:
    field = Field("x", Type.TEXT, "姓名", "Name", max_length=4)
    assert stored(field, " 㛃䶮𠮷𬭊 ") == "㛃䶮𠮷𬭊"
    with pytest.raises(Problem) as caught:
        stored(field, "㛃䶮𠮷𬭊好")
    assert caught.value.code == "too_long"
    assert caught.value.values["length"] == 5


@pytest.mark.parametrize("between", ["\n", "\r\n", "\r", "\n\n", "\u2028"])
def test_a_text_of_one_line_holds_no_line_ends(between: str) -> None:
    short = Field("x", Type.TEXT, "户名", "Name", max_length=3)
    assert stored(short, f"a{between}b") == "a b"
    assert stored(Field("x", Type.CODE, "码", "Code"), f"a{between}b") == "a b"
    assert stored(Field("x", Type.TEXT, "某项", "Item", max_length=201), "a\nb") == "a\nb"


@given(TEXT)
def test_a_text_of_one_line_is_settled_at_once(text: str) -> None:
    once = stored(Field("x", Type.TEXT, "某项", "Item"), text)
    assert stored(Field("x", Type.TEXT, "某项", "Item"), once) == once


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_an_empty_record_of_every_kind_survives_the_round(kind: Any) -> None:
    record = kind.record()
    row = row_of(kind, record) | {"id": record.id.bytes}
    assert row_of(kind, record_of(kind, row)) == row_of(kind, record)


def test_a_record_is_loaded_as_plain_values_that_cannot_be_changed() -> None:
    person = Person(name="周敏", nicknames=("乙", "甲"), away_until=date(2027, 1, 1))
    file = PersonFile(person_id=person.id, phones={"1": "本人"})
    row = row_of(kind_of(Person), person)
    assert "address" not in row
    back = record_of(kind_of(Person), row | {"id": person.id.bytes, "version": 3, "deleted": 1})
    assert (back.name, back.nicknames, back.away_until) == ("周敏", ("乙", "甲"), date(2027, 1, 1))
    assert (back.id, back.version, back.deleted) == (person.id, 3, True)
    whole = record_of(
        kind_of(PersonFile), row_of(kind_of(PersonFile), file) | {"id": file.id.bytes}
    )
    with pytest.raises(TypeError):
        whole.phones["2"] = "x"
