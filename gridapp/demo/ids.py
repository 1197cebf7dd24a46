"""Randomness and record ids that come out the same for the same seed, on every machine."""

from __future__ import annotations

import random
from datetime import date, datetime, time
from uuid import UUID

from gridapp.clock import CHINA, Instant


def rng_for(seed: int, *parts: object) -> random.Random:
    """A generator of its own for each part of the demo, so that one part never shifts another."""
    return random.Random("/".join(str(part) for part in (seed, *parts)))


def midnight(day: date) -> Instant:
    """The first instant of a day in China."""
    return int(datetime.combine(day, time(), CHINA).timestamp() * 1000)


class Ids:
    """Ids in the shape of UUIDv7 that sort in the order in which they were made."""

    __slots__ = ("_bits", "_last")

    def __init__(self, rng: random.Random, start: date) -> None:
        self._bits = rng.getrandbits
        self._last = midnight(start)

    def new(self, at: Instant = 0) -> UUID:
        """The next id; its time is ``at``, or just after the last one where that is later."""
        self._last = max(self._last + 1, at)
        low = self._bits(74)
        return UUID(
            int=self._last << 80 | 7 << 76 | (low >> 62) << 64 | 2 << 62 | (low & (1 << 62) - 1)
        )
