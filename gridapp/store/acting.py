"""Which steps of an event the user may take, and which of them wait for the user, as far as this computer knows.

The server judges again, by what is in force there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from gridapp.clock import Instant, day_of
from gridapp.domain.channels import unit_channel
from gridapp.domain.roles import RIGHTS, Reach, Role
from gridapp.domain.turn import GOES_UP, Course, Post, Standing
from gridapp.domain.unit import Assignment
from gridapp.domain.workflow import (
    BY_TARGET_UNIT,
    NO_LONGER_FITS,
    NOT_ALLOWED,
    STATE_LABELS,
    Action,
    State,
    awaited,
    judge,
    roles_for,
)
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.store.authority import own_assignments
from gridapp.store.reader import Reader, marks

_CHUNK = 500
_BENEATH = (
    "WITH RECURSIVE tree(id, kind) AS (SELECT id, kind FROM unit WHERE id=? AND deleted=0 UNION "
    "SELECT u.id, u.kind FROM unit u JOIN tree ON u.parent_id=tree.id WHERE u.deleted=0) "
    "SELECT id FROM tree WHERE kind='grid'"
)
_LED = tuple(s.value for s in State if awaited(s) and awaited(s) not in BY_TARGET_UNIT)
_SENT_BACK = (
    "EXISTS (SELECT 1 FROM event_action a WHERE a.event_id=event.id AND a.deleted=0 AND a.action=?)"
)


def check_step(reader: Reader, event_id: UUID, action: str, now: Instant) -> None:
    """Raises ``Problem`` ``step_not_allowed`` or ``step_no_longer_fits`` where the server surely would refuse."""
    mine = standing(reader, day_of(now))
    course = courses(reader, mine, [event_id]).get(event_id)
    if course is None or action in mine.steps(course):
        return
    zh, en = STATE_LABELS[course.state]
    if judge(course.state, action, mine.roles(course)) == NO_LONGER_FITS:
        raise Problem(
            NO_LONGER_FITS,
            "这件事现在是“{state}”，这一步不用做了。",
            remedy="写的话可以改成“补一条说明”再存。",
            state=Label(zh, en),
        )
    raise Problem(NOT_ALLOWED, "这一步不归您办。", remedy="要说的可以用“补一条说明”写上。")


def standing(reader: Reader, today: date | None = None) -> Standing:
    """The user's roles on a day (None: today), and whether anybody commands."""
    day = (today or reader.today).isoformat()
    commanded = reader.value(
        "SELECT 1 FROM assignment WHERE role=? AND deleted=0 "
        "AND (to_date IS NULL OR to_date>=?) LIMIT 1",
        (Role.DISPATCHER.value, day),
    )
    known = (a for a in own_assignments(reader, day) if a.unit_id)
    return Standing(
        reader.who.staff_id, tuple(_post(reader, a) for a in known), commanded is not None
    )


def courses(reader: Reader, mine: Standing, events: Collection[UUID]) -> dict[UUID, Course]:
    """How far each event has come, without steps that the server refused."""
    found: dict[UUID, Course] = {}
    up = frozenset(_going_up(reader))
    for part in _chunks([e.bytes for e in events]):
        for key, grid, item in reader.rows(
            f"SELECT id, grid_id, item_code FROM event WHERE id IN ({marks(part)})", part
        ):
            id_ = UUID(bytes=key)
            found[id_] = Course(id_, UUID(bytes=grid) if grid else None, item in up)
        _take_steps(reader, found, part)
        _note_units(reader, mine, found, part)
    return found


def waiting(reader: Reader, mine: Standing) -> list[UUID]:
    """The events whose next step is the user's, in no order.

    Most are known by state and grid alone; only where more counts are their steps looked at.
    """
    found = {UUID(bytes=key) for key in _led(reader, mine)}
    looked_at = courses(reader, mine, [UUID(bytes=key) for key in _in_doubt(reader, mine)])
    found |= {id_ for id_, course in looked_at.items() if mine.waits(course)}
    return list(found)


