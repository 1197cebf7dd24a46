"""What an operation says, in stored form; what cannot be stored is refused here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.domain.fields import mergeable
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Kind
from gridapp.domain.values import Stored, canonical_json, stored
from gridapp.errors import Problem
from gridapp.tables import HEADER

_OF_HEADER = frozenset({"deleted", "merged_into"})  # what people say of a record as a whole
UNFIT = "\x00"  # no stored value of any field


class Refused(Exception):  # noqa: N818 - a verdict, not an error
    """An operation that is not taken: verdict and stable code, and the missing record that it waits for."""

    def __init__(self, verdict: Verdict, code: str, waits_for: bytes | None = None) -> None:
        super().__init__(code)
        self.verdict = verdict
        self.code = code
        self.waits_for = waits_for


def canonical(kind: Kind, operation: Operation) -> tuple[dict[str, Change], dict[str, Any]]:
    """Values in stored form, and fields that this program does not know."""
    changes: dict[str, Change] = {}
    unknown: dict[str, Any] = {}
    for name, change in operation.fields.items():
        declared = kind.by_name.get(name)
        if declared is None:
            if name in HEADER and name not in _OF_HEADER:
                raise Refused(Verdict.REJECTED, "derived_field")
            if name not in _OF_HEADER:
                unknown[name] = change.after
            continue
        if declared.derived or declared.given:
            raise Refused(Verdict.REJECTED, "derived_field")
        try:
            after = stored(declared, change.after)
            _check_encodable(after)
        except Problem as problem:
            raise Refused(Verdict.REJECTED, problem.code) from problem
        except (OverflowError, RecursionError, UnicodeEncodeError) as error:
            raise Refused(Verdict.REJECTED, "bad_value") from error
        changes[name] = Change(seen(declared, change.before), after, change.follows)
    return changes, unknown


def seen(field: Field, before: Any) -> Stored:
    """What the sender began with. It may be a value that was refused, so it need not fit: it fits nothing then."""
    if before is None:
        return None
    try:
        value = stored(field, before)
        _check_encodable(value)
    except (Problem, OverflowError, RecursionError, UnicodeEncodeError):
        return None if mergeable(field) else UNFIT
    return value


def creates(operation: Operation) -> bool:
    """Whether this can be the first of a record: it was made on nothing, follows nothing, and says something of what
    every such record must. What fills an empty field of a record that is not here yet is made on nothing too."""
    return (
        operation.base_version == 0
        and operation.decides is None
        and _OF_HEADER.isdisjoint(operation.fields)
        and all(c.before is None and c.follows is None for c in operation.fields.values())
        and _is_whole(operation)
    )


def _is_whole(operation: Operation) -> bool:
    required = KINDS[operation.entity].required if operation.entity in KINDS else ()
    return not required or any(name in operation.fields for name in required)


def _check_encodable(value: Stored) -> None:
    """Raises ``UnicodeEncodeError`` for half a character, which JSON can spell and no database takes."""
    if isinstance(value, str):
        value.encode()


def extra(held: str | None, unknown: Mapping[str, Any]) -> str | None:
    """The JSON of fields that only newer programs know: what was held, and what was sent."""
    if not unknown:
        return held
    merged = json.loads(held) if held else {}
    for name, value in unknown.items():
        merged[name] = value.hex() if isinstance(value, bytes) else value
    return canonical_json(merged)
