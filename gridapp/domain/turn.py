"""Whose turn it is with an event: what somebody with certain roles may do, and whether the next step is theirs.

Pure rules over what is known of an event and of a person; the store and the server bring the facts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from gridapp.domain.roles import RIGHTS, Reach, Role
from gridapp.domain.workflow import (
    BY_TARGET_UNIT,
    Action,
    State,
    allowed,
    awaited,
    next_state,
    roles_for,
)

# What a command room decides where there is one: it takes up what the community does not settle.
COMMANDED = frozenset({Action.ACCEPT, Action.DISPATCH})
GOES_UP = ("township", "department")  # levels of items that it takes up


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
        if step in COMMANDED and course.goes_up and self.commanded:
            return Role.DISPATCHER in self.roles(course)
        return True

    def unit_for(self, course: Course, action: str) -> UUID | None:
        """For which of the user's units a step is taken; None where no role of the user takes it."""
        if action in BY_TARGET_UNIT:
            return course.target if course.target in {p.unit_id for p in self.posts} else None
        fitting = self.roles(course) & roles_for(action)
        return next((p.unit_id for p in self.posts if p.role in fitting), None)
