"""The loop of an event, walked in every way that Hypothesis thinks of."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.roles import RIGHTS, Role
from gridapp.domain.workflow import (
    ACTION_LABELS,
    BY_TARGET_UNIT,
    ENDED,
    INITIAL,
    PATH,
    PATH_NOT_ACCEPTED,
    PATH_ON_SPOT,
    PATHS,
    STATE_LABELS,
    STEPS,
    Action,
    State,
    allowed,
    awaited,
    judge,
    missing,
    next_state,
    path_of,
    state_after,
)

STRAIGHT = ["accept", "dispatch", "sign", "handle", "verify", "rate", "close"]
ON_SPOT = ["handle_on_spot", "verify", "rate", "close"]
EVERYBODY = frozenset(Role)
ROLES = st.sets(st.sampled_from(sorted(Role)))
ORDER = {state: i for i, state in enumerate(PATH)} | {
    State.HANDLED_ON_SPOT: 4,
    State.NOT_ACCEPTED: 8,
}
BACK = {State.HANDLED: State.SIGNED, State.HANDLED_ON_SPOT: State.REPORTED}


@pytest.mark.parametrize(
    ("steps", "path"),
    [(STRAIGHT, PATH), (ON_SPOT, PATH_ON_SPOT), (["not_accept"], PATH_NOT_ACCEPTED)],
)
def test_all_ways_through(steps: list[str], path: tuple[State, ...]) -> None:
    assert [state_after(steps[:n]) for n in range(len(steps) + 1)] == list(path)
    assert path_of(path[-1], steps) == path


def test_sent_back_and_done_again() -> None:
    unit = [*STRAIGHT[:4], "send_back"]
    assert state_after(unit) is State.SIGNED
    assert state_after([*unit, "handle", "verify"]) is State.VERIFIED
    spot = ["handle_on_spot", "send_back"]
    assert state_after(spot) is State.REPORTED
    assert state_after([*spot, "handle_on_spot", "verify"]) is State.VERIFIED
    # what could not be done on the spot goes to a unit after all
    assert state_after([*spot, *STRAIGHT[:4]]) is State.HANDLED
    assert path_of(State.HANDLED, [*spot, *STRAIGHT[:4]]) == PATH
    assert path_of(State.REPORTED, spot) == PATH


@given(st.lists(st.tuples(st.sampled_from(sorted(Action)), ROLES), max_size=40))
def test_judged_steps_go_forward_or_are_sent_back(
    history: list[tuple[Action, set[Role]]],
) -> None:
    taken: list[str] = []
    state = INITIAL
    for action, roles in history:
        verdict = judge(state, action, roles)
        assert (verdict is None) == (action in allowed(state, roles))
        if verdict is not None:
            assert verdict in {"step_not_allowed", "step_no_longer_fits"}
            continue
        taken.append(action)
        after = next_state(state, action)
        assert after == state_after(taken)
        if action is Action.NOTE:
            assert after is state
        elif action is Action.SEND_BACK:
            assert after is BACK[state]
        else:
            assert ORDER[after] > ORDER[state]
        assert after in path_of(after, taken)
        state = after


@given(st.lists(st.sampled_from([*sorted(Action), "whistle", ""]), max_size=30))
def test_only_sending_back_goes_back(actions: list[str]) -> None:
    states = [state_after(actions[:n]) for n in range(len(actions) + 1)]
    for action, (before, after) in zip(actions, pairwise(states), strict=True):
        if ORDER[after] < ORDER[before]:
            assert action == "send_back"
            assert after is BACK[before]


def test_what_is_waited_for() -> None:
    assert [awaited(state) for state in PATH] == [*STRAIGHT, None]
    assert awaited(State.HANDLED_ON_SPOT) is Action.VERIFY
    assert {state for state in State if awaited(state) is None} == ENDED


def test_what_has_ended_takes_notes_only() -> None:
    for state in ENDED:
        assert allowed(state, EVERYBODY) == (Action.NOTE,)
    assert state_after([*STRAIGHT, *STRAIGHT, *ON_SPOT, "send_back"]) is State.CLOSED
    assert state_after(["not_accept", *STRAIGHT]) is State.NOT_ACCEPTED


@pytest.mark.parametrize(
    ("state", "action", "role", "verdict"),
    [
        (State.REPORTED, "accept", "grid_head", None),
        (State.REPORTED, "accept", "worker", "step_not_allowed"),
        (State.ACCEPTED, "accept", "office", "step_no_longer_fits"),
        (State.REPORTED, "handle_on_spot", "worker", None),
        (State.ACCEPTED, "handle_on_spot", "worker", "step_no_longer_fits"),
        (State.REPORTED, "handle_on_spot", "handler", "step_not_allowed"),
        (State.DISPATCHED, "sign", "handler", None),
        (State.SIGNED, "handle", "worker", None),
        (State.HANDLED, "verify", "handler", "step_not_allowed"),
        (State.HANDLED_ON_SPOT, "verify", "dispatcher", None),
        (State.HANDLED, "send_back", "grid_head", None),
        (State.HANDLED_ON_SPOT, "send_back", "office", None),
        (State.HANDLED, "send_back", "worker", "step_not_allowed"),
        (State.VERIFIED, "send_back", "grid_head", "step_no_longer_fits"),
        (State.REPORTED, "not_accept", "office", None),
        (State.REPORTED, "not_accept", "worker", "step_not_allowed"),
        (State.ACCEPTED, "not_accept", "office", "step_no_longer_fits"),
        (State.VERIFIED, "close", "dispatcher", "step_no_longer_fits"),
        (State.REPORTED, "note", "volunteer", "step_not_allowed"),
        (State.CLOSED, "note", "worker", None),
        (State.REPORTED, "whistle", "dispatcher", "step_not_allowed"),
    ],
)
def test_who_may_do_what(state: State, action: str, role: str, verdict: str | None) -> None:
    assert judge(state, action, [role]) == verdict


def test_the_table_is_whole() -> None:
    assert list(dict.fromkeys(step.action for step in STEPS)) == list(Action)
    # an action has one line for each state, whoever takes it and whatever it needs
    at = [(step.action, state) for step in STEPS for state in step.fits]
    assert len(at) == len(set(at))
    assert len({(s.action, s.roles, s.needs) for s in STEPS}) == len(Action)
    assert set(ACTION_LABELS) == set(Action)
    assert set(STATE_LABELS) == set(State)
    assert all(zh and en for zh, en in (*STATE_LABELS.values(), *ACTION_LABELS.values()))
    assert {s.after for s in STEPS if s.after} | {INITIAL} == set(State)
    assert {state for path in PATHS for state in path} == set(State)
    assert {s.action for s in STEPS if s.after} > BY_TARGET_UNIT


def test_whoever_may_take_a_step_may_write_it() -> None:
    writers = {role for role, rights in RIGHTS.items() if "event_action" in rights.writes}
    for step in STEPS:
        assert step.roles <= writers, step.action


def test_what_a_step_needs() -> None:
    assert missing("dispatch", {"target_unit_id": None}) == ("target_unit_id",)
    assert missing("rate", {"rating": "5"}) == ()
    assert missing("handle", {}) == ("text",)
    assert missing("send_back", {"text": ""}) == ("text",)
    assert missing("not_accept", {"text": "不归网格管"}) == ()
    assert missing("whistle", {}) == ()
