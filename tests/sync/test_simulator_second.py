"""The second half of the five hundred histories: see ``test_simulator``."""

from __future__ import annotations

import pytest

from tests.sync.sim_world import Template
from tests.sync.simulator import run

BLOCK, BLOCKS, FIRST = 25, 10, 1000


@pytest.mark.parametrize("block", range(BLOCKS))
def test_histories_second(template: Template, block: int) -> None:
    for seed in range(FIRST + block * BLOCK, FIRST + (block + 1) * BLOCK):
        run(template, seed)
