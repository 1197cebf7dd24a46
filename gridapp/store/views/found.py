"""What the one search box shows: people, households and events, each with the page that shows more."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridapp.store import search
from gridapp.store.reader import Reader

_FILES, _EVENTS = 40, 8


@dataclass(frozen=True, slots=True)
class Found:
    """One line. Same names always stand with birth year and address; an event with its day and place."""

    page: str  # "household" or "event"
    id: UUID
    name: str  # of an event its title, or the code of its item
    person: bool = False
    birth_year: int | None = None
    address: str = ""
    when: str = ""


def found(reader: Reader, typed: str) -> tuple[Found, ...]:
    """The files and then the events for what was typed."""
    files = tuple(
        Found(
            "household",
            hit.household_id,
            hit.name,
            hit.entity == "person",
            hit.birth_year,
            hit.address,
        )
        for hit in search.find(reader, typed, _FILES)
        if hit.household_id
    )
    events = search.find_events(reader, typed, _EVENTS)
    days = {hit.record_id: _day(reader, hit.record_id) for hit in events}
    return files + tuple(
        Found("event", hit.record_id, hit.name, address=hit.address, when=days[hit.record_id])
        for hit in events
    )


def _day(reader: Reader, event_id: UUID) -> str:
    return reader.value("SELECT happened_at FROM event WHERE id=?", (event_id.bytes,)) or ""
