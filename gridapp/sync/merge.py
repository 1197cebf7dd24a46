"""The merge: a pure function of what the server holds and what one operation says, field by field.

Equal to ``before``: taken. Equal to ``after``: already so. Otherwise two people changed it: what arrived
first stands and the other value goes into a conflict. Sets merge by member, maps by key, declared groups
(an identity: kind, number, birth, sex) as a whole. No clock decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gridapp.domain.exchange import Change, FieldVerdict
from gridapp.domain.fields import merged_map, merged_set
from gridapp.domain.record import Kind, Type
from gridapp.domain.values import Stored


@dataclass(frozen=True, slots=True)
class Link:
    """The device's own predecessor on a field: whether it stands, and the value that its chain began with."""

    stands: bool
    start: Stored


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """The device's open conflict on a field or group, values by field name."""

    start: Mapping[str, Stored]
    other: Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict to open, to bring up to date, or (``closed``) to close. ``name``: the field or group."""

    name: str
    start: Mapping[str, Stored]
    standing: Mapping[str, Stored]
    other: Mapping[str, Stored]
    closed: bool = False


@dataclass(slots=True)
class Judgement:
    """What one operation makes of one record."""

    values: dict[str, Stored] = field(default_factory=dict)
    verdicts: dict[str, FieldVerdict] = field(default_factory=dict)
    starts: dict[str, Stored] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)


def judge(
    kind: Kind,
    row: Mapping[str, Stored],
    changes: Mapping[str, Change],
    links: Mapping[str, Link],
    conflicts: Mapping[str, OpenConflict],
) -> Judgement:
    """Merge ``changes`` (values in stored form) into ``row``.

    ``links``: per field that follows an own predecessor. ``conflicts``: this device's open ones by field
    or group name.
    """
    result = Judgement()
    for name, names in _units(kind, changes).items():
        start = {n: _start(changes[n], links.get(n)) for n in names}
        result.starts.update(start)
        single = kind.by_name[name].type if name in kind.by_name else None
        if single is Type.SET:
            _merge_set(result, name, row, start[name], changes[name].after)
        elif single is Type.MAP:
            _merge_map(result, name, row, start[name], changes[name].after)
        else:
            after = {n: changes[n].after for n in names}
            _merge_whole(result, name, row, start, after, conflicts.get(name))
    return result


def _units(kind: Kind, changes: Mapping[str, Change]) -> dict[str, list[str]]:
    units: dict[str, list[str]] = {}
    for name in changes:
        units.setdefault(kind.by_name[name].group or name, []).append(name)
    return units


def _start(change: Change, link: Link | None) -> Stored:
    """What the field held when the device's chain began: a refused predecessor never happened."""
    if link is not None and not link.stands:
        return link.start
    before: Stored = change.before
    return before


def _merge_whole(
    result: Judgement,
    name: str,
    row: Mapping[str, Stored],
    start: dict[str, Stored],
    after: dict[str, Stored],
    held: OpenConflict | None,
) -> None:
    current = {n: row.get(n) for n in after}
    if current in (start, after):
        verdict = FieldVerdict.TAKEN if current == start else FieldVerdict.SAME
        result.values.update(after)
        if held is not None and dict(held.start) == start:
            result.clashes.append(Clash(name, held.start, after, after, closed=True))
    else:
        verdict = FieldVerdict.CONFLICT
        first = held.start if held is not None else start
        closed = after in (dict(first), current)
        if held is not None or not closed:
            result.clashes.append(Clash(name, first, current, after, closed))
    result.verdicts.update(dict.fromkeys(after, verdict))


def _merge_set(
    result: Judgement, name: str, row: Mapping[str, Stored], start: Stored, after: Stored
) -> None:
    current = row.get(name)
    result.values[name] = merged_set(current, start, after)
    result.verdicts[name] = _together(current, start, after)


def _merge_map(
    result: Judgement, name: str, row: Mapping[str, Stored], start: Stored, after: Stored
) -> None:
    current = row.get(name)
    value, clashes = merged_map(current, start, after)
    if not clashes:
        result.values[name] = value
        result.verdicts[name] = _together(current, start, after)
        return
    kept, _ = merged_map(current, start, after, keep=clashes)
    result.values[name] = kept
    result.verdicts[name] = FieldVerdict.CONFLICT
    result.clashes.append(Clash(name, {name: start}, {name: kept}, {name: value}))


def _together(current: Stored, start: Stored, after: Stored) -> FieldVerdict:
    if current == start:
        return FieldVerdict.TAKEN
    return FieldVerdict.SAME if current == after else FieldVerdict.MERGED
