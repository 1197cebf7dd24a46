"""A pull: the head, then pages of every granted channel until nothing is left."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from gridapp.server import bundle_key, covers, digest
from gridapp.server.author import Author
from gridapp.server.context import Server
from gridapp.server.outcomes import revised_since
from gridapp.server.pages import read_page
from gridapp.server.snapshots import Snapshots
from gridapp.sync.protocol import END, PullHead, PullRequest, frame

# Reference data first, so that what follows finds its units and codes.
_ORDER = {"district": 0, "user": 1, "unit": 2}


def pull(
    server: Server, snapshots: Snapshots, author: Author, request: PullRequest
) -> Iterator[bytes]:
    """Frames: the head, then pages of every granted channel until nothing is left, then the end mark."""
    granted = sorted(author.channels(), key=lambda n: (_ORDER.get(n.split(":")[0], 3), n))
    key = bundle_key.public_key(server)
    # Of another epoch the numbers say nothing: told again, what was known is ignored by its revision.
    told = request.outcome_cursor if request.epoch == server.epoch else 0
    with server.database.snapshot() as connection:
        outcomes, told = revised_since(connection, author.device_id, told)
        now = digest.standing(connection, granted)
        backup = covers.named(connection, author.device_id, request.incarnation)
    head = PullHead(
        server.epoch, server.clock(), granted, outcomes, told, backup=backup, bundle_key=key
    )
    if not outcomes and digest.same(server, request, told, now):
        yield frame(replace(head, channels=[], same=True))
        yield END
        return
    restart = digest.restarting(request, now)
    totals = digest.unchanged(request, now)
    if (
        server.epoch > 1
    ):  # a channel that was forgotten and not begun again sends no page that says so
        totals |= {name: 0 for name in granted if name not in now}
    yield frame(replace(head, totals=totals, restart=restart))
    for name in granted:
        cursor = 0 if name in restart else request.cursors.get(name, 0)
        if cursor == 0:
            for body, end in snapshots.frames(server, name):
                yield body
                cursor = end
        yield from _rest(server, author, name, cursor)
    yield END


def _rest(server: Server, author: Author, name: str, cursor: int) -> Iterator[bytes]:
    while True:
        with server.database.snapshot() as connection:
            page = read_page(connection, name, cursor, author.device_id)
        if page is None:
            return
        yield frame(page)
        if not page.more:
            return
        cursor = page.end
