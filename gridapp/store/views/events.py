"""Events: ids in order, the rows in sight, and one event with its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.attachment import Attachment
from gridapp.domain.event import Event, EventAction
from gridapp.domain.household import Household
from gridapp.domain.unit import Staff, Unit
from gridapp.domain.workflow import State
from gridapp.store.reader import Reader, marks


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in the list."""

    id: UUID
    item_code: str
    title: str
    place: str
    text: str
    happened_at: str
    state: str
    number: str
    reporter: str
    grid: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """One event with its steps in order. ``names``: staff and units by id."""

    event: Event
    actions: tuple[EventAction, ...]
    attachments: tuple[Attachment, ...]
    household: Household | None
    names: Mapping[UUID, str]
    waiting: bool


CLOSED = (State.CLOSED.value, State.RATED.value)


def event_ids(reader: Reader, which: str = "open", typed: str = "") -> tuple[UUID, ...]:
    """Ids, newest first. ``which``: ``open``, ``closed`` or ``all``."""
    sql = "SELECT id FROM event WHERE deleted=0"
    params: list[str] = []
    if which != "all":
        sql += f" AND state {'NOT ' if which == 'open' else ''}IN ({marks(CLOSED)})"
        params += CLOSED
    if typed.strip():
        sql += " AND (title LIKE ? OR text LIKE ? OR place LIKE ? OR number LIKE ?)"
        params += [f"%{typed.strip()}%"] * 4
    rows = reader.rows(f"{sql} ORDER BY happened_at DESC, id DESC", params)
    return tuple(UUID(bytes=row[0]) for row in rows)


def event_rows(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, EventRow]:
    """The rows of ``ids``."""
    keys = [i.bytes for i in ids]
    rows = {}
    for (
        key,
        item,
        title,
        place,
        address,
        text,
        at,
        state,
        number,
        temporary,
        staff,
        grid,
    ) in reader.rows(
        "SELECT e.id, e.item_code, e.title, e.place, h.address, e.text, e.happened_at, e.state, "
        "e.number, e.temporary, s.name, u.name FROM event e "
        "LEFT JOIN household h ON h.id=e.household_id LEFT JOIN staff s ON s.id=e.reported_by "
        f"LEFT JOIN unit u ON u.id=e.grid_id WHERE e.id IN ({marks(keys)})",
        keys,
    ):
        rows[UUID(bytes=key)] = EventRow(
            UUID(bytes=key),
            item or "",
            title or "",
            place or address or "",
            text or "",
            at or "",
            state or "",
            number or temporary or "",
            staff or "",
            grid or "",
        )
    return rows


def event_page(reader: Reader, event_id: UUID) -> EventPage | None:
    """One event, None where it is not here (any more)."""
    event = reader.record(Event, event_id)
    if event is None or event.deleted:
        return None
    actions = reader.children(EventAction, event_id)
    actions.sort(key=lambda a: (a.number is None, a.number or 0, a.id))
    keys = [event_id.bytes, *(a.id.bytes for a in actions)]
    names: dict[UUID, str] = {}
    people = {event.reported_by, *(a.actor_id for a in actions)}
    names |= {s.id: s.name for s in reader.records(Staff, {i for i in people if i})}
    units = {event.grid_id, *(a.unit_id for a in actions), *(a.target_unit_id for a in actions)}
    names |= {u.id: u.name for u in reader.records(Unit, {i for i in units if i})}
    waiting = reader.value(
        f"SELECT 1 FROM outbox WHERE state='waiting' AND record_id IN ({marks(keys)}) LIMIT 1",
        keys,
    )
    return EventPage(
        event,
        tuple(actions),
        tuple(reader.where(Attachment, f"target_id IN ({marks(keys)})", keys)),
        reader.record(Household, event.household_id),
        names,
        bool(waiting),
    )


def recent_items(reader: Reader, limit: int = 4) -> tuple[str, ...]:
    """Codes of the items that this user reported last, without repeats."""
    rows = reader.rows(
        "SELECT item_code FROM event WHERE deleted=0 AND reported_by=? "
        "GROUP BY item_code ORDER BY max(recorded_at) DESC LIMIT ?",
        (reader.who.staff_id.bytes, limit),
    )
    return tuple(row[0] for row in rows if row[0])


def telling_event(reader: Reader) -> UUID | None:
    """An event with a long timeline, for pictures; None where there is none."""
    found = reader.value(
        "SELECT e.id FROM event e WHERE e.deleted=0 ORDER BY "
        "(SELECT count(*) FROM event_action a WHERE a.event_id=e.id) DESC, e.happened_at DESC LIMIT 1"
    )
    return UUID(bytes=found) if found else None
