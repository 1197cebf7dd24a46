"""The list of events: ids in order, the rows in sight, and how many wait for the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridapp.clock import Instant
from gridapp.domain.workflow import ENDED, State
from gridapp.store.acting import standing, waiting
from gridapp.store.reader import Reader, marks
from gridapp.store.views.ids import Ids

# What is over for whoever handles it: rated, closed, not accepted.
DONE = (State.RATED.value, *sorted(state.value for state in ENDED))


@dataclass(frozen=True, slots=True)
class Due:
    """By when something must be done, and when it was begun. ``done``: when it was handled.

    ``unit``: in which the limit is counted (``domain.calendar.Unit``).
    """

    at: Instant
    begun: Instant
    unit: str
    done: Instant | None = None


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
    due: Due | None


def event_ids(
    reader: Reader, which: str = "open", typed: str = "", today: date | None = None
) -> Ids:
    """Ids, newest first. ``which``: ``mine`` (the nearest deadline first), ``open``, ``closed`` or ``all``."""
    conditions = ["e.deleted=0"]
    params: list[str] = []
    if which in ("open", "closed"):
        # most are done: they are walked in their order; few are open: those are looked up
        state = "e.state NOT" if which == "open" else "+e.state"
        conditions.append(f"{state} IN ({marks(DONE)})")
        params += DONE
    if typed.strip():
        conditions.append(_MATCHES)
        params += [_pattern(typed)] * _MATCHES.count("?")
    # with words to find, every row is read anyway: in the order of the file that is far quicker
    order = f"{'+' if typed.strip() else ''}e.happened_at DESC, e.id DESC"
    if which == "mine":
        order = f"{_DEADLINE} IS NULL, {_DEADLINE}, {order}"
    sql = f"SELECT e.id FROM event e WHERE {' AND '.join(conditions)}"
    if which != "mine":
        return Ids([key for (key,) in reader.rows(f"{sql} ORDER BY {order}", params)])
    mine = {id_.bytes for id_ in waiting(reader, standing(reader, today))}
    found: list[tuple[bytes]] = []
    keys = sorted(mine)
    for start in range(0, len(keys), _MOST):
        part = keys[start : start + _MOST]
        some = f"{sql} AND e.id IN ({marks(part)}) ORDER BY {order}"
        found += reader.rows(some, [*params, *part])
    return Ids([key for (key,) in found])


def events_waiting(reader: Reader, today: date | None = None) -> int:
    """How many events wait for the next step of this user."""
    return len(waiting(reader, standing(reader, today)))


def event_rows(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, EventRow]:
    """The rows of ``ids``."""
    keys = [i.bytes for i in ids]
    due = dues(reader, ids)
    rows = {}
    for key, item, title, place, home, text, at, state, number, own, staff, grid in reader.rows(
        "SELECT e.id, e.item_code, e.title, e.place, h.address, e.text, e.happened_at, e.state, "
        "e.number, e.temporary, s.name, u.name FROM event e "
        "LEFT JOIN household h ON h.id=e.household_id LEFT JOIN staff s ON s.id=e.reported_by "
        f"LEFT JOIN unit u ON u.id=e.grid_id WHERE e.id IN ({marks(keys)})",
        keys,
    ):
        id_ = UUID(bytes=key)
        rows[id_] = EventRow(
            id_,
            item or "",
            title or "",
            place or home or "",
            text or "",
            at or "",
            state or "",
            number or own or "",
            staff or "",
            grid or "",
            due.get(id_),
        )
    return rows


def dues(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, Due]:
    """The deadline in force of each event that has one."""
    keys = [i.bytes for i in ids]
    found: dict[UUID, Due] = {}
    for event, action, at, received, recorded, unit in reader.rows(
        "SELECT a.event_id, a.action, a.deadline, a.received_at, a.recorded_at, "
        "(SELECT limit_unit FROM catalogue_item c WHERE c.item_code=e.item_code AND c.deleted=0 "
        "LIMIT 1) FROM event_action a JOIN event e ON e.id=a.event_id "
        f"WHERE a.deleted=0 AND a.event_id IN ({marks(keys)}) "
        "AND (a.deadline IS NOT NULL OR a.action='handle') "
        "ORDER BY a.number IS NULL, a.number, a.id",
        keys,
    ):
        id_, when = UUID(bytes=event), received or recorded or 0
        if at is not None:
            found[id_] = Due(at, when, unit or "")
        elif action == "handle" and id_ in found:
            held = found[id_]
            found[id_] = Due(held.at, held.begun, held.unit, when)
    return found


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


_MOST = 5000  # parameters of one statement
_DEADLINE = (
    "(SELECT a.deadline FROM event_action a WHERE a.event_id=e.id AND a.deadline IS NOT NULL "
    "AND a.deleted=0 ORDER BY a.number DESC LIMIT 1)"
)
# Words of the event, of its item and of its household. A household's part is looked up once.
_MATCHES = (
    "(e.title LIKE ? ESCAPE '\\' OR e.text LIKE ? ESCAPE '\\' OR e.place LIKE ? ESCAPE '\\' "
    "OR e.number LIKE ? ESCAPE '\\' OR e.temporary LIKE ? ESCAPE '\\' "
    "OR e.item_code IN (SELECT item_code FROM catalogue_item WHERE item_zh LIKE ? ESCAPE '\\' "
    "OR item_en LIKE ? ESCAPE '\\') OR e.household_id IN (SELECT id FROM household "
    "WHERE name LIKE ? ESCAPE '\\' OR address LIKE ? ESCAPE '\\'))"
)


def _pattern(typed: str) -> str:
    """What was typed, anywhere in a text; its own % and _ mean themselves."""
    plain = typed.strip()
    for special in ("\\", "%", "_"):
        plain = plain.replace(special, f"\\{special}")
    return f"%{plain}%"
