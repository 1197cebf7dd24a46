"""Small pictures of photos: they go before the photos, so that somebody sees something early.

Nobody can check a small picture against the name of its photo. So it is kept for the person who sent it, and
shown only to readers of a record that this person made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, select

from gridapp.server import reviewed_photos
from gridapp.server.blobs import check_sender
from gridapp.server.database import chunks
from gridapp.server.errors import Rejection
from gridapp.server.makers import created
from gridapp.server.schema import channel, feed, operation, tables, thumbnail
from gridapp.sync.protocol import LARGEST_SMALL, MOST_SMALL

_JPEG = b"\xff\xd8\xff"


def keep(
    connection: Connection, pictures: Mapping[str, bytes], staff_id: bytes, granted: list[str]
) -> list[str]:
    """Keep what belongs to records that this person sent. Returns the digests kept; the first stays.

    Raises ``Rejection`` ``bad_part`` for what is no small picture.
    """
    if len(pictures) > MOST_SMALL or not all(_fits(d) for d in pictures.values()):
        raise Rejection(413, "bad_part")
    held = set(
        connection.scalars(
            select(thumbnail.c.sha256).where(
                thumbnail.c.sha256.in_(list(pictures)), thumbnail.c.staff_id == staff_id
            )
        )
    )
    kept = []
    for digest, data in pictures.items():
        if digest not in held:
            try:
                check_sender(connection, digest, staff_id, granted)
            except Rejection:
                continue  # the others go on
            connection.execute(
                insert(thumbnail).values(sha256=digest, staff_id=staff_id, data=data)
            )
        kept.append(digest)
    return kept


def read(connection: Connection, wanted: Sequence[str], granted: list[str]) -> dict[str, bytes]:
    """Digest -> small picture, of photos named by a record in a granted channel, by who made that record; or by
    work that waits there for a decision, by its author."""
    wanted = list(wanted)[:MOST_SMALL]
    found = _recorded(connection, wanted, granted)
    rest = [digest for digest in wanted if digest not in found]
    return found | reviewed_photos.small(connection, rest, granted)


def _recorded(
    connection: Connection, wanted: Sequence[str], granted: list[str]
) -> dict[str, bytes]:
    a = tables["attachment"]
    ids = list(connection.scalars(select(channel.c.id).where(channel.c.name.in_(granted))))
    found: dict[str, bytes] = {}
    for part in chunks(ids):
        rows = connection.execute(
            select(thumbnail.c.sha256, thumbnail.c.data)
            .join(a, a.c.sha256 == thumbnail.c.sha256)
            .join(feed, feed.c.record_id == a.c.id)
            .join(
                operation,
                (operation.c.record_id == a.c.id) & (operation.c.staff_id == thumbnail.c.staff_id),
            )
            .where(
                thumbnail.c.sha256.in_(wanted),
                feed.c.removed == 0,
                feed.c.channel_id.in_(part),
                created(),
            )
        )
        found.update({row.sha256: bytes(row.data) for row in rows})
    return found


def fitting(pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those that are small pictures."""
    return {digest: data for digest, data in pictures.items() if _fits(data)}


def _fits(data: bytes) -> bool:
    return len(data) <= LARGEST_SMALL and data.startswith(_JPEG)
