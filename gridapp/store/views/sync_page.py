"""The sync page: what waits and what was not accepted, save by save, and what was changed twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridapp.clock import Instant
from gridapp.store import status
from gridapp.store.reader import Reader
from gridapp.store.status import Item, SyncStatus
from gridapp.store.views.braked import Braked, braked
from gridapp.store.views.broken_photos import BrokenPhoto, broken_photos
from gridapp.store.views.changing import Changing, changing
from gridapp.store.views.decided import Otherwise, decided_by, set_otherwise
from gridapp.store.views.subjects import Subject, subject
from gridapp.store.views.twice import Twice, twice

SHOWN = 100  # saves
WRITTEN = "bundle_written"  # meta: when what waits was written onto a stick

# Of what was saved together, the save is called by the first of these.
_CALLED_BY = (
    "event",
    "event_action",
    "visit",
    "household",
    "person",
    "person_file",
    "household_file",
    "care_enrolment",
    "residence",
    "dwelling",
    "building",
)


@dataclass(frozen=True, slots=True)
class Save:
    """What was saved together. ``items``: what it is called by first.

    ``head``: who decided later about work that came too late, "" where that is not known here; ``changed``: what was
    set otherwise.
    """

    save_id: bytes
    items: tuple[Item, ...]
    about: Subject | None
    head: str = ""
    changed: tuple[Otherwise, ...] = ()

    @property
    def main(self) -> Item:
        """What the save is called by."""
        return self.items[0]

    @property
    def recorded_at(self) -> Instant:
        """When it was saved."""
        return self.items[0].recorded_at

    @property
    def code(self) -> str:
        """Why it was not accepted: the reason of what the rest waits for, of what was rejected first."""
        own = [i for i in self.items if i.code and i.code != "waits_for_owner"]
        own.sort(key=lambda i: i.state != "rejected")
        return own[0].code if own else self.main.code

    @property
    def note(self) -> str:
        """What the head of the grid wrote, who decided about it."""
        return next((i.note for i in self.items if i.note), "")

    @property
    def parked(self) -> bool:
        """Whether it is kept for somebody else to record: valid, and not allowed any more where it belongs."""
        return all(i.state == "parked" for i in self.items)


@dataclass(frozen=True, slots=True)
class SyncPage:
    """All that the page shows, of one moment. ``line``: the words of the sync line."""

    status: SyncStatus
    line: str
    waiting: tuple[Save, ...]
    refused: tuple[Save, ...]
    seen: tuple[Save, ...]  # not accepted either, and the user knows
    twice: tuple[Twice, ...]
    braked: Braked | None = None
    written: Instant | None = None  # onto a stick, and nothing was heard since
    told: tuple[Save, ...] = ()  # was kept for the head of the grid, and is registered since
    broken: tuple[BrokenPhoto, ...] = ()
    changing: tuple[Changing, ...] = ()  # grids that are about to change hands


def sync_page(reader: Reader) -> SyncPage:
    """What waits, the oldest first; what was not accepted and what was changed twice, the newest first."""
    state = status.current(reader)
    return SyncPage(
        state,
        status.line(state, reader.now),
        _saves(reader, status.waiting(reader)),
        _saves(reader, status.not_accepted(reader)),
        _saves(reader, status.seen(reader)),
        twice(reader),
        braked(reader),
        _written(reader),
        _saves(reader, status.told(reader)),
        broken_photos(reader),
        changing(reader),
    )


def _written(reader: Reader) -> Instant | None:
    at, last = reader.meta(WRITTEN), int(reader.meta("last_contact") or 0)
    return int(at) if at and int(at) > last else None


def _saves(reader: Reader, items: Iterable[Item]) -> tuple[Save, ...]:
    together: dict[bytes, list[Item]] = {}
    for item in items:
        together.setdefault(item.save_id, []).append(item)
    return tuple(_save(reader, key, found) for key, found in list(together.items())[:SHOWN])


def _save(reader: Reader, save_id: bytes, items: list[Item]) -> Save:
    items.sort(key=lambda i: _CALLED_BY.index(i.entity) if i.entity in _CALLED_BY else 99)
    about = (subject(reader, i.entity, i.record_id) for i in items)
    return Save(
        save_id,
        tuple(items),
        next((a for a in about if a), None),
        decided_by(reader, items),
        tuple(one for item in items for one in set_otherwise(reader, item)),
    )
