"""Digests of channels: by what two sides find out that they hold the same rows, without sending any.

The hash of a row is the beginning of the server's word for it, so nobody computes it twice. The total of a
channel is the sum of the hashes of the rows that stand in it; where totals differ, sums by bucket say which
part to look at. 0 as a hash counts nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

MASK = (1 << 63) - 1  # totals wrap around at 2^63, which every database holds


def row_hash(mac: bytes | None) -> int:
    """63 bits of a row's MAC; 0 where it has none."""
    return int.from_bytes(mac[:8], "big") & MASK if mac else 0


def added(total: int, *changes: int) -> int:
    """A total after hashes came (positive) and went (negative)."""
    return (total + sum(changes)) & MASK


def joined(high: int | None, low: int | None) -> int:
    """A total out of the sums of the upper parts and of the lower 32 bits, which no database overflows."""
    return ((int(high or 0) << 32) + int(low or 0)) & MASK


def bucket(record_id: bytes) -> int:
    """The part of a channel to which a record belongs, 0 to 255.

    The last byte: the first one of an id that begins with the time is the same for centuries.
    """
    return record_id[-1]


def state(epoch: int, outcomes: int, channels: Mapping[str, tuple[int, int]]) -> bytes:
    """One word for everything that a client may read: epoch, last outcome, and of each channel
    (cursor, total). 16 bytes."""
    content = [epoch, outcomes, sorted((n, *values) for n, values in channels.items())]
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=16).digest()


def total_of(hashes: Iterable[int]) -> int:
    """The total of rows with these hashes."""
    return sum(hashes) & MASK
