"""Very many ids, held as they are stored: each becomes a ``UUID`` only when it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload
from uuid import UUID


class Ids(Sequence[UUID]):
    """An immutable list of ids. Making 100,000 of them costs nothing; as ``UUID``s it would be 80 ms."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        """``keys``: 16 bytes each."""
        self._keys = tuple(keys)

    @classmethod
    def of(cls, ids: Sequence[UUID]) -> Ids:
        """From any other sequence of ids."""
        return ids if isinstance(ids, Ids) else cls([id_.bytes for id_ in ids])

    @overload
    def __getitem__(self, index: int) -> UUID: ...

    @overload
    def __getitem__(self, index: slice) -> Ids: ...

    def __getitem__(self, index: int | slice) -> UUID | Ids:
        """One id, or some."""
        if isinstance(index, slice):
            return Ids(self._keys[index])
        return UUID(bytes=self._keys[index])

    def __len__(self) -> int:
        """How many."""
        return len(self._keys)

    def __iter__(self) -> Iterator[UUID]:
        """Each, in order."""
        return (UUID(bytes=key) for key in self._keys)

    def __contains__(self, value: object) -> bool:
        """Whether an id is among them."""
        return isinstance(value, UUID) and value.bytes in self._keys

    def __eq__(self, other: object) -> bool:
        """Equal to any sequence of the same ids in the same order."""
        if isinstance(other, Ids):
            return self._keys == other._keys
        if not isinstance(other, (tuple, list)) or len(other) != len(self):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        """By what it holds."""
        return hash(self._keys)

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """The first place of an id. Raises ``ValueError`` where it is not among them."""
        end = len(self._keys) if stop is None else stop
        return self._keys.index(value.bytes if isinstance(value, UUID) else b"", start, end)
