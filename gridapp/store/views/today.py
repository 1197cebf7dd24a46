"""What to do now: whom to visit, which events wait, what to look at, how the month stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from gridapp.domain.address import address_key
from gridapp.domain.due import Due, plus
from gridapp.domain.turn import Course, Standing
from gridapp.domain.unit import Unit
from gridapp.domain.workflow import Action, State, awaited
from gridapp.store import status
from gridapp.store.acting import courses, standing
from gridapp.store.authority import own_assignments
from gridapp.store.derived import chunks
from gridapp.store.reader import Reader, marks
from gridapp.store.views.changing import Changing, changing
from gridapp.store.views.due import soon
from gridapp.store.views.events import EventRow, event_ids, event_rows
from gridapp.store.views.events import events_waiting as _events_waiting
from gridapp.store.views.twice import Twice, twice

_TWICE = 3  # of what was changed twice, told one by one
_EVENTS = 100
_SENT_BACK = (
    "SELECT text FROM event_action WHERE event_id=? AND action=? AND deleted=0 "
    "ORDER BY number IS NULL DESC, number DESC, id DESC LIMIT 1"
)
# A household that somebody can visit: not one that left, nor an empty dwelling.
THERE = (
    "h.deleted=0 AND h.merged_into IS NULL AND ifnull(h.status, '') NOT IN ('moved', 'closed') "
    "AND ifnull(h.kind, '')<>'vacant'"
)


@dataclass(frozen=True, slots=True)
class Grid:
    """One of the user's grids. ``covers``: it is looked after for a colleague."""

    id: UUID
    name: str
    covers: bool = False


@dataclass(frozen=True, slots=True)
class DueHousehold:
    """One household to visit."""

    id: UUID
    name: str
    address: str
    grid_id: UUID | None
    due: Due


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """One event whose next step is the user's. ``step``: which; ``back``: what was said when it was sent back."""

    row: EventRow
    mine: bool  # the user reported it
    step: Action | None
    back: str = ""


class Look(StrEnum):
    """What asks for a look, besides what was changed twice."""

    PARKED = "parked"  # kept for the head to record: it is not this user's any more
    REJECTED = "rejected"
    TAKEN = "taken"  # by the head, after it was kept
    BRAKED = "braked"  # one question, about much that would go from here
    PHOTOS = "photos"  # that cannot go up


@dataclass(frozen=True, slots=True)
class Today:
    """One day of one user. ``due`` in the order of buildings and floors; ``visited`` of ``households`` this month."""

    day: date
    grids: tuple[Grid, ...]
    due: tuple[DueHousehold, ...]
    events: tuple[WaitingEvent, ...]  # the nearest deadline first, no more than a hundred
    waiting: int  # how many events wait
    twice: tuple[Twice, ...]
    more_twice: int  # beyond those told one by one
    looks: tuple[tuple[Look, int], ...]
    visited: int
    households: int
    changing: tuple[Changing, ...] = ()  # grids that are about to change hands

    @property
    def now(self) -> int:
        """How many households are overdue or due today."""
        return sum(1 for household in self.due if household.due.day <= self.day)

    @property
    def to_look_at(self) -> int:
        """How many things ask for a look."""
        return len(self.twice) + self.more_twice + sum(count for _, count in self.looks)


def today(reader: Reader, grid_id: UUID | None = None) -> Today:
    """The day of this user, of one grid or (None) of all. Things to look at have no grid."""
    mine = standing(reader, reader.today)
    waiting = _waiting(reader, mine, grid_id)
    found, told = status.current(reader), twice(reader, _TWICE)
    visited, households = _month(reader, grid_id)
    looks = (
        (Look.PARKED, found.parked),
        (Look.REJECTED, found.rejected),
        (Look.TAKEN, found.told),
        (Look.BRAKED, int(found.braked > 0)),
        (Look.PHOTOS, found.broken_photos),
    )
    return Today(
        reader.today,
        my_grids(reader, mine),
        _due(reader, grid_id),
        _events(reader, waiting[:_EVENTS]),
        len(waiting),
        told,
        max(0, found.conflicts - len(told)),
        tuple(look for look in looks if look[1]),
        visited,
        households,
        changing(reader, mine),
    )


