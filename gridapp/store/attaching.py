"""Photos of records: bytes that are durable before the record that names them.

A photo comes either with its bytes (the command line, the demo), or was taken in when it was chosen in a
form: then its bytes lie here already, in state ``draft``, until a record or nobody takes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gridapp.domain.attachment import Attachment
from gridapp.domain.record import Record
from gridapp.errors import Problem
from gridapp.store.drafting import KeptPicture, Picture
from gridapp.store.pictures import Prepared, prepare
from gridapp.store.unit_of_work import UnitOfWork

_MEDIA_TYPE = "image/jpeg"


def attach(uow: UnitOfWork, target: Record, pictures: Sequence[Picture | KeptPicture]) -> None:
    """Keep photos with a record. Raises ``Problem``: ``bad_photo``, ``photo_gone``, both with its name."""
    for picture in pictures:
        kept = _keep_now(uow, picture) if isinstance(picture, Picture) else picture
        if not uow.blobs.has(kept.sha256):
            raise Problem(
                "photo_gone",
                "照片“{name}”已不在这台电脑上。",
                remedy="请去掉这张，重新加一次。",
                name=kept.name or "?",
            )
        # The same photo once more mends one whose bytes had been lost; one that came from others counts as
        # this person's only after the server has heard of it.
        uow.connection.execute(
            "UPDATE blob SET state='waiting', code=NULL, tries=0, small_done=0 WHERE sha256=? "
            "AND state IN ('draft','broken','gone','wanted','done')",
            (kept.sha256,),
        )
        uow.create(
            Attachment(
                target_kind=target.KIND,
                target_id=target.id,
                sha256=kept.sha256,
                media_type=_MEDIA_TYPE,
                size=kept.size,
                width=kept.width,
                height=kept.height,
                purpose=kept.purpose,
            )
        )


def take_in(uow: UnitOfWork, name: str, ready: Prepared, purpose: str = "other") -> KeptPicture:
    """Keep the bytes of a photo that a form was given, for its draft."""
    digest = uow.keep_blob(ready.data)
    # One that was let go of comes back; one that a record has stays that record's.
    uow.connection.execute(
        "INSERT INTO blob (sha256,size,state,thumbnail) VALUES (?,?,'draft',?) ON CONFLICT(sha256) "
        "DO UPDATE SET state='draft', code=NULL, thumbnail=excluded.thumbnail "
        "WHERE state IN ('gone','wanted')",
        (digest, len(ready.data), ready.thumbnail),
    )
    return KeptPicture(digest, name, len(ready.data), ready.width, ready.height, purpose)


def let_go(uow: UnitOfWork, digests: Iterable[str]) -> None:
    """Photos that a draft named: those that no record and no other draft has are forgotten."""
    for digest in set(digests):
        # the same photo may have come from the server meanwhile, with a record of its own
        uow.connection.execute(
            "UPDATE blob SET state='done' WHERE sha256=? AND state='draft' "
            "AND EXISTS (SELECT 1 FROM attachment WHERE attachment.sha256=blob.sha256)",
            (digest,),
        )
        found = uow.connection.execute(
            "UPDATE blob SET state='gone', thumbnail=NULL WHERE sha256=? AND state='draft' "
            "AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(data, blob.sha256))",
            (digest,),
        )
        if found.rowcount:
            uow.forget_blob(digest)


def _keep_now(uow: UnitOfWork, picture: Picture) -> KeptPicture:
    return take_in(uow, picture.name, prepare(picture), picture.purpose)
