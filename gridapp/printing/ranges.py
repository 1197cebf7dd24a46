"""Which pages or files are meant by "1-3, 7, 12-": what people type, and what it chooses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gridapp.errors import Problem

_END = 1_000_000
_PART = re.compile(r"(\d{1,6})?(?:(-)(\d{1,6})?)?")
_DASHES = str.maketrans("０１２３４５６７８９－–—~～至到，、；;", "0123456789-------,,,,")


@dataclass(frozen=True, slots=True)
class Ranges:
    """Numbers from 1, as first and last of each part; no part at all means all of them."""

    parts: tuple[tuple[int, int], ...] = ()

    def __contains__(self, number: int) -> bool:
        return not self.parts or any(first <= number <= last for first, last in self.parts)

    @property
    def all(self) -> bool:
        """Whether nothing was chosen, which means everything."""
        return not self.parts


EVERYTHING = Ranges()


def parse(text: str) -> Ranges:
    """ "1-3, 7, 12-" as people type it, Chinese digits and commas too; "" is everything.

    Raises ``Problem`` ``no_range``.
    """
    parts = []
    for part in text.translate(_DASHES).replace(",", " ").split():
        found = _PART.fullmatch(part)
        if found is None or not (found[1] or found[3]):
            raise _wrong()
        first = int(found[1] or 1)
        last = int(found[3]) if found[3] else _END if found[2] else first
        if not 1 <= first <= last:
            raise _wrong()
        parts.append((first, last))
    return Ranges(tuple(parts))


def _wrong() -> Problem:
    return Problem("no_range", "请写成 1-3 或 5-，几段用逗号隔开。")
