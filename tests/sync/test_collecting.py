"""While a pull is taken Python looks for garbage rarely, and afterwards as ever."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from gridapp.store import inbox
from gridapp.sync import collecting
from gridapp.sync.transport import Offline
from tests.sync.network import after_frames
from tests.sync.world import World


def test_a_pull_is_taken_without_looking_through_its_rows(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = gc.get_threshold()
    seen: list[tuple[int, int, int]] = []
    taken = inbox.apply_page

    def spied(*args: Any) -> None:
        seen.append(gc.get_threshold())
        taken(*args)

    monkeypatch.setattr(inbox, "apply_page", spied)
    client = small_world.join("甲")
    client.household(name="周家", id_number="")
    client.sync()
    assert set(seen) == {collecting.RARELY}
    assert gc.get_threshold() == usual


def test_a_cut_pull_leaves_it_as_it_was(small_world: World) -> None:
    usual = gc.get_threshold()
    client = small_world.join("甲")
    client.household(name="周家", id_number="")
    client.network.cut_next_reply(after_frames(1))
    with pytest.raises(Offline):
        client.sync()
    assert gc.get_threshold() == usual


def test_the_first_of_two_says_when_it_ends() -> None:
    usual = gc.get_threshold()
    first, second = collecting.rarely(), collecting.rarely()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == usual
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual
