"""Where the user was in the window, kept with the data: it may name a household, so it is encrypted too."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from gridapp.store.reader import Reader

LAST_PLACE = "last_place"  # the key in meta


class Ended(StrEnum):
    """How the user left. A crash leaves what stood there while the window was open."""

    NOT = ""
    CLOSED = "closed"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class LastPlace:
    """A page and what it showed, the drafts' keys of the open forms, the last one in front, and the day."""

    page: str
    id: UUID | None = None
    tab: str = ""
    item: UUID | None = None
    forms: tuple[str, ...] = ()
    day: date | None = None
    ended: Ended = Ended.NOT


def last_place(reader: Reader) -> LastPlace | None:
    """Where the user was last; None where that is not known."""
    text = reader.meta(LAST_PLACE)
    if not text:
        return None
    try:
        found = json.loads(text)
        return LastPlace(
            str(found["page"]),
            UUID(found["id"]) if found["id"] else None,
            str(found["tab"]),
            UUID(found["item"]) if found["item"] else None,
            tuple(str(key) for key in found["forms"]),
            date.fromisoformat(found["day"]) if found["day"] else None,
            Ended(found["ended"]),
        )
    except (ValueError, KeyError, TypeError):  # written by another version
        return None


def as_text(place: LastPlace) -> str:
    """As it is kept."""
    document = asdict(place)
    for name in ("id", "item", "day"):
        document[name] = str(document[name]) if document[name] else None
    return json.dumps(document, ensure_ascii=False)
