"""The merge: a pure function of what the server holds and what one operation says, field by field.

Equal to ``before``: taken. Equal to ``after``: already so. Otherwise two people changed it: what arrived
first stands and the other value goes into a conflict. Sets merge by member, maps by key, declared groups
(an identity: kind, number, birth, sex) as a whole. No clock decides anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gridapp.domain.exchange import Change, FieldVerdict
from gridapp.domain.fields import merged_map, merged_set
from gridapp.domain.record import Kind, Type
from gridapp.domain.values import Stored, canonical_json


@dataclass(frozen=True, slots=True)
class Link:
    """The device's own predecessor on a field: whether it stands, and the value that its chain began with.

    ``clashed``: it does not stand because of a conflict; otherwise it was refused as a whole.
    """

    stands: bool
    start: Stored
    clashed: bool = False


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """The device's open conflict on a field or group, values by field name."""

    start: Mapping[str, Stored]
    standing: Mapping[str, Stored]
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
        sent = {n: changes[n] for n in names}
        start = {n: _start(c, links.get(n)) for n, c in sent.items()}
        result.starts.update(start)
        single = kind.by_name[name].type if name in kind.by_name else None
        held = conflicts.get(name)
        if single is Type.SET:
            _merge_set(result, name, row.get(name), start[name], sent[name].after)
        elif single is Type.MAP:
            link = links.get(name)
            _merge_map(result, name, row.get(name), sent[name], link, held)
        else:
            _merge_whole(result, name, row, start, sent, held)
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
    sent: Mapping[str, Change],
    held: OpenConflict | None,
) -> None:
    current = {n: row.get(n) for n in sent}
    before = {n: c.before for n, c in sent.items()}
    after = {n: c.after for n, c in sent.items()}
    if current in (start, before, after):
        verdict = FieldVerdict.SAME if current == after else FieldVerdict.TAKEN
        result.values.update(after)
        if held is not None and dict(held.start) == start:
            result.clashes.append(Clash(name, held.start, after, after, closed=True))
    else:
        first = dict(held.start) if held is not None else start
        undone = after == first
        # A chain that ends where it began says nothing: what stands, stands.
        verdict = FieldVerdict.SAME if undone else FieldVerdict.CONFLICT
        if held is not None or not undone:
            result.clashes.append(Clash(name, first, current, after, closed=undone))
    result.verdicts.update(dict.fromkeys(after, verdict))


def _merge_set(result: Judgement, name: str, current: Stored, start: Stored, after: Stored) -> None:
    result.values[name] = merged_set(current, start, after)
    result.verdicts[name] = _together(current, start, after)


def _merge_map(
    result: Judgement,
    name: str,
    current: Stored,
    sent: Change,
    link: Link | None,
    held: OpenConflict | None,
) -> None:
    start = _start(sent, link)
    chained = link is not None and link.clashed
    # Of a predecessor that clashed, only the keys that stand aside begin where the chain began.
    pending = _pending(name, held)
    first = _mixed(start, sent.before, pending) if chained else start
    wanted, clashes = merged_map(current, first, sent.after)
    kept, _ = merged_map(current, first, sent.after, keep=clashes)
    result.values[name] = kept
    if not clashes:
        result.verdicts[name] = _together(current, first, sent.after)
        if held is not None and chained:
            result.clashes.append(Clash(name, held.start, {name: kept}, {name: kept}, closed=True))
        return
    if held is not None and not chained:
        wanted = _mixed(held.other[name], wanted, pending - set(clashes))
    opened = held.start if held is not None else {name: start}
    result.verdicts[name] = FieldVerdict.CONFLICT
    result.clashes.append(Clash(name, opened, {name: kept}, {name: wanted}))


def _pending(name: str, held: OpenConflict | None) -> set[str]:
    """Keys of a map whose other value stands aside."""
    if held is None:
        return set()
    standing, other = _dict(held.standing[name]), _dict(held.other[name])
    return {k for k in standing.keys() | other.keys() if _at(standing, k) != _at(other, k)}


def _mixed(chosen: Stored, rest: Stored, keys: set[str]) -> Stored:
    """The map ``rest`` with ``keys`` as they are in ``chosen``."""
    values = {k: v for k, v in _dict(rest).items() if k not in keys}
    values |= {k: v for k, v in _dict(chosen).items() if k in keys}
    return canonical_json(values) if values else None


def _dict(value: Stored) -> dict[str, Any]:
    return dict(json.loads(value)) if isinstance(value, str) else {}


def _at(values: dict[str, Any], key: str) -> tuple[bool, Any]:
    return key in values, values.get(key)


def _together(current: Stored, start: Stored, after: Stored) -> FieldVerdict:
    if current == start:
        return FieldVerdict.TAKEN
    return FieldVerdict.SAME if current == after else FieldVerdict.MERGED
