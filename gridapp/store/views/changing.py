"""Which of the user's grids are about to be handed over, split or merged, and when.

Whoever works there has to be online once before that day: what comes later is no longer hers to record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.domain.address import address_key
from gridapp.domain.due import plus
from gridapp.domain.turn import Standing
from gridapp.store.acting import standing
from gridapp.store.reader import Reader

PAST = 7  # days after the day on which it is still told: it may be late, or this computer was away


@dataclass(frozen=True, slots=True)
class Changing:
    """One grid of the user and the day on which it changes hands."""

    name: str
    day: date


def changing(reader: Reader, mine: Standing | None = None) -> tuple[Changing, ...]:
    """The user's grids with a day that was announced, the nearest first. ``mine``: where it is known already."""
    announced = reader.rows(
        "SELECT id, name, changing_on FROM unit WHERE deleted=0 AND changing_on>=?",
        (plus(reader.today, -PAST).isoformat(),),
    )
    if not announced:
        return ()
    posts = (mine or standing(reader, reader.today)).posts
    own = {id_ for post in posts for id_ in (post.unit_id, *post.grids)}
    found = [
        Changing(name or "", date.fromisoformat(day))
        for key, name, day in announced
        if UUID(bytes=key) in own
    ]
    return tuple(sorted(found, key=lambda one: (one.day, address_key(one.name))))
