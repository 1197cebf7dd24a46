"""Whether an operation is one at all: sizes and shapes that every table of the server can hold.

What a newer program adds (kinds, fields) passes; what no program sends does not.
"""

from __future__ import annotations

import math
import re
from typing import Any

from gridapp.domain.exchange import Decision, Operation

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,59}")
_MOST_FIELDS = 200
_WHOLE = 1 << 62


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
        and _KIND.fullmatch(operation.entity) is not None
        and len(operation.fields) <= _MOST_FIELDS
        and all(_FIELD.fullmatch(name) for name in operation.fields)
        and all(_plain(c.before) and _plain(c.after) for c in operation.fields.values())
        and all(c.follows is None or len(c.follows) == 16 for c in operation.fields.values())
        and (operation.decides is None or _well_formed_decision(operation.decides))
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
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) < _WHOLE
    if isinstance(value, str):
        return "\x00" not in value
    return value is None or isinstance(value, bytes)
