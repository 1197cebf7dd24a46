"""A store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridapp.store.store import Store
from tests.store.realistic import SetClock, make_store


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[Store]:
    opened = make_store(tmp_path / "data", clock)
    yield opened
    opened.close()
