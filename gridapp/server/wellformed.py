"""Whether an operation is one at all: sizes and shapes that every table of the server can hold.

What a newer program adds (kinds, fields) passes; what no program sends does not.
"""

from __future__ import annotations

import math
import re
from typing import Any

from msgspec.structs import replace

from gridapp.clock import EARLIEST, LATEST, within_calendar
from gridapp.domain.exchange import Change, Decision, Operation
from gridapp.domain.kinds import KINDS

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,59}")
_MOST_FIELDS = 200
_WHOLE = 1 << 62
_DECLARED = frozenset(f.name for kind in KINDS.values() for f in kind.fields)


def well_formed(operation: Operation) -> bool:
    """False for what could not even be kept in the operation log."""
    numbers = (
        operation.counter,
        operation.base_version,
        operation.recorded_at,
        operation.clock_offset,
    )
    return (
        len(operation.op_id) == 16
        and len(operation.record_id) == 16
        and operation.base_version >= 0
        and all(abs(n) < _WHOLE for n in numbers)
        and (operation.entity in KINDS or _KIND.fullmatch(operation.entity) is not None)
        and len(operation.fields) <= _MOST_FIELDS
        and all(_well_formed_change(name, c) for name, c in operation.fields.items())
        and (operation.decides is None or _well_formed_decision(operation.decides))
    )


def timely(operation: Operation) -> Operation:
    """The operation with times that a calendar can say: nothing is lost because a clock was broken.

    Where only one of the two is wild, what they say together stays.
    """
    stated = operation.recorded_at + operation.clock_offset
    if EARLIEST < operation.recorded_at < LATEST and EARLIEST < stated < LATEST:
        return operation
    recorded_at = within_calendar(operation.recorded_at)
    offset = within_calendar(stated) - recorded_at
    return replace(operation, recorded_at=recorded_at, clock_offset=offset)


def _well_formed_change(name: str, change: Change) -> bool:
    return (
        (name in _DECLARED or _FIELD.fullmatch(name) is not None)
        and (change.before is None or _plain(change.before))
        and _plain(change.after)
        and (change.follows is None or len(change.follows) == 16)
    )


def _well_formed_decision(decision: Decision) -> bool:
    return (
        len(decision.conflict) == 16
        and len(decision.other) <= _MOST_FIELDS
        and all(_FIELD.fullmatch(name) for name in decision.other)
        and all(_plain(value) for value in decision.other.values())
    )


def _plain(value: Any) -> bool:
    """Values of fields are plain: sets and maps travel as JSON texts."""
    if isinstance(value, str):
        return "\x00" not in value
    if value is None or isinstance(value, bytes):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) < _WHOLE
