"""Invented numbers: citizen IDs with a right check digit and telephones, none of which is anybody's."""

from __future__ import annotations

import random
from datetime import date

from gridapp.domain.identity import MALE, check_digit

# Never assigned to a county, so that no invented number can be that of a living person.
AREA = "410799"
# Not given out by any operator.
PREFIX = "154"


class Numbers:
    """Numbers for one grid; ``lane`` (0 to 99, the number of the grid) keeps grids apart."""

    def __init__(self, rng: random.Random, lane: int) -> None:
        self._rng = rng
        self._lane = lane % 100
        self._taken: set[str] = set()

    def citizen_id(self, birth: date, sex: str) -> str:
        """A number for somebody born then; "" where this day has no number left in the lane."""
        for digit in self._rng.sample("13579" if sex == MALE else "02468", 5):
            first = f"{AREA}{birth:%Y%m%d}{self._lane:02}{digit}"
            if first not in self._taken:
                self._taken.add(first)
                return first + check_digit(first)
        return ""

    def mobile(self) -> str:
        """Eleven digits, each number once in a grid."""
        while True:
            number = f"{PREFIX}{self._lane:02}{self._rng.randrange(10**6):06}"
            if number not in self._taken:
                self._taken.add(number)
                return number
