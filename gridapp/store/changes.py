"""What a committed write touched, so that open pages refresh only what is theirs."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from uuid import UUID


class TouchedIds(Set[UUID]):
    """Ids as a set that makes none of them: a pull touches thousands, and pages ask for a few."""

    __slots__ = ("_keys",)

    def __init__(self, keys: frozenset[bytes]) -> None:
        self._keys = keys

    def __contains__(self, value: object) -> bool:
        """Whether a record was touched."""
        return isinstance(value, UUID) and value.bytes in self._keys

    def __iter__(self) -> Iterator[UUID]:
        """All of them, made one by one."""
        return (UUID(bytes=key) for key in self._keys)

    def __len__(self) -> int:
        """How many."""
        return len(self._keys)


@dataclass(frozen=True, slots=True)
class Changes:
    """Kinds and record keys touched. ``sync``: waiting items, verdicts or the last contact changed as well."""

    kinds: frozenset[str] = frozenset()
    keys: frozenset[bytes] = frozenset()
    sync: bool = False

    def __or__(self, other: Changes) -> Changes:
        """Both together."""
        return Changes(self.kinds | other.kinds, self.keys | other.keys, self.sync or other.sync)

    def touches(self, *kinds: str) -> bool:
        """Whether any of ``kinds`` was touched."""
        return not self.kinds.isdisjoint(kinds)

    @property
    def ids(self) -> TouchedIds:
        """The touched records."""
        return TouchedIds(self.keys)
