"""First syncs from memory: the compressed pages of a whole channel at a known number.

What happened after that number follows as ordinary pages, so a snapshot may be old without being wrong.
Nothing is written to disk. Made anew when too much has happened since.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import select

from gridapp.server.context import Server
from gridapp.server.pages import read_page
from gridapp.server.schema import channel, feed
from gridapp.sync.protocol import frame

_MOST_BYTES = 96 * 1024 * 1024
_STALE_PART = 0.2  # of a snapshot's rows changed since


@dataclass(frozen=True, slots=True)
class _Snapshot:
    epoch: int
    end: int
    frames: tuple[tuple[bytes, int], ...]  # compressed page, its end

    @property
    def size(self) -> int:
        return sum(len(body) for body, _ in self.frames)


class Snapshots:
    """Snapshots by channel, the longest unused dropped first."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, _Snapshot] = OrderedDict()
        self._lock = Lock()

    def frames(self, server: Server, name: str) -> Iterator[tuple[bytes, int]]:
        """(frame, end) of each page from the beginning of a channel."""
        held = self._fresh(server, name)
        if held is not None:
            yield from held.frames
            return
        made: list[tuple[bytes, int]] = []
        for body, end in _read(server, name):
            made.append((body, end))
            yield body, end
        if made:
            self._keep(name, _Snapshot(server.epoch, made[-1][1], tuple(made)))

    def drop(self, name: str | None = None) -> None:
        """Forget one channel's snapshot, or all (after a purge)."""
        with self._lock:
            if name is None:
                self._held.clear()
            else:
                self._held.pop(name, None)

    def _fresh(self, server: Server, name: str) -> _Snapshot | None:
        with self._lock:
            held = self._held.get(name)
            if held is None or held.epoch != server.epoch:
                return None
            self._held.move_to_end(name)
        with server.database.snapshot() as connection:
            row = connection.execute(
                select(channel.c.id, channel.c.seq, channel.c.horizon).where(channel.c.name == name)
            ).one()
            # What has left the channel since must not be shown to who comes now.
            left = connection.execute(
                select(feed.c.seq)
                .where(feed.c.channel_id == row.id, feed.c.seq > held.end, feed.c.removed == 1)
                .limit(1)
            ).first()
        recent = row.seq - held.end <= _STALE_PART * max(held.end, 100)
        # Behind the horizon nobody knows any more what left.
        return held if recent and left is None and row.horizon <= held.end else None

    def _keep(self, name: str, made: _Snapshot) -> None:
        with self._lock:
            self._held[name] = made
            self._held.move_to_end(name)
            while sum(s.size for s in self._held.values()) > _MOST_BYTES and len(self._held) > 1:
                self._held.popitem(last=False)


def _read(server: Server, name: str) -> Iterator[tuple[bytes, int]]:
    cursor, more = 0, True
    while more:
        with server.database.snapshot() as connection:
            page = read_page(connection, name, cursor, None)
        if page is None:
            return
        yield frame(page), page.end
        cursor, more = page.end, page.more
