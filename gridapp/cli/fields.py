"""A record as plain fields, for ``list`` and ``show``: JSON values by name, personal numbers masked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gridapp.domain.conflict import Conflict
from gridapp.domain.kinds import KINDS
from gridapp.domain.masking import mask
from gridapp.domain.record import Field, Kind, Record, Sensitivity, Type
from gridapp.domain.values import loaded
from gridapp.i18n import tr

_HEADER = ("version", "recorded_at", "received_at")
_KEPT = ("start", "standing", "other")  # values of another record's field, in a conflict


def as_fields(kind: Kind, record: Record, *, reveal: bool) -> dict[str, Any]:
    """A record as JSON values by field name; personal numbers masked unless revealed."""
    fields: dict[str, Any] = {"id": str(record.id)}
    fields |= {name: getattr(record, name) for name in _HEADER}
    for field in kind.fields:
        value = getattr(record, field.name)
        if not reveal and field.sensitivity is Sensitivity.PERSONAL:
            value = _masked(field, value)
        fields[field.name] = _plain_json(value)
    if not reveal and isinstance(record, Conflict):
        fields |= _masked_conflict(record)
    return fields


def as_value(field: Field, value: Any) -> Any:
    """One value as a JSON value; personal numbers masked."""
    hidden = value and field.sensitivity is Sensitivity.PERSONAL
    return _plain_json(_masked(field, value) if hidden else value)


def in_words(value: Any) -> str:
    """A JSON value on one line, "-" for nothing."""
    return _words(value)


def as_line(fields: Mapping[str, Any]) -> str:
    """One record on one line, its fields between tabs."""
    return "\t".join(_words(value) for name, value in fields.items() if name not in _HEADER)


def as_lines(fields: Mapping[str, Any]) -> str:
    """One record with a line for each field."""
    return "\n".join(f"{name}: {_words(value)}" for name, value in fields.items())


def _masked(field: Field, value: Any) -> Any:
    if field.type is Type.MAP:
        return _distinct((mask(field, number), whose) for number, whose in value.items())
    return mask(field, value) if value else value


def _distinct(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Two numbers may look alike once masked; neither is left out."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        again = sum(held.partition(" ")[0] == name for held in found)
        found[f"{name} ({again + 1})" if again else name] = value
    return found


def _masked_conflict(record: Conflict) -> dict[str, str]:
    """What a conflict keeps of another record, each a JSON object of stored values by field name."""
    kept = {name: getattr(record, name) for name in _KEPT}
    kind = KINDS.get(record.target_kind)
    return {n: _masked_values(kind, text) for n, text in kept.items() if text} if kind else {}


def _masked_values(kind: Kind, text: str) -> str:
    values = json.loads(text)
    for name, value in values.items():
        field = kind.by_name.get(name)
        if value and field is not None and field.sensitivity is Sensitivity.PERSONAL:
            values[name] = _masked(field, loaded(field, value))
    return json.dumps(values, ensure_ascii=False)


def _plain_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return dict(value) if isinstance(value, Mapping) else str(value)


def _words(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, list):
        return tr("、").join(map(str, value))
    if isinstance(value, dict):
        return tr("；").join(f"{k} {v}".strip() for k, v in value.items())
    # A paragraph stays on its line.
    return " ".join(str(value).split())
