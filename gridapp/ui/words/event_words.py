"""Events in words: states, steps, buttons, and whose turn it is."""

from __future__ import annotations

from types import MappingProxyType

from gridapp.domain.workflow import ACTION_LABELS, STATE_LABELS, Action, State
from gridapp.i18n import language, tr
from gridapp.store.views.event_page import EventPage

_TONES = MappingProxyType(
    {
        State.CLOSED: "green",
        State.RATED: "green",
        State.VERIFIED: "green",
        State.NOT_ACCEPTED: "grey",
    }
)
# What stands on a button where the bare name of the step would not say it.
_VERBS = MappingProxyType(
    {
        Action.VERIFY: "验收通过",
        Action.HANDLE: "记处置",
        Action.NOTE: "补一条说明",
    }
)
# The boxes of the loop.
_BOXES = MappingProxyType(
    {
        State.REPORTED: "上报",
        State.ACCEPTED: "受理",
        State.DISPATCHED: "派单",
        State.SIGNED: "签收",
        State.HANDLED: "处置",
        State.HANDLED_ON_SPOT: "当场处置",
        State.VERIFIED: "验收",
        State.RATED: "评价",
        State.CLOSED: "结案",
        State.NOT_ACCEPTED: "不予受理",
    }
)


def state_text(state: str) -> str:
    """Where an event stands, in words."""
    if state not in set(State):
        return state
    zh, en = STATE_LABELS[State(state)]
    return en if language() == "en" else zh


def state_tag(state: str) -> tuple[str, str]:
    """The tag for a state."""
    known = State(state) if state in set(State) else None
    return state_text(state), _TONES.get(known, "blue") if known else "grey"


def action_text(action: str) -> str:
    """A step in words."""
    if action not in set(Action):
        return action
    zh, en = ACTION_LABELS[Action(action)]
    return en if language() == "en" else zh


def verb(action: Action) -> str:
    """What stands on the button of a step."""
    return tr(_VERBS[action]) if action in _VERBS else action_text(action)


def verb_source(action: Action) -> str:
    """The Chinese source of ``verb``, for what is translated when it is shown."""
    return _VERBS.get(action, ACTION_LABELS[action][0])


def box_text(state: State) -> str:
    """A box of the loop."""
    return tr(_BOXES[state])


def turn_tag(view: EventPage) -> tuple[str, str]:
    """Whose turn it is where it is the user's, else where the event stands."""
    if view.waits and view.awaited:
        return tr("等你{step}").format(step=action_text(view.awaited)), "amber"
    return state_tag(view.state)


def turn_text(view: EventPage) -> str:
    """What the event waits for, in words; "" where it has ended."""
    if view.awaited is None:
        return ""
    step = action_text(view.awaited)
    if view.waits:
        return tr("等你{step}").format(step=step)
    unit = view.name(view.target)
    if view.awaited in (Action.SIGN, Action.HANDLE) and unit:
        return tr("等 {unit} {step}").format(unit=unit, step=step)
    return tr("等人{step}").format(step=step)
