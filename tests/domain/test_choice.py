"""What is at stake between two values: whole fields, groups, and of maps only the keys that differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.choice import Choice, at_stake, conflict_values, differing_keys, map_of
from gridapp.domain.fields import merged
from gridapp.domain.kinds import KINDS
from gridapp.domain.values import canonical_json

FILE = KINDS["person_file"]
PHONES = FILE.by_name["phones"]


def text(value: dict[str, str]) -> str | None:
    return canonical_json(value) if value else None


maps = st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), st.sampled_from(["a", "b"]))


def test_a_plain_field_is_what_stands_now_against_the_other_value() -> None:
    kind = KINDS["household"]
    found = at_stake(kind, {"own_number": "z"}, {"own_number": "c"}, {"own_number": "y"})
    assert found.standing == {"own_number": "y"}
    assert found.chosen(Choice.STANDING) == {"own_number": "y"}
    assert found.chosen(Choice.OTHER) == {"own_number": "c"}


def test_a_deletion_is_no_declared_field() -> None:
    found = at_stake(KINDS["visit"], {"deleted": 0}, {"deleted": 1}, {"deleted": 0})
    assert (found.standing, found.other) == ({"deleted": 0}, {"deleted": 1})


def test_values_come_out_of_a_conflict_in_stored_form() -> None:
    key = "0" * 31 + "1"
    assert conflict_values(KINDS["household"], f'{{"grid_id":"{key}","own_number":" x "}}') == {
        "grid_id": bytes(15) + b"\1",
        "own_number": "x",
    }
    assert conflict_values(KINDS["household"], None) == {}
    # Of a newer program, or not fitting: as it is.
    assert conflict_values(KINDS["household"], '{"new":1,"grid_id":"?"}') == {
        "new": 1,
        "grid_id": "?",
    }


@given(maps, maps, maps)
def test_of_a_map_only_the_keys_that_differ_are_chosen(
    standing: dict[str, str], other: dict[str, str], now: dict[str, str]
) -> None:
    """Whoever chooses the other value gets it where the two differed, and keeps all else as it is now."""
    found = at_stake(
        FILE, {"phones": text(standing)}, {"phones": text(other)}, {"phones": text(now)}
    )
    keys = differing_keys(text(standing), text(other))
    before, after = found.standing["phones"], found.other["phones"]
    assert map_of(before) == {k: v for k, v in now.items() if k in keys}
    assert map_of(after) == {k: v for k, v in other.items() if k in keys}
    result = map_of(merged(PHONES, text(now), before, after))
    assert {k: v for k, v in result.items() if k in keys} == map_of(after)
    assert {k: v for k, v in result.items() if k not in keys} == {
        k: v for k, v in now.items() if k not in keys
    }
