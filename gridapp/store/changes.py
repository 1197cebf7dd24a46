"""What a committed write touched, so that open pages refresh only what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Changes:
    """Kinds and ids touched. ``sync``: waiting items, verdicts or the last contact changed as well."""

    kinds: frozenset[str] = frozenset()
    ids: frozenset[UUID] = frozenset()
    sync: bool = False

    def touches(self, *kinds: str) -> bool:
        """Whether any of ``kinds`` was touched."""
        return not self.kinds.isdisjoint(kinds)
