"""Which steps of an event the user may take, and which of them wait for the user, as far as this computer knows.

The server judges again, by what is in force there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from gridapp.clock import Instant, day_of
from gridapp.domain.channels import unit_channel
from gridapp.domain.roles import RIGHTS, Reach, Role
from gridapp.domain.unit import Assignment
from gridapp.domain.workflow import (
    BY_TARGET_UNIT,
    NO_LONGER_FITS,
    NOT_ALLOWED,
    STATE_LABELS,
    Action,
    State,
    allowed,
    awaited,
    judge,
    next_state,
    roles_for,
)
from gridapp.errors import Problem
from gridapp.i18n import Label
from gridapp.store.reader import Reader, marks

_CHUNK = 500
_BENEATH = (
    "WITH RECURSIVE tree(id, kind) AS (SELECT id, kind FROM unit WHERE id=? AND deleted=0 UNION "
    "SELECT u.id, u.kind FROM unit u JOIN tree ON u.parent_id=tree.id WHERE u.deleted=0) "
    "SELECT id FROM tree WHERE kind='grid'"
)
# What a command room decides where there is one: it takes up what the community does not settle.
_COMMANDED = frozenset({Action.ACCEPT, Action.DISPATCH})
_GOES_UP = ("township", "department")


@dataclass(frozen=True, slots=True)
class Post:
    """One role of the user now: at which unit, over which grids (for roles that reach grids)."""

    role: Role
    unit_id: UUID
    grids: frozenset[UUID]


@dataclass(slots=True)
class Course:
    """How far an event has come. ``refused``: steps that the server did not take, by id."""

    event_id: UUID
    grid_id: UUID | None
    goes_up: bool
    state: State = State.REPORTED
    target: UUID | None = None  # the unit to which it was dispatched last
    last: Action | None = None  # the last step that led somewhere
    last_actor: UUID | None = None
    handled_by: UUID | None = None  # who handled it on the spot
    units: frozenset[UUID] = frozenset()  # units of the user that it came to
    taken: list[Action] = field(default_factory=list)

    def take(self, action: str, actor: UUID | None, target: UUID | None) -> None:
        """One more step, in the server's order."""
        self.target = target or self.target
        after = next_state(self.state, action)
        if after is self.state:
            return
        self.state, self.last, self.last_actor = after, Action(action), actor
        self.taken.append(self.last)
        if self.last is Action.HANDLE_ON_SPOT:
            self.handled_by = actor


@dataclass(frozen=True, slots=True)
class Standing:
    """Who the user is with regard to events. ``commanded``: there is a command room in the district."""

    staff_id: UUID
    posts: tuple[Post, ...]
    commanded: bool

    def roles(self, course: Course) -> frozenset[str]:
        """The user's roles that reach an event."""
        return frozenset(
            post.role.value
            for post in self.posts
            if (
                course.grid_id in post.grids
                if RIGHTS[post.role].reach is Reach.GRIDS
                else RIGHTS[post.role].reach is Reach.UNIT
                and (post.unit_id in course.units or post.unit_id == course.target)
            )
        )

    def steps(self, course: Course) -> tuple[Action, ...]:
        """What the user may do about an event now, in the order of the path."""
        return tuple(
            action
            for action in allowed(course.state, self.roles(course))
            if action not in BY_TARGET_UNIT or course.target in {p.unit_id for p in self.posts}
        )

    def waits(self, course: Course) -> bool:
        """Whether the next step is the user's."""
        step = awaited(course.state)
        if step is None:
            return False
        if course.last is Action.SEND_BACK and course.state is State.REPORTED:
            return course.handled_by == self.staff_id  # to be done again on the spot
        if step not in self.steps(course):
            return False
        if step in _COMMANDED and course.goes_up and self.commanded:
            return Role.DISPATCHER in self.roles(course)
        return True

    def unit_for(self, course: Course, action: str) -> UUID | None:
        """For which of the user's units a step is taken; None where no role of the user takes it."""
        if action in BY_TARGET_UNIT:
            return course.target if course.target in {p.unit_id for p in self.posts} else None
        fitting = self.roles(course) & roles_for(action)
        return next((p.unit_id for p in self.posts if p.role in fitting), None)


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
    """The user's roles on a day; without one those that have no end."""
    return Standing(
        reader.who.staff_id,
        tuple(_post(reader, own) for own in _own(reader, today) if own.unit_id),
        bool(
            reader.value(
                "SELECT 1 FROM assignment WHERE role=? AND deleted=0 AND to_date IS NULL LIMIT 1",
                (Role.DISPATCHER.value,),
            )
        ),
    )


def courses(reader: Reader, mine: Standing, events: Collection[UUID]) -> dict[UUID, Course]:
    """How far each event has come, without steps that the server refused."""
    found: dict[UUID, Course] = {}
    sql = f"SELECT item_code FROM catalogue_item WHERE deleted=0 AND level IN ({marks(_GOES_UP)})"
    up = {code for (code,) in reader.rows(sql, _GOES_UP)}
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
    """The events whose next step is the user's, in no order."""
    roles = {post.role.value for post in mine.posts}
    states = [
        state.value
        for state in State
        if (step := awaited(state)) and not roles_for(step).isdisjoint(roles)
    ]
    rows = reader.rows(
        f"SELECT id FROM event WHERE deleted=0 AND (state IN ({marks(states)}) OR (state=? AND id IN "
        "(SELECT event_id FROM event_action WHERE action=? AND deleted=0)))",
        [*states, State.REPORTED.value, Action.SEND_BACK.value],
    )
    open_ = courses(reader, mine, [UUID(bytes=key) for (key,) in rows])
    return [id_ for id_, course in open_.items() if mine.waits(course)]


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


def _own(reader: Reader, today: date | None) -> list[Assignment]:
    me = reader.who.staff_id.bytes
    if today is None:
        own = reader.where(Assignment, "staff_id=? AND to_date IS NULL", (me,))
    else:
        own = reader.where(
            Assignment,
            "staff_id=?1 AND (from_date IS NULL OR from_date<=?2) "
            "AND (to_date IS NULL OR to_date>=?2)",
            (me, today.isoformat()),
        )
    return [a for a in own if a.role in set(Role)]


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
