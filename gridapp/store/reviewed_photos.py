"""Photos of work that waits for a decision here: no record names them yet, the ``review`` does, in what was sent.

They come as all photos do (``photo_rows``), and go when nobody decides about that work here any more: it was given
back, it went to another grid, it was purged. Once it is taken a record names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from gridapp.domain.review import photo_named, photo_size
from gridapp.store.reader import Reader, marks
from gridapp.store.unit_of_work import UnitOfWork

_KINDS = frozenset({"attachment", "review"})
# A decision that is still on its way may be refused: until the server has it, the photos stay.
_UNDECIDED = (
    "(root.state='waiting' OR EXISTS "
    "(SELECT 1 FROM outbox o WHERE o.record_id=root.id AND o.state='waiting'))"
)
_OPEN = (
    "FROM review r JOIN review root ON root.id=COALESCE(r.hangs_on, r.id) "
    "WHERE r.target_kind='attachment' AND r.deleted=0 "
    f"AND (r.hangs_on IS NULL OR r.state='waiting') AND {_UNDECIDED}"
)


def named(reader: Reader) -> dict[str, int]:
    """Digest -> bytes, of all photos of work that waits for a decision, the newest first."""
    found: dict[str, int] = {}
    for (sent,) in reader.rows(f"SELECT r.sent {_OPEN} ORDER BY r.id DESC"):
        digest, size = photo_named(sent), photo_size(sent)
        if digest and size:
            found.setdefault(digest, size)
    return found


def naming(reader: Reader, digest: str) -> UUID | None:
    """The newest review that waits and names this photo."""
    for key, sent in reader.rows(f"SELECT r.id, r.sent {_OPEN} ORDER BY r.id DESC"):
        if photo_named(sent) == digest:
            return UUID(bytes=key)
    return None


def let_go(uow: UnitOfWork, left: Iterable[str]) -> None:
    """Photos that nothing names any more are to be erased. ``left``: kinds of which records left this computer."""
    condition, params = "sha256 NOT IN (SELECT sha256 FROM attachment)", list[Any]()
    if _KINDS.isdisjoint(left):
        params = _of_decided(uow)
        if not params:
            return
        condition += f" AND sha256 IN ({marks(params)})"
    kept = list(named(uow))
    uow.connection.execute(
        "UPDATE blob SET state='gone', thumbnail=NULL WHERE state NOT IN ('waiting','draft') "
        f"AND {condition} AND sha256 NOT IN ({marks(kept)})",
        (*params, *kept),
    )


def is_named(reader: Reader, digest: str) -> bool:
    """Whether anything here names a photo: a record, or work that waits for a decision."""
    sql = "SELECT 1 FROM attachment WHERE sha256=?"
    return bool(reader.value(sql, (digest,))) or digest in named(reader)


def _of_decided(reader: Reader) -> list[str]:
    """Photos of work that was decided about, where no record came of it."""
    rows = reader.rows(
        "SELECT r.sent FROM review r JOIN review root ON root.id=COALESCE(r.hangs_on, r.id) "
        "WHERE r.target_kind='attachment' AND root.state<>'waiting' "
        "AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.id=r.target_id)"
    )
    return [digest for (sent,) in rows if (digest := photo_named(sent))]
