"""What became of work that came too late, for its author: who decided, and what was registered otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridapp.clock import Instant
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field
from gridapp.domain.review import ACCEPTED, RETURNED, Review
from gridapp.domain.unit import Staff
from gridapp.domain.values import Stored, stored
from gridapp.errors import Problem
from gridapp.store.reader import Reader
from gridapp.store.status import Item

ALREADY_DECIDED = "already_decided"  # the server's code: somebody else decided first
CHANGED = "changed"  # the server's code: taken, with values that the head set


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One field that the head set to something else. Values are in stored form."""

    field: Field
    wrote: Stored
    held: Stored


@dataclass(frozen=True, slots=True)
class Before:
    """How work was decided before this user's decision about it came. ``who``: "" where the name is not here.

    ``again``: nobody decided, its author sent it once more.
    """

    accepted: bool
    again: bool
    changed: bool
    who: str
    mine: bool
    at: Instant | None
    note: str


def decided_before(reader: Reader, items: Iterable[Item]) -> Before | None:
    """Of a decision that came second: the one that counts; None where this is none, or nothing of it is here."""
    for item in items:
        if item.entity != Review.KIND or item.code != ALREADY_DECIDED:
            continue
        review = reader.record(Review, item.record_id)
        if review is None or review.state not in (ACCEPTED, RETURNED):
            continue
        staff = reader.record(Staff, review.decided_by)
        return Before(
            review.state == ACCEPTED,
            _sent_again(review),
            bool(review.changed),
            staff.name if staff else "",
            review.decided_by == reader.who.staff_id,
            review.decided_at,
            review.note,
        )
    return None


def _sent_again(review: Review) -> bool:
    if review.state == ACCEPTED:
        return review.decided_by is None
    # Who gives something back always says why.
    return review.decided_by == review.author_id and not review.note


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
