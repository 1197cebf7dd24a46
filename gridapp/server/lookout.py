"""What is to be seen in the database by who waits: numbers of channels, revised outcomes, revoked devices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gridapp.server.context import Server
from gridapp.server.statements import fetch, fetch_in
from gridapp.sync.protocol import WaitRequest

_LOOK = (
    "SELECT (SELECT COALESCE(sum(seq),0) FROM channel), "
    "(SELECT COALESCE(max(value),0) FROM counter WHERE name='outcomes'), "
    "(SELECT count(revoked_at) FROM device)"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Sums that grow with everything that may be news."""

    numbers: int
    outcomes: int
    revoked: int


@dataclass(frozen=True, slots=True)
class News:
    """Channels that moved, with their numbers, and devices that have something to hear."""

    channels: dict[str, int]
    devices: frozenset[bytes]


def look(server: Server) -> Seen:
    """As of now."""
    with server.database.snapshot() as connection:
        numbers, outcomes, revoked = fetch(connection, _LOOK)[0]
        return Seen(int(numbers), int(outcomes), int(revoked))


def news_since(server: Server, before: Seen, now: Seen, devices: Collection[bytes]) -> News:
    """What the difference between two looks is about, of these devices."""
    channels: dict[str, int] = {}
    told: set[bytes] = set()
    with server.database.snapshot() as connection:
        if now.numbers != before.numbers:
            channels = dict(fetch(connection, "SELECT name, seq FROM channel"))
        if now.outcomes != before.outcomes:
            sql = "SELECT device_id FROM operation WHERE device_id IN (:ids) AND revised>?"
            told |= {device for (device,) in fetch_in(connection, sql, devices, before.outcomes)}
        if now.revoked != before.revoked:
            sql = "SELECT id FROM device WHERE id IN (:ids) AND revoked_at IS NOT NULL"
            told |= {device for (device,) in fetch_in(connection, sql, devices)}
    return News(channels, frozenset(told))


def granted_news(
    server: Server, device_id: bytes, channels: Sequence[str], request: WaitRequest
) -> bool:
    """Whether a pull with these cursors would bring anything to a device that may read these channels."""
    if not set(request.cursors) <= set(channels):
        return True  # a scope that is not granted any more: the pull says so
    with server.database.snapshot() as connection:
        sql = "SELECT name, seq FROM channel WHERE name IN (:ids)"
        numbers = fetch_in(connection, sql, channels)
        if any(number > request.cursors.get(name, 0) for name, number in numbers):
            return True
        sql = "SELECT 1 FROM operation WHERE device_id=? AND revised>? LIMIT 1"
        return bool(fetch(connection, sql, device_id, request.outcome_cursor))
