"""The loop of an event: which step leads where, who may take it, and what state follows.

State is derived from the actions and never stored or sent. A new step is one line in ``STEPS``, a
new state one line in ``State`` and one in ``STATE_LABELS``; nothing else knows the path. A step that
leads elsewhere from elsewhere (sending back) has one line for each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gridapp.domain.roles import RIGHTS, Role


class State(StrEnum):
    """Where an event stands."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    HANDLED = "handled"
    HANDLED_ON_SPOT = "handled_on_spot"
    VERIFIED = "verified"
    RATED = "rated"
    CLOSED = "closed"
    NOT_ACCEPTED = "not_accepted"


class Action(StrEnum):
    """What somebody does about an event. The report is the event itself."""

    ACCEPT = "accept"
    DISPATCH = "dispatch"
    SIGN = "sign"
    HANDLE = "handle"
    HANDLE_ON_SPOT = "handle_on_spot"
    VERIFY = "verify"
    SEND_BACK = "send_back"
    RATE = "rate"
    CLOSE = "close"
    NOT_ACCEPT = "not_accept"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table. ``after`` None: the state stays as it is."""

    action: Action
    fits: frozenset[State]
    after: State | None
    roles: frozenset[str]
    needs: tuple[str, ...] = ()  # fields of the event action that must be filled


_LEADS = frozenset({Role.GRID_HEAD, Role.OFFICE, Role.DISPATCHER})
_HANDLES = frozenset({Role.HANDLER, Role.OFFICE, Role.WORKER})
_ON_SPOT = frozenset({Role.WORKER, Role.GRID_HEAD, Role.GUIDE})
_WRITES = frozenset(role for role, rights in RIGHTS.items() if "event_action" in rights.writes)


def _at(*states: State) -> frozenset[State]:
    return frozenset(states)


STEPS = (
    Step(Action.ACCEPT, _at(State.REPORTED), State.ACCEPTED, _LEADS),
    Step(Action.DISPATCH, _at(State.ACCEPTED), State.DISPATCHED, _LEADS, needs=("target_unit_id",)),
    Step(Action.SIGN, _at(State.DISPATCHED), State.SIGNED, _HANDLES),
    Step(Action.HANDLE, _at(State.SIGNED), State.HANDLED, _HANDLES, needs=("text",)),
    Step(
        Action.HANDLE_ON_SPOT,
        _at(State.REPORTED),
        State.HANDLED_ON_SPOT,
        _ON_SPOT,
        needs=("text",),
    ),
    Step(Action.VERIFY, _at(State.HANDLED, State.HANDLED_ON_SPOT), State.VERIFIED, _LEADS),
    Step(Action.SEND_BACK, _at(State.HANDLED), State.SIGNED, _LEADS, needs=("text",)),
    Step(Action.SEND_BACK, _at(State.HANDLED_ON_SPOT), State.REPORTED, _LEADS, needs=("text",)),
    Step(Action.RATE, _at(State.VERIFIED), State.RATED, _LEADS, needs=("rating",)),
    Step(Action.CLOSE, _at(State.RATED), State.CLOSED, _LEADS),
    Step(Action.NOT_ACCEPT, _at(State.REPORTED), State.NOT_ACCEPTED, _LEADS, needs=("text",)),
    Step(Action.NOTE, frozenset(State), None, _WRITES, needs=("text",)),
)

INITIAL = State.REPORTED
# Nothing more is waited for; a note can always be added.
ENDED = frozenset({State.CLOSED, State.NOT_ACCEPTED})
# Steps that only the unit to which the event was dispatched takes; the caller knows the units.
BY_TARGET_UNIT = frozenset({Action.SIGN, Action.HANDLE})

NOT_ALLOWED = "step_not_allowed"
NO_LONGER_FITS = "step_no_longer_fits"

# The path as it is drawn on the screen, one state for each box.
PATH = (
    State.REPORTED,
    State.ACCEPTED,
    State.DISPATCHED,
    State.SIGNED,
    State.HANDLED,
    State.VERIFIED,
    State.RATED,
    State.CLOSED,
)
PATH_ON_SPOT = (
    State.REPORTED,
    State.HANDLED_ON_SPOT,
    State.VERIFIED,
    State.RATED,
    State.CLOSED,
)
PATH_NOT_ACCEPTED = (State.REPORTED, State.NOT_ACCEPTED)
PATHS = (PATH, PATH_ON_SPOT, PATH_NOT_ACCEPTED)

# state or action -> (Chinese, English)
STATE_LABELS: Mapping[State, tuple[str, str]] = MappingProxyType(
    {
        State.REPORTED: ("已上报", "Reported"),
        State.ACCEPTED: ("已受理", "Accepted"),
        State.DISPATCHED: ("已派单", "Dispatched"),
        State.SIGNED: ("已签收", "Signed for"),
        State.HANDLED: ("已处置", "Handled"),
        State.HANDLED_ON_SPOT: ("已当场处置", "Handled on the spot"),
        State.VERIFIED: ("已验收", "Verified"),
        State.RATED: ("已评价", "Rated"),
        State.CLOSED: ("已结案", "Closed"),
        State.NOT_ACCEPTED: ("不予受理", "Not accepted"),
    }
)
ACTION_LABELS: Mapping[Action, tuple[str, str]] = MappingProxyType(
    {
        Action.ACCEPT: ("受理", "Accept"),
        Action.DISPATCH: ("派单", "Dispatch"),
        Action.SIGN: ("签收", "Sign for"),
        Action.HANDLE: ("处置", "Handle"),
        Action.HANDLE_ON_SPOT: ("当场处置", "Handle on the spot"),
        Action.VERIFY: ("验收", "Verify"),
        Action.SEND_BACK: ("退回重办", "Send back"),
        Action.RATE: ("评价", "Rate"),
        Action.CLOSE: ("结案", "Close"),
        Action.NOT_ACCEPT: ("不予受理", "Do not accept"),
        Action.NOTE: ("说明", "Note"),
    }
)

_BY_ACTION: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {action.value: tuple(s for s in STEPS if s.action is action) for action in Action}
)


def state_after(actions: Sequence[str]) -> State:
    """The state after these actions in the server's order.

    One that does not fit where it stands, or that a newer program knows, changes nothing.
    """
    state = INITIAL
    for action in actions:
        state = next_state(state, action)
    return state


def next_state(state: State, action: str) -> State:
    """The state after one more action."""
    step = _line(state, action)
    return state if step is None or step.after is None else step.after


def judge(state: State, action: str, roles: Collection[str]) -> str | None:
    """None when the step may be taken, else ``step_not_allowed`` or ``step_no_longer_fits``."""
    lines = _BY_ACTION.get(action, ())
    if all(step.roles.isdisjoint(roles) for step in lines):
        return NOT_ALLOWED
    step = _line(state, action)
    if step is None:
        return NO_LONGER_FITS
    return NOT_ALLOWED if step.roles.isdisjoint(roles) else None


def allowed(state: State, roles: Collection[str]) -> tuple[Action, ...]:
    """The actions that somebody with these roles may take now, in the order of the path."""
    return tuple(action for action in Action if judge(state, action, roles) is None)


def awaited(state: State) -> Action | None:
    """The step that the loop waits for, None where it has ended."""
    return next((step.action for step in STEPS if step.after and state in step.fits), None)


def roles_for(action: str) -> frozenset[str]:
    """Who may take a step, wherever it fits."""
    return frozenset(role for step in _BY_ACTION.get(action, ()) for role in step.roles)


def path_of(state: State, actions: Collection[str]) -> tuple[State, ...]:
    """The way on which an event in this state, with these actions, is drawn."""
    if state is State.NOT_ACCEPTED:
        return PATH_NOT_ACCEPTED
    sent_on = not {Action.ACCEPT, Action.DISPATCH, Action.HANDLE}.isdisjoint(actions)
    on_spot = Action.HANDLE_ON_SPOT in actions and state is not State.REPORTED
    return PATH_ON_SPOT if on_spot and not sent_on else PATH


def missing(action: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """The fields that this action needs and that ``values`` (fields by name) leaves empty."""
    lines = _BY_ACTION.get(action, ())
    return tuple(name for name in lines[0].needs if not values.get(name)) if lines else ()


def _line(state: State, action: str) -> Step | None:
    """The line of the table for an action in a state."""
    return next((step for step in _BY_ACTION.get(action, ()) if state in step.fits), None)
