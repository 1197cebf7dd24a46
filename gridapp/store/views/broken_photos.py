"""Photos that cannot go up: what each is of, when it was attached, and why it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridapp.clock import Instant
from gridapp.store.reader import Reader
from gridapp.store.views.subjects import Subject, subject

SHOWN = 50


@dataclass(frozen=True, slots=True)
class BrokenPhoto:
    """One photo. ``code``: ``lost`` (its file here), or why the server did not take it."""

    sha256: str
    about: Subject | None
    recorded_at: Instant
    code: str


def broken_photos(reader: Reader) -> tuple[BrokenPhoto, ...]:
    """Those that are known, the newest first."""
    rows = reader.rows(
        "SELECT b.sha256, COALESCE(b.code,''), max(a.id), COALESCE(max(o.recorded_at),0) FROM blob b "
        "LEFT JOIN attachment a ON a.sha256=b.sha256 LEFT JOIN outbox o ON o.record_id=a.id "
        "WHERE b.state='broken' GROUP BY b.sha256 ORDER BY 4 DESC LIMIT ?",
        (SHOWN,),
    )
    return tuple(
        BrokenPhoto(
            digest, subject(reader, "attachment", UUID(bytes=key)) if key else None, at, code
        )
        for digest, code, key, at in rows
    )
