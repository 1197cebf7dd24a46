"""The merge is a pure function; these are its laws."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gridapp.domain.exchange import Change, FieldVerdict
from gridapp.domain.kinds import KINDS
from gridapp.domain.values import Stored, canonical_json
from gridapp.sync.merge import Judgement, Link, OpenConflict, judge

HOUSEHOLD, FILE, PERSON_FILE = (KINDS[n] for n in ("household", "household_file", "person_file"))

texts = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "z"]))
plain = st.sampled_from(["name", "own_number", "registered_address", "status"])


def _set(members: Any) -> Stored:
    return canonical_json(sorted(members)) if members else None


def _map(values: Any) -> Stored:
    return canonical_json(values) if values else None


sets = st.sets(st.sampled_from("abcd")).map(_set)
maps = st.dictionaries(st.sampled_from("123"), st.sampled_from("xyz")).map(_map)


def merge(kind: Any, row: dict[str, Stored], **changes: tuple[Stored, Stored]) -> Judgement:
    return judge(kind, row, {n: Change(b, a) for n, (b, a) in changes.items()}, {}, {})


def after(kind: Any, row: dict[str, Stored], **changes: tuple[Stored, Stored]) -> dict[str, Any]:
    return row | merge(kind, row, **changes).values


@given(st.fixed_dictionaries({"name": texts, "own_number": texts}), texts, texts)
def test_different_fields_commute(row: dict[str, Stored], one: Stored, two: Stored) -> None:
    first = {"name": (row["name"], one)}
    second = {"own_number": (row["own_number"], two)}
    there = after(HOUSEHOLD, after(HOUSEHOLD, row, **first), **second)
    back = after(HOUSEHOLD, after(HOUSEHOLD, row, **second), **first)
    assert there == back == {"name": one, "own_number": two}


@given(texts, texts, texts)
def test_the_same_change_again_changes_nothing(now: Stored, before: Stored, new: Stored) -> None:
    once = after(HOUSEHOLD, {"name": now}, name=(before, new))
    again = merge(HOUSEHOLD, once, name=(before, new))
    assert once | again.values == once
    if now == before:
        assert again.verdicts["name"] in (FieldVerdict.SAME, FieldVerdict.TAKEN)
        assert again.clashes == []


@given(texts, texts, texts)
def test_nobody_overwrites_what_nobody_saw(now: Stored, before: Stored, new: Stored) -> None:
    result = merge(HOUSEHOLD, {"name": now}, name=(before, new))
    if now in (before, new):
        assert result.values["name"] == new
        assert result.clashes == []
    else:
        assert "name" not in result.values
        if new == before:
            assert result.clashes == []
        else:
            [clash] = result.clashes
            assert (clash.start["name"], clash.standing["name"], clash.other["name"]) == (
                before,
                now,
                new,
            )


@given(sets, sets, sets)
def test_sets_commute_and_never_clash(start: Stored, one: Stored, two: Stored) -> None:
    there = after(
        FILE, after(FILE, {"benefits": start}, benefits=(start, one)), benefits=(start, two)
    )
    back = after(
        FILE, after(FILE, {"benefits": start}, benefits=(start, two)), benefits=(start, one)
    )
    assert there == back
    assert merge(FILE, {"benefits": one}, benefits=(start, two)).clashes == []


@given(maps, maps, maps)
def test_maps_merge_by_key(now: Stored, before: Stored, new: Stored) -> None:
    import json

    result = merge(PERSON_FILE, {"phones": now}, phones=(before, new))
    n, b, a = (json.loads(v) if isinstance(v, str) else {} for v in (now, before, new))
    value = result.values["phones"]
    merged = json.loads(value) if isinstance(value, str) else {}
    clashing = False
    for key in "123":
        if a.get(key) == b.get(key):
            assert merged.get(key) == n.get(key)
        elif n.get(key) in (b.get(key), a.get(key)):
            assert merged.get(key) == a.get(key)
        else:
            clashing = True
            assert merged.get(key) == n.get(key)
    assert bool(result.clashes) == clashing


@given(st.tuples(texts, texts), st.tuples(texts, texts), st.tuples(texts, texts))
def test_a_group_merges_whole(
    now: tuple[Stored, Stored], before: tuple[Stored, Stored], new: tuple[Stored, Stored]
) -> None:
    names = ("id_kind", "id_number")
    row = dict(zip(names, now, strict=True))
    changes = dict(zip(names, zip(before, new, strict=True), strict=True))
    result = row | merge(PERSON_FILE, row, **changes).values
    assert tuple(result.values()) in (now, new)
    if now not in (before, new):
        assert tuple(result.values()) == now


class Device:
    """One device's chain on one field, as the server follows it."""

    def __init__(self, kind: Any, name: str, row: dict[str, Stored], start: Stored) -> None:
        self.kind, self.name, self.row = kind, name, row
        self.shown, self.link, self.held = start, None, None  # type: ignore[var-annotated]

    def set(self, value: Stored) -> Judgement:
        change = Change(self.shown, value)
        links = {self.name: self.link} if self.link else {}
        conflicts = {self.name: self.held} if self.held else {}
        result = judge(self.kind, self.row, {self.name: change}, links, conflicts)
        self.row |= result.values
        verdict = result.verdicts[self.name]
        clashed = verdict is FieldVerdict.CONFLICT
        self.link = Link(not clashed, result.starts[self.name], clashed)
        for clash in result.clashes:
            held = OpenConflict(clash.start, clash.standing, clash.other)
            self.held = None if clash.closed else held
        self.shown = value
        return result


@given(st.sampled_from(["a", "b"]), st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1))
def test_an_own_chain_leaves_one_conflict_with_its_last_value(start: str, chain: list[str]) -> None:
    row: dict[str, Stored] = {"name": "z"}
    device = Device(HOUSEHOLD, "name", row, start)
    for value in chain:
        device.set(value)
    assert row == {"name": "z"}
    if chain[-1] == start:
        assert device.held is None
    else:
        assert device.held is not None
        assert (device.held.start, device.held.other) == ({"name": start}, {"name": chain[-1]})


@given(st.sampled_from(["a", "b"]), st.lists(st.sampled_from(["a", "b", "z"]), min_size=1))
def test_a_chain_that_ends_at_what_stands_closes_itself(start: str, chain: list[str]) -> None:
    row: dict[str, Stored] = {"name": "z"}
    device = Device(HOUSEHOLD, "name", row, start)
    for value in [*chain, "z"]:
        device.set(value)
    assert device.held is None
    assert row == {"name": "z"}


@settings(max_examples=200)
@given(maps, maps, st.lists(maps, min_size=1, max_size=4))
def test_chains_of_maps(start: Stored, now: Stored, chain: list[Stored]) -> None:
    """A chain comes to the same as its last value alone, key by key; conflicts hold just the rest."""
    import json

    row: dict[str, Stored] = {"phones": now}
    device = Device(PERSON_FILE, "phones", row, start)
    for value in chain:
        device.set(value)
    n, s, a, r = (
        json.loads(v) if isinstance(v, str) else {} for v in (now, start, chain[-1], row["phones"])
    )
    pending = set()
    if device.held is not None:
        standing, other = (
            json.loads(v["phones"]) if v["phones"] else {}  # type: ignore[arg-type]
            for v in (device.held.standing, device.held.other)
        )
        pending = {k for k in "123" if standing.get(k) != other.get(k)}
    for key in "123":
        if key in pending:
            assert r.get(key) == n.get(key)
        elif n.get(key) == s.get(key):
            assert r.get(key) == a.get(key)  # nobody else touched it
        else:
            assert r.get(key) in (n.get(key), a.get(key))
