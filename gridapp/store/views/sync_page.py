"""The sync page: what waits and what was not accepted, save by save, and what was changed twice."""

from __future__ import annotations

from dataclasses import dataclass

from gridapp.clock import Instant
from gridapp.store import status
from gridapp.store.reader import Reader
from gridapp.store.status import SyncStatus
from gridapp.store.views.braked import Braked, braked
from gridapp.store.views.broken_photos import BrokenPhoto, broken_photos
from gridapp.store.views.changing import Changing, changing
from gridapp.store.views.saves import SHOWN, Save, Which, some
from gridapp.store.views.twice import Twice, twice

WRITTEN = "bundle_written"  # meta: when what waits was written onto a stick


@dataclass(frozen=True, slots=True)
class Limits:
    """How many saves of each list are told: more where the user asked for them."""

    asked: tuple[Which, ...] = ()  # once for each time that more were asked for

    def of(self, which: Which) -> int:
        """How many of one list."""
        return SHOWN * (1 + self.asked.count(which))

    def more(self, which: Which) -> Limits:
        """Some more of one list."""
        return Limits((*self.asked, which))


@dataclass(frozen=True, slots=True)
class SyncPage:
    """All that the page shows, of one moment. ``line``: the words of the sync line."""

    status: SyncStatus
    line: str
    waiting: tuple[Save, ...]
    parked: tuple[Save, ...]  # somebody else decides about them
    refused: tuple[Save, ...]
    seen: tuple[Save, ...]  # not accepted either, and the user knows
    twice: tuple[Twice, ...]
    braked: Braked | None = None
    written: Instant | None = None  # onto a stick, and nothing was heard since
    told: tuple[Save, ...] = ()  # was kept for the head of the grid, and is registered since
    broken: tuple[BrokenPhoto, ...] = ()
    changing: tuple[Changing, ...] = ()  # grids that are about to change hands


def sync_page(reader: Reader, limits: Limits = Limits()) -> SyncPage:
    """What waits, the oldest first; what was not accepted and what was changed twice, the newest first."""
    state = status.current(reader)
    return SyncPage(
        state,
        status.line(state, reader.now),
        some(reader, Which.WAITING, SHOWN),
        some(reader, Which.PARKED, limits.of(Which.PARKED)),
        some(reader, Which.REFUSED, limits.of(Which.REFUSED)),
        some(reader, Which.SEEN, limits.of(Which.SEEN)),
        twice(reader),
        braked(reader),
        _written(reader),
        some(reader, Which.TOLD, limits.of(Which.TOLD)),
        broken_photos(reader),
        changing(reader),
    )


def _written(reader: Reader) -> Instant | None:
    at, last = reader.meta(WRITTEN), int(reader.meta("last_contact") or 0)
    return int(at) if at and int(at) > last else None
