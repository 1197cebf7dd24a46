"""What became of work that came too late, for its author: who decided, and what was registered otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field
from gridapp.domain.unit import Staff
from gridapp.domain.values import Stored, stored
from gridapp.errors import Problem
from gridapp.store.reader import Reader
from gridapp.store.status import Item

CHANGED = "changed"  # the server's code: taken, with values that the head set


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One field that the head set to something else. Values are in stored form."""

    field: Field
    wrote: Stored
    held: Stored


def decided_by(reader: Reader, items: Iterable[Item]) -> str:
    """The name of who decided, "" where nobody did or the name is not here."""
    keys = [item.decided_by for item in items if item.decided_by]
    return next((staff.name for staff in reader.records(Staff, keys)), "") if keys else ""


def set_otherwise(reader: Reader, item: Item) -> tuple[Otherwise, ...]:
    """The fields of one change that are registered with another value. Of what is not readable here any more: none."""
    if item.code != CHANGED:
        return ()
    kind, key = KINDS[item.entity], item.record_id.bytes
    listed = reader.value("SELECT 1 FROM membership WHERE record_id=? LIMIT 1", (key,))
    held = reader.row(item.entity, key) if listed else None
    if held is None:
        return ()
    found = []
    for name, value in item.values:
        declared = kind.by_name[name]
        wrote = _stored(declared, value)
        if wrote != held[name]:
            found.append(Otherwise(declared, wrote, held[name]))
    return tuple(found)


def _stored(declared: Field, value: object) -> Stored:
    try:
        return stored(declared, value)
    except Problem:
        return None
