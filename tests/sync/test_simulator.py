"""Histories that nobody thought of: work, moves, lost replies, cuts, kills, wrong clocks, then calm.

When the faults are over everything is settled within three rounds, and every acknowledged save is current,
superseded with its history, in a conflict, or refused with a reason. The other half of the five hundred is in
``test_simulator_second``, so that two processes share them; ten thousand are run by ``make test-sim``.
"""

from __future__ import annotations

import os

import pytest

from tests.sync.sim_world import Template
from tests.sync.simulator import history, play, run, told

BLOCK, BLOCKS = 25, 10

# The core of histories that failed, as they were told: they stay.
ONCE = (
    "visit_with_photo(3,0,13) killed(3,4,13) purged(0,0,10)",
    "create(1,1,10) killed(1,1,12) edit(1,2,2) edit(1,2,0)",
    (
        "create(1,4,10) sync(1,0,3) server_set_back(0,3,1) create(3,2,5) sync(0,2,10) "
        "pages_cut(3,2,4) server_set_back(1,4,2)"
    ),
    "visit_with_photo(3,0,0) sync(3,3,13) purged(3,4,4) visit_with_photo(3,0,0)",
    "see_and_decide(3,1,13) pages_cut(3,0,8) server_set_back(2,4,8) see_and_decide(2,3,13)",
    "edit(2,0,11) disk_full(2,1,4) client_set_back(2,3,10) sync(0,4,0) server_set_back(1,1,2)",
    "edit(2,0,13) edit(0,0,1) pages_cut(2,3,2) server_set_back(0,2,1) sync(0,0,0) time_passes(2,4,10)",
    "works_offline_for_long(3,0,1) sync(3,4,5) purged(0,4,6) sync(0,3,5) server_set_back(1,0,7)",
    (
        "grid_changes_hands(2,0,6) visit_with_photo(3,4,7) role_ends_or_begins(2,4,6) "
        "pages_cut(3,4,12) grid_changes_hands(2,3,3)"
    ),
    (
        "see_and_decide(3,0,11) program_restarts(0,2,6) sync(3,4,11) edit(2,4,11) sync(1,4,2) "
        "server_set_back(2,2,9) works_offline_for_long(1,2,3)"
    ),
    (
        "see_and_decide(0,1,7) works_offline_for_long(0,1,13) sync(0,2,5) visit(3,3,10) edit(1,2,10) "
        "server_set_back(2,3,3) visit_with_photo(3,1,6) edit(2,2,12) sync(2,1,12) server_set_back(1,4,9)"
    ),
    "delete(0,0,10) sync(0,4,4) see_and_decide(0,0,11)",
    "edit(2,1,12) edit(2,1,6) sync(2,3,3) server_set_back(3,2,11) server_set_back(3,3,11)",
    (
        "edit(1,1,4) sent_again_later(1,2,7) create(3,1,8) edit(2,1,6) server_set_back(3,1,8) "
        "sync(2,2,0) edit(2,4,13) server_set_back(1,3,13)"
    ),
    (
        "time_passes(2,4,1) edit(0,0,5) delete(0,0,10) move(0,4,13) sync(0,4,4) "
        "server_set_back(1,2,2) sync(2,4,6)"
    ),
    (
        "edit(2,0,7) sync(2,4,13) server_set_back(2,1,5) edit(3,0,2) sync(3,4,12) sent_twice(2,3,5) "
        "sync(0,3,12) server_set_back(0,2,0) edit(0,4,11)"
    ),
    (
        "edit(3,4,8) edit(2,2,11) edit(3,0,5) sync(2,0,7) sync(0,1,12) server_set_back(0,2,10) "
        "cut_anywhere(0,2,6) killed(3,3,8) time_passes(2,2,2)"
    ),
    "move(1,4,13) works_offline_for_long(3,2,3) reply_lost(3,4,1) sync(2,2,1) server_set_back(0,2,12)",
    (
        "role_ends_or_begins(3,0,10) create(1,1,6) grid_changes_hands(2,2,12) sync(1,3,10) "
        "server_set_back(3,3,5)"
    ),
    "move(2,2,11) killed(2,1,12) works_offline_for_long(0,0,4) disk_full(0,2,0)",
    (
        "deleted_before_the_grid_goes(2,1,10) sync(1,3,6) move(0,2,1) server_set_back(0,2,1) "
        "sync(2,4,9)"
    ),
)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_histories(template: Template, block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        run(template, seed)


if "GRIDAPP_SIM_SEED" in os.environ:

    def test_replay(template: Template) -> None:
        most = int(os.environ.get("GRIDAPP_SIM_MOST", "24"))
        run(template, int(os.environ["GRIDAPP_SIM_SEED"]), most=most)


@pytest.mark.parametrize("steps", ONCE)
def test_what_failed_once(template: Template, steps: str) -> None:
    play(template, told(steps))


def test_enough_machines_are_set_back() -> None:
    """Of the five hundred histories, what restores and copies happen in them."""
    seeds = [*range(BLOCK * BLOCKS), *range(1000, 1000 + BLOCK * BLOCKS)]
    names = [did.name for seed in seeds for did in history(seed)]
    for step in ("server_set_back", "client_set_back", "client_cloned"):
        assert names.count(step) >= 100, step


def test_a_seed_is_one_history() -> None:
    assert history(7) == history(7)
    assert len({tuple(history(seed)) for seed in range(100)}) == 100


def test_histories_on_postgres(postgres_template_of_simulator: Template) -> None:
    for seed in range(5000, 5010):
        run(postgres_template_of_simulator, seed)


def test_a_broken_world_is_noticed(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks themselves: an outcome that is forgotten, and one row that is not sent."""
    from gridapp.store import inbox

    monkeypatch.setattr(inbox, "keep_channels", lambda uow, names: None)

    def several() -> None:
        for seed in range(20):
            run(template, seed, patience=0)

    with pytest.raises(AssertionError, match="seed"):
        several()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_long_histories(template: Template) -> None:
    for seed in range(100_000, 100_150):
        run(template, seed, most=120)