def _led(reader: Reader, mine: Standing) -> list[bytes]:
    """Events in grids that the user leads, in a state whose next step is for those who lead."""
    leads = [p for p in mine.posts if p.role in roles_for(Action.VERIFY)]
    grids = sorted({grid.bytes for post in leads for grid in post.grids})
    sql = (
        f"SELECT id FROM event WHERE deleted=0 AND state IN ({marks(_LED)}) "
        f"AND grid_id IN ({marks(grids)}) AND NOT (state=? AND {_SENT_BACK})"
    )
    params: list[str | bytes] = [*_LED, *grids, State.REPORTED.value, Action.SEND_BACK.value]
    if mine.commanded:
        up = _going_up(reader)
        sql += f" AND NOT (state IN (?,?) AND item_code IN ({marks(up)}))"
        params += [State.REPORTED.value, State.ACCEPTED.value, *up]
    return [key for (key,) in reader.rows(sql, params)]


def _in_doubt(reader: Reader, mine: Standing) -> list[bytes]:
    """Events whose steps say whether they wait for the user: at a unit, sent back, or come to a unit of hers."""
    units = [state.value for state in (State.DISPATCHED, State.SIGNED)]
    if any(RIGHTS[post.role].reach is Reach.UNIT for post in mine.posts):
        units += _LED
    rows = reader.rows(
        f"SELECT id FROM event WHERE deleted=0 AND state IN ({marks(units)}) UNION "
        f"SELECT id FROM event WHERE deleted=0 AND state=? AND {_SENT_BACK}",
        [*units, State.REPORTED.value, Action.SEND_BACK.value],
    )
    return [key for (key,) in rows]


def refused(reader: Reader, steps: Iterable[UUID]) -> Mapping[UUID, str]:
    """Steps that the server did not take, with its reason as a code."""
    found: dict[UUID, str] = {}
    for part in _chunks([s.bytes for s in steps]):
        rows = reader.rows(
            "SELECT record_id, code FROM outbox WHERE entity='event_action' "
            f"AND state IN ('rejected','parked') AND record_id IN ({marks(part)})",
            part,
        )
        found |= {UUID(bytes=key): code or "" for key, code in rows}
    return found


def _going_up(reader: Reader) -> list[str]:
    """Codes of the items that a command room takes up."""
    sql = f"SELECT item_code FROM catalogue_item WHERE deleted=0 AND level IN ({marks(GOES_UP)})"
    return [code for (code,) in reader.rows(sql, GOES_UP)]


def _take_steps(reader: Reader, found: dict[UUID, Course], part: list[bytes]) -> None:
    for event, action, actor, target in reader.rows(
        "SELECT a.event_id, a.action, a.actor_id, a.target_unit_id FROM event_action a "
        f"WHERE a.deleted=0 AND a.event_id IN ({marks(part)}) AND NOT EXISTS "
        "(SELECT 1 FROM outbox o WHERE o.record_id=a.id AND o.state IN ('rejected','parked')) "
        "ORDER BY a.number IS NULL, a.number, a.id",
        part,
    ):
        course = found.get(UUID(bytes=event))
        if course is not None:
            course.take(
                action,
                UUID(bytes=actor) if actor else None,
                UUID(bytes=target) if target else None,
            )


def _note_units(
    reader: Reader, mine: Standing, found: dict[UUID, Course], part: list[bytes]
) -> None:
    units = {unit_channel(p.unit_id): p.unit_id for p in mine.posts}
    names = list(units)
    for key, name in reader.rows(
        "SELECT m.record_id, c.name FROM membership m JOIN channel c ON c.id=m.channel_id "
        f"WHERE m.record_id IN ({marks(part)}) AND c.name IN ({marks(names)})",
        [*part, *names],
    ):
        course = found[UUID(bytes=key)]
        course.units |= {units[name]}


def _post(reader: Reader, own: Assignment) -> Post:
    assert own.unit_id is not None
    role = Role(own.role)
    grids: frozenset[UUID] = frozenset()
    if RIGHTS[role].reach is Reach.GRIDS:
        rows = reader.rows(_BENEATH, (own.unit_id.bytes,))
        grids = frozenset(UUID(bytes=key) for (key,) in rows)
    return Post(role, own.unit_id, grids)


def _chunks(keys: list[bytes]) -> Iterable[list[bytes]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
