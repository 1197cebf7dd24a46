"""One event with everything its page shows: steps with photos, what may be done now, deadline, events like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from gridapp.domain.attachment import Attachment
from gridapp.domain.event import Event, EventAction
from gridapp.domain.household import Household
from gridapp.domain.turn import Course, Standing
from gridapp.domain.unit import Staff, Unit
from gridapp.domain.workflow import Action, State, awaited, path_of
from gridapp.store.acting import courses, refused, standing
from gridapp.store.reader import Reader, marks
from gridapp.store.views.events import Due, dues
from gridapp.store.views.photos import thumbnails

ALIKE_DAYS = 30
_MOST_ALIKE = 5


@dataclass(frozen=True, slots=True)
class EventStep:
    """One step with its photos. ``refused``: the server's reason not to take it, None where it counts."""

    action: EventAction
    photos: tuple[Attachment, ...] = ()
    refused: str | None = None
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Alike:
    """Another event of the same item at the same household, building or place, not long before or after."""

    id: UUID
    title: str
    happened_at: str
    state: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """One event with its steps in order. ``names``: staff and units by id; ``allowed``: what the user may do.

    ``waits``: the next step is the user's. ``target``: the unit whose step it is, where it is a unit's.
    ``waiting``: something of it is not with the server yet.
    """

    event: Event
    steps: tuple[EventStep, ...]
    photos: tuple[Attachment, ...]  # of the report itself
    thumbnails: Mapping[str, bytes]
    household: Household | None
    names: Mapping[UUID, str]
    state: State
    path: tuple[State, ...]
    allowed: tuple[Action, ...]
    awaited: Action | None
    waits: bool
    target: UUID | None
    due: Due | None
    alike: tuple[Alike, ...]
    waiting: bool

    def name(self, id_: UUID | None) -> str:
        """Somebody's or a unit's name, "" where it is not known."""
        return self.names.get(id_, "") if id_ else ""

    @property
    def all_photos(self) -> tuple[Attachment, ...]:
        """Every photo, in the order of the timeline."""
        return (*self.photos, *(photo for step in self.steps for photo in step.photos))


def event_page(reader: Reader, event_id: UUID, today: date | None = None) -> EventPage | None:
    """One event, None where it is not here (any more)."""
    event = reader.record(Event, event_id)
    if event is None or event.deleted:
        return None
    steps = _steps(reader, event_id)
    mine = standing(reader, today)
    course = courses(reader, mine, [event_id])[event_id]
    reported = _photos(reader, [event_id]).get(event_id, ())
    household = reader.record(Household, event.household_id)
    return EventPage(
        event=event,
        steps=steps,
        photos=reported,
        thumbnails=_thumbnails(reader, (*reported, *(p for s in steps for p in s.photos))),
        household=None if household is None or household.deleted else household,
        names=_names(reader, event, steps),
        state=course.state,
        path=path_of(course.state, course.taken),
        allowed=mine.steps(course),
        awaited=_awaited(mine, course),
        waits=mine.waits(course),
        target=course.target,
        due=dues(reader, [event_id]).get(event_id),
        alike=alike(reader, event),
        waiting=_unsent(reader, [event_id]) != set() or any(s.waiting for s in steps),
    )


def alike(reader: Reader, event: Event) -> tuple[Alike, ...]:
    """Likely the same thing: same item, same household, building or place, at most 30 days apart."""
    if not event.happened_at or event.grid_id is None:
        return ()
    day = date.fromisoformat(event.happened_at[:10])
    since, until = (day + timedelta(days=n) for n in (-ALIKE_DAYS, ALIKE_DAYS + 1))
    home = event.household_id.bytes if event.household_id else None
    rows = reader.rows(
        "SELECT e.id, e.title, e.happened_at, e.state FROM event e WHERE e.deleted=0 "
        "AND e.grid_id=?1 AND e.item_code=?2 AND e.id<>?3 AND e.happened_at>=?4 "
        "AND e.happened_at<?5 AND (e.household_id=?6 OR (?7<>'' AND trim(e.place)=?7) "
        "OR e.household_id IN (SELECT h.id FROM household h JOIN dwelling d ON d.id=h.dwelling_id "
        "WHERE d.building_id=(SELECT b.building_id FROM household g JOIN dwelling b "
        "ON b.id=g.dwelling_id WHERE g.id=?6))) ORDER BY e.happened_at DESC, e.id DESC LIMIT ?8",
        (
            event.grid_id.bytes,
            event.item_code,
            event.id.bytes,
            since.isoformat(),
            until.isoformat(),
            home,
            event.place.strip(),
            _MOST_ALIKE,
        ),
    )
    return tuple(
        Alike(UUID(bytes=key), title or "", when or "", state or "")
        for key, title, when, state in rows
    )


def _steps(reader: Reader, event_id: UUID) -> tuple[EventStep, ...]:
    actions = reader.children(EventAction, event_id)
    actions.sort(key=lambda a: (a.number is None, a.number or 0, a.id))
    ids = [a.id for a in actions]
    photos, lost, unsent = _photos(reader, ids), refused(reader, ids), _unsent(reader, ids)
    return tuple(
        EventStep(a, photos.get(a.id, ()), lost.get(a.id), a.id in unsent) for a in actions
    )


def _photos(reader: Reader, targets: list[UUID]) -> dict[UUID, tuple[Attachment, ...]]:
    keys = [t.bytes for t in targets]
    found: dict[UUID, tuple[Attachment, ...]] = {}
    every = reader.where(Attachment, f"target_id IN ({marks(keys)})", keys)
    for attachment in sorted(every, key=lambda a: a.id):
        if attachment.target_id:
            of = found.get(attachment.target_id, ())
            found[attachment.target_id] = (*of, attachment)
    return found


def _thumbnails(reader: Reader, photos: tuple[Attachment, ...]) -> Mapping[str, bytes]:
    return thumbnails(reader, sorted({p.sha256 for p in photos}))


def _names(reader: Reader, event: Event, steps: tuple[EventStep, ...]) -> dict[UUID, str]:
    actions = [step.action for step in steps]
    people = {event.reported_by, *(a.actor_id for a in actions)}
    units = {event.grid_id, *(a.unit_id for a in actions), *(a.target_unit_id for a in actions)}
    names = {s.id: s.name for s in reader.records(Staff, {i for i in people if i})}
    return names | {u.id: u.name for u in reader.records(Unit, {i for i in units if i})}


def _awaited(mine: Standing, course: Course) -> Action | None:
    """The step that the event waits for; what came back is done again as it was."""
    if course.last is Action.SEND_BACK and Action.HANDLE_ON_SPOT in mine.steps(course):
        return Action.HANDLE_ON_SPOT
    return awaited(course.state)


def _unsent(reader: Reader, ids: list[UUID]) -> set[UUID]:
    keys = [i.bytes for i in ids]
    rows = reader.rows(
        f"SELECT record_id FROM outbox WHERE state='waiting' AND record_id IN ({marks(keys)})", keys
    )
    return {UUID(bytes=key) for (key,) in rows}
