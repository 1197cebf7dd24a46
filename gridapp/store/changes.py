"""What a committed write touched, so that open pages refresh only what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID


@dataclass(frozen=True)
class Changes:
    """Kinds and record keys touched. ``sync``: waiting items, verdicts or the last contact changed as well."""

    kinds: frozenset[str] = frozenset()
    keys: frozenset[bytes] = frozenset()
    sync: bool = False

    def touches(self, *kinds: str) -> bool:
        """Whether any of ``kinds`` was touched."""
        return not self.kinds.isdisjoint(kinds)

    @cached_property
    def ids(self) -> frozenset[UUID]:
        """The touched records. Made when asked: a pull touches thousands and mostly nobody asks."""
        return frozenset(UUID(bytes=key) for key in self.keys)
