"""Three-way merge of one value: what a change from ``before`` to ``after`` makes of ``current``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from gridapp.domain.record import Field, Type
from gridapp.domain.values import Stored, canonical_json


def mergeable(field: Field) -> bool:
    """Whether two edits of the field merge by themselves (sets by member, maps by key)."""
    return field.type in (Type.SET, Type.MAP)


def merged(field: Field, current: Stored, before: Stored, after: Stored) -> Stored:
    """The value after the change. Sets and maps keep what others did to other members; the rest is replaced."""
    if field.type is Type.SET:
        return merged_set(current, before, after)
    if field.type is Type.MAP:
        return merged_map(current, before, after)[0]
    return after


def merged_set(current: Stored, before: Stored, after: Stored) -> Stored:
    """Members added or taken away between ``before`` and ``after``, applied to ``current``."""
    now, old, new = (set(_load(v, [])) for v in (current, before, after))
    members = (now - (old - new)) | (new - old)
    return canonical_json(sorted(members)) if members else None


def merged_map(
    current: Stored, before: Stored, after: Stored, keep: Iterable[str] = ()
) -> tuple[Stored, list[str]]:
    """Keys changed between ``before`` and ``after``, applied to ``current``; those in ``keep`` stay as they are.

    The second result lists keys that somebody else changed to something different meanwhile; there the
    incoming value was taken, and the caller decides whether that may stand.
    """
    now, old, new = (dict(_load(v, {})) for v in (current, before, after))
    result, clashes = dict(now), []
    for key in (old.keys() | new.keys()) - set(keep):
        if _get(old, key) == _get(new, key):
            continue
        if _get(now, key) not in (_get(old, key), _get(new, key)):
            clashes.append(key)
        if key in new:
            result[key] = new[key]
        else:
            result.pop(key, None)
    return (canonical_json(result) if result else None), sorted(clashes)


_ABSENT = object()


def _get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key, _ABSENT)


def _load(value: Stored, empty: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else empty
