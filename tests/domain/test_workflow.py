"""The loop of an event, walked in every way that Hypothesis thinks of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridapp.domain.roles import RIGHTS, Role
from gridapp.domain.workflow import (
    ACTION_LABELS,
    BY_TARGET_UNIT,
    INITIAL,
    PATH,
    PATH_ON_SPOT,
    STATE_AFTER,
    STATE_LABELS,
    STEPS,
    Action,
    State,
    allowed,
    judge,
    missing,
    next_state,
    state_after,
)

STRAIGHT = ["accept", "dispatch", "sign", "handle", "verify", "rate", "close"]
ON_SPOT = ["handle_on_spot", "verify", "rate", "close"]
EVERYBODY = frozenset(Role)
ROLES = st.sets(st.sampled_from(sorted(Role)))
ORDER = {state: i for i, state in enumerate(PATH)} | {State.HANDLED_ON_SPOT: 4}


@pytest.mark.parametrize(("steps", "path"), [(STRAIGHT, PATH), (ON_SPOT, PATH_ON_SPOT)])
def test_both_ways_through(steps: list[str], path: tuple[State, ...]) -> None:
    assert [state_after(steps[:n]) for n in range(len(steps) + 1)] == list(path)


@given(st.lists(st.tuples(st.sampled_from(sorted(Action)), ROLES), max_size=40))
def test_judged_steps_only_go_forward(history: list[tuple[Action, set[Role]]]) -> None:
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
        assert after == STATE_AFTER.get(action, state)
        assert ORDER[after] > ORDER[state] if action in STATE_AFTER else after == state
        state = after


@given(st.lists(st.sampled_from([*sorted(Action), "whistle", ""]), max_size=30))
def test_unjudged_steps_never_go_back(actions: list[str]) -> None:
    states = [state_after(actions[:n]) for n in range(len(actions) + 1)]
    assert [ORDER[s] for s in states] == sorted(ORDER[s] for s in states)


def test_closed_is_final() -> None:
    assert allowed(State.CLOSED, EVERYBODY) == (Action.NOTE,)
    assert state_after([*STRAIGHT, *STRAIGHT, *ON_SPOT]) is State.CLOSED


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
        (State.VERIFIED, "close", "dispatcher", "step_no_longer_fits"),
        (State.REPORTED, "note", "volunteer", "step_not_allowed"),
        (State.CLOSED, "note", "worker", None),
        (State.REPORTED, "whistle", "dispatcher", "step_not_allowed"),
    ],
)
def test_who_may_do_what(state: State, action: str, role: str, verdict: str | None) -> None:
    assert judge(state, action, [role]) == verdict


def test_the_table_is_whole() -> None:
    assert [step.action for step in STEPS] == list(Action)
    assert set(ACTION_LABELS) == set(Action)
    assert set(STATE_LABELS) == set(State)
    assert all(zh and en for zh, en in (*STATE_LABELS.values(), *ACTION_LABELS.values()))
    assert set(STATE_AFTER.values()) | {INITIAL} == set(State)
    assert set(STATE_AFTER) > BY_TARGET_UNIT


def test_whoever_may_take_a_step_may_write_it() -> None:
    writers = {role for role, rights in RIGHTS.items() if "event_action" in rights.writes}
    for step in STEPS:
        assert step.roles <= writers, step.action


def test_what_a_step_needs() -> None:
    assert missing("dispatch", {"target_unit_id": None}) == ("target_unit_id",)
    assert missing("rate", {"rating": "5"}) == ()
    assert missing("handle", {}) == ("text",)
    assert missing("whistle", {}) == ()
