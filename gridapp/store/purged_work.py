"""One's own work on a purged record: the server keeps nothing of it, and once its author knows, neither do we."""

from __future__ import annotations

from gridapp.store import forgetting, history, reviewed_photos
from gridapp.store.leaving import PURGED
from gridapp.store.unit_of_work import UnitOfWork


def let_go(uow: UnitOfWork, save_id: bytes) -> None:
    """The author has seen it: what one save says of purged records goes, with its photos."""
    found = uow.rows(
        "SELECT DISTINCT entity, record_id FROM outbox WHERE save_id=? AND code=?",
        (save_id, PURGED),
    )
    if not found:
        return
    photos: set[str] = set()
    for entity, key in found:
        uow.connection.execute(
            "DELETE FROM outbox WHERE save_id=? AND record_id=? AND code=?",
            (save_id, key, PURGED),
        )
        if not uow.value("SELECT 1 FROM membership WHERE record_id=? LIMIT 1", (key,)):
            photos |= _drop(uow, entity, key)
    for digest in photos:
        _drop_photo(uow, digest)
    forgetting.forget(uow, found)
    uow.touch_sync()


def _drop(uow: UnitOfWork, entity: str, key: bytes) -> set[str]:
    """A row that only this computer still shows. Returns the photos that it named."""
    named: set[str] = set()
    if entity == "attachment":
        named = {d for (d,) in uow.rows("SELECT sha256 FROM attachment WHERE id=?", (key,)) if d}
    uow.connection.execute(f"DELETE FROM {entity} WHERE id=?", (key,))
    uow.connection.execute("DELETE FROM base WHERE record_id=?", (key,))
    uow.connection.execute("UPDATE outbox SET live=0 WHERE record_id=?", (key,))
    history.forget(uow, key)
    uow.touch(entity, (key,))
    return named


def _drop_photo(uow: UnitOfWork, digest: str) -> None:
    """Its bytes go with the commit, unless a record or a draft here names it too."""
    if reviewed_photos.is_named(uow, digest):
        return
    found = uow.connection.execute(
        "UPDATE blob SET state='gone', code=NULL, thumbnail=NULL WHERE sha256=? AND state<>'draft' "
        "AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(data, blob.sha256))",
        (digest,),
    )
    if found.rowcount:
        uow.forget_blob(digest)
