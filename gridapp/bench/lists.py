"""``gridapp bench lists``: 100,000 households and as many visits in the window: opened, drawn to the end and back.

Measured in the real window, off screen, the database encrypted: from the click to the rows in sight
painted (with the page being built, and coming back to it), the longest pause of the event loop while the
scroll bar is drawn through the whole list, and from the key End to its rows. Floor, in the same run:
Qt's own list of as many short texts, painted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from gridapp.bench.filled import RowPage, keep_rows, worker_store
from gridapp.bench.rows import Figure, median
from gridapp.domain.record import new_id
from gridapp.domain.unit import Unit
from gridapp.store.store import Store

HOUSEHOLDS = 100_000
_ROUNDS = 5
_IN_A_GRID = 300
_IN_A_BUILDING = 60
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("秀英", "建国", "桂兰", "志强", "丽", "敏", "晓燕", "海涛", "玉珍", "文博")
PAGES = ("households", "visits")


def measure(households: int = HOUSEHOLDS, rounds: int = _ROUNDS) -> list[dict[str, Any]]:
    """Milliseconds to open and the longest pauses, for each list; medians over the rounds."""
    from gridapp.ui.probes import list_probe

    with tempfile.TemporaryDirectory() as name:
        store, grid = worker_store(Path(name))
        fill(store, grid, households)
        floor = median([list_probe.floor(households) for _ in range(rounds)])
        figures = []
        for page in PAGES:
            figures += _figures(page, list_probe.scroll(store, page, rounds), floor)
        store.close()
    return [figure.row() for figure in figures]


def _figures(page: str, scrolled: list[Any], floor: float) -> list[Figure]:
    def middle(value: Callable[[Any], float]) -> float:
        return median([value(one) for one in scrolled])

    return [
        Figure(f"{page}: opened, the page built", middle(lambda s: s.first), "ms", floor),
        Figure(f"{page}: opened again", middle(lambda s: s.again), "ms", floor),
        Figure(f"{page}: longest pause while opening", middle(lambda s: s.open_pause), "ms"),
        Figure(f"{page}: longest pause to the end", middle(lambda s: s.to_end), "ms"),
        Figure(f"{page}: longest pause back", middle(lambda s: s.back), "ms"),
        Figure(f"{page}: End to its rows", middle(lambda s: s.end_shown), "ms"),
        Figure(f"{page}: rows", scrolled[0].rows, "rows"),
    ]


def fill(store: Store, grid: Unit, households: int) -> None:
    """Households of one person with one visit each, in grids of 300, without the search index."""
    number = count()
    left = households
    while left > 0:
        part = _Part(grid.parent_id.bytes if grid.parent_id else b"")
        for _ in range(10):
            size = min(_IN_A_GRID, left)
            if size > 0:
                part.grid(next(number), size, store.who.staff_id.bytes)
            left -= size
        keep_rows(store, part.tables())


class _Part(RowPage):
    """Rows of a few grids."""

    def __init__(self, village: bytes) -> None:
        super().__init__()
        self._village = village

    def grid(self, number: int, households: int, worker: bytes) -> None:
        """One grid with its buildings."""
        building = b""
        grid = new_id().bytes
        name = f"第{number + 1}网格"
        self.add("unit", grid, parent_id=self._village, name=name, kind="grid", code=f"{number}")
        for place in range(households):
            if place % _IN_A_BUILDING == 0:
                building = new_id().bytes
                block = f"{number * 5 + place // _IN_A_BUILDING + 1}号楼"
                self.add("building", building, grid_id=grid, name=block)
            self._household(grid, building, place, worker)

    def _household(self, grid: bytes, building: bytes, place: int, worker: bytes) -> None:
        dwelling, household, person = (new_id().bytes for _ in range(3))
        storey, door = divmod(place % _IN_A_BUILDING, 4)
        name = _SURNAMES[place % len(_SURNAMES)] + _GIVEN[place // 7 % len(_GIVEN)]
        room = f"{storey + 1}0{door + 1}"
        self.add("dwelling", dwelling, grid_id=grid, building_id=building, entrance="1", room=room)
        self.add("household", household, grid_id=grid, dwelling_id=dwelling, name=name)
        self.add("person", person, name=name, birth_year=1950)
        self.add(
            "residence", new_id().bytes, person_id=person, household_id=household, kind="living"
        )
        day = f"2026-{place % 10 + 1:02}-{place % 28 + 1:02}"
        self.add(
            "visit",
            new_id().bytes,
            household_id=household,
            happened_at=day,
            how="home",
            visited_by=worker,
            situation="一切正常",
        )