def my_grids(reader: Reader, mine: Standing) -> tuple[Grid, ...]:
    """The grids that the user's roles reach, the own ones first."""
    ids = {grid for post in mine.posts for grid in post.grids}
    covered: dict[UUID, bool] = {}
    for own in own_assignments(reader, reader.today.isoformat()):
        if own.unit_id:
            covered[own.unit_id] = covered.get(own.unit_id, True) and own.covers_id is not None
    grids = [Grid(u.id, u.name, covered.get(u.id, False)) for u in reader.records(Unit, ids)]
    return tuple(sorted(grids, key=lambda g: (g.covers, address_key(g.name))))


def own_grids(reader: Reader) -> tuple[Grid, ...]:
    """The grids that the user's roles reach, the own ones first."""
    return my_grids(reader, standing(reader, reader.today))


def events_waiting(reader: Reader) -> int:
    """How many events wait for this user: the red number."""
    return _events_waiting(reader, reader.today)


def _due(reader: Reader, grid_id: UUID | None) -> tuple[DueHousehold, ...]:
    dues = soon(reader)
    found: list[tuple[str, DueHousehold]] = []
    for part in chunks(id_.bytes for id_ in dues):
        for key, name, address, grid in reader.rows(
            "SELECT id, name, address, grid_id FROM household WHERE merged_into IS NULL "
            f"AND id IN ({marks(part)})",
            part,
        ):
            id_, at = UUID(bytes=key), UUID(bytes=grid) if grid else None
            if grid_id in (None, at):
                place = f"{address_key(address or '')}\0{name or ''}"
                found.append((place, DueHousehold(id_, name or "", address or "", at, dues[id_])))
    found.sort(key=lambda pair: (pair[0], pair[1].id))
    return tuple(household for _, household in found)


def _waiting(reader: Reader, mine: Standing, grid_id: UUID | None) -> list[tuple[UUID, Course]]:
    """The events that wait, the nearest deadline first, with how far they have come."""
    ids = event_ids(reader, "mine", today=reader.today)
    found = courses(reader, mine, ids)
    return [(id_, found[id_]) for id_ in ids if grid_id in (None, found[id_].grid_id)]


def _events(reader: Reader, waiting: Sequence[tuple[UUID, Course]]) -> tuple[WaitingEvent, ...]:
    keys = [id_.bytes for id_, _ in waiting]
    rows = event_rows(reader, [id_ for id_, _ in waiting])
    mine = {
        key
        for (key,) in reader.rows(
            f"SELECT id FROM event WHERE reported_by=? AND id IN ({marks(keys)})",
            (reader.who.staff_id.bytes, *keys),
        )
    }
    made = []
    for id_, course in waiting:
        back, step = "", awaited(course.state)
        if course.last is Action.SEND_BACK:
            back = reader.value(_SENT_BACK, (id_.bytes, Action.SEND_BACK.value)) or ""
            step = Action.HANDLE_ON_SPOT if course.state is State.REPORTED else step
        made.append(WaitingEvent(rows[id_], id_.bytes in mine, step, back))
    return tuple(made)


def _month(reader: Reader, grid_id: UUID | None) -> tuple[int, int]:
    """How many households were visited this month, of how many."""
    grid, params = ("AND h.grid_id=?", (grid_id.bytes,)) if grid_id else ("", ())
    # of all grids only the few are looked up that do not count
    among = f"IN (SELECT h.id FROM household h WHERE {THERE} {grid})"
    if grid_id is None:
        among = f"NOT IN (SELECT h.id FROM household h WHERE NOT ({THERE}))"
    first, tomorrow = reader.today.replace(day=1), plus(reader.today, 1)
    return (
        reader.value(
            "SELECT count(DISTINCT household_id) FROM visit INDEXED BY ix_visit_newest "
            "WHERE happened_at>=? AND happened_at<? AND deleted=0 AND how<>'absent' "
            f"AND household_id {among}",
            (first.isoformat(), tomorrow.isoformat(), *params),
        ),
        reader.value(f"SELECT count(*) FROM household h WHERE {THERE} {grid}", params),
    )
