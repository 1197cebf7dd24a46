"""Choosing between two values of one field: what is at stake, the same on both sides.

A conflict keeps both values as they were when it opened. What a person chooses between is what stands in
the record now and the other value; of a map only the keys over which the two differ, so that a choice
leaves alone what anybody did to other keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gridapp.domain.record import Kind, Type
from gridapp.domain.values import Stored, canonical_json, stored
from gridapp.errors import Problem

DELETION = "deleted"  # the field of a conflict between a deletion and somebody else's work
BENEATH = "beneath"  # in what stands there: [kind, id] of what was created beneath the record


class Choice(StrEnum):
    """Which of the two values is to be used."""

    STANDING = "standing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AtStake:
    """Field name -> stored value: what stands now, and what would stand."""

    standing: Mapping[str, Stored]
    other: Mapping[str, Stored]

    def chosen(self, choice: Choice) -> Mapping[str, Stored]:
        """The values of one side."""
        return self.other if choice is Choice.OTHER else self.standing


def conflict_values(kind: Kind, text: str | None) -> dict[str, Stored]:
    """Stored values out of a conflict's text, where IDs stand in hex. What does not fit stays as it is."""
    return {name: _value(kind, name, v) for name, v in json.loads(text or "{}").items()}


def at_stake(
    kind: Kind, standing: Mapping[str, Stored], other: Mapping[str, Stored], row: Mapping[str, Any]
) -> AtStake:
    """The choice that a conflict (``standing``, ``other``) leaves in ``row`` as it is now."""
    now: dict[str, Stored] = {}
    then: dict[str, Stored] = {}
    for name in other:
        field = kind.by_name.get(name)
        now[name], then[name] = row.get(name), other[name]
        if field is not None and field.type is Type.MAP:
            keys = differing_keys(standing.get(name), other[name])
            now[name], then[name] = _only(row.get(name), keys), _only(other[name], keys)
    return AtStake(now, then)


def differing_keys(one: Stored, two: Stored) -> set[str]:
    """The keys over which two maps differ; a key that only one of them has is one."""
    a, b = map_of(one), map_of(two)
    return {k for k in a.keys() | b.keys() if (k in a, a.get(k)) != (k in b, b.get(k))}


def map_of(value: Stored) -> dict[str, Any]:
    """The map that a stored value holds."""
    return dict(json.loads(value)) if isinstance(value, str) else {}


def _only(value: Stored, keys: set[str]) -> Stored:
    kept = {k: v for k, v in map_of(value).items() if k in keys}
    return canonical_json(kept) if kept else None


def _value(kind: Kind, name: str, value: Any) -> Any:
    if name not in kind.by_name:
        return value
    try:
        return stored(kind.by_name[name], value)
    except (Problem, UnicodeEncodeError):
        return value
