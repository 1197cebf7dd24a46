"""Photos of work that waits for a decision: who decides about it may see them before deciding.

There is no record yet that names them in a channel; the ``review`` does, in what was sent. As everywhere a photo is
shown only where the very person whose work names it had sent it: to know a digest is not to have the photo. When
the work was given back, or taken (then a record names it), nothing follows from the review any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, or_, select

from gridapp.domain.channels import is_review_channel
from gridapp.domain.review import WAITING, photo_named
from gridapp.server.database import chunks
from gridapp.server.schema import blob_sender, channel, feed, tables, thumbnail

_KIND = "attachment"


def sent(connection: Connection, digest: str, granted: Sequence[str]) -> bool:
    """Whether work that a reader of these channels decides about names the photo, and its author had sent it."""
    authors = _authors(connection, [digest], granted).get(digest)
    if not authors:
        return False
    c = blob_sender.c
    found = select(c.sha256).where(c.sha256 == digest, c.staff_id.in_(sorted(authors)))
    return connection.execute(found).first() is not None


def small(
    connection: Connection, digests: Sequence[str], granted: Sequence[str]
) -> dict[str, bytes]:
    """Digest -> small picture, as an author of the work that waits sent it; of several, one who has the photo."""
    found: dict[str, bytes] = {}
    t, sender = thumbnail.c, blob_sender.c
    whole = and_(sender.sha256 == t.sha256, sender.staff_id == t.staff_id)
    for digest, authors in _authors(connection, digests, granted).items():
        data = connection.scalar(
            select(t.data)
            .outerjoin(blob_sender, whole)
            .where(t.sha256 == digest, t.staff_id.in_(sorted(authors)))
            .order_by(sender.sha256.is_(None), t.staff_id)
            .limit(1)
        )
        if data is not None:
            found[digest] = bytes(data)
    return found


def _authors(
    connection: Connection, digests: Sequence[str], granted: Sequence[str]
) -> dict[str, set[bytes]]:
    """Digest -> whose work names it that waits in one of these channels."""
    names = [name for name in granted if is_review_channel(name)]
    wanted = {digest for digest in digests if digest}
    if not names or not wanted:
        return {}
    r, root = tables["review"], tables["review"].alias("root")
    statement = (
        select(r.c.sent, r.c.author_id)
        .join(feed, feed.c.record_id == r.c.id)
        .join(channel, channel.c.id == feed.c.channel_id)
        .outerjoin(root, root.c.id == r.c.hangs_on)
        .where(
            r.c.target_kind == _KIND,
            r.c.state == WAITING,
            # What hangs on work that was given back waits on, for its correction and for nobody's decision.
            or_(r.c.hangs_on.is_(None), root.c.state == WAITING),
            feed.c.removed == 0,
            or_(*(r.c.sent.contains(digest, autoescape=True) for digest in sorted(wanted))),
        )
    )
    found: dict[str, set[bytes]] = {}
    for part in chunks(names):
        for row in connection.execute(statement.where(channel.c.name.in_(part))):
            digest = photo_named(row.sent)
            if digest in wanted:
                found.setdefault(digest, set()).add(bytes(row.author_id))
    return found
