"""Whom work is about that was not accepted yet, kept when the household itself leaves this computer.

What she wrote stays hers to see, with its reason, until she has learned what became of it; nobody could record it
elsewhere without knowing whose it is. Name, address and number are all that is kept, in ``meta``, and they go as
soon as the work is settled, or at once where the household was purged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from gridapp.store import forgetting
from gridapp.store.leaving import PURGED
from gridapp.store.reader import Reader
from gridapp.store.status import REPLACED, UNSEEN
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.store.views.subjects import Subject, subject

_KEY = "about:"  # in meta, before the id of the save in hex
_KEYS = "key>='about:' AND key<'about;'"
# What its author has not learned the end of. Of purged work nothing is told.
_UNSETTLED = (
    "code IS NOT 'purged' AND (state='waiting' "
    f"OR (state='parked' AND dismissed<>{REPLACED}) OR (state='rejected' AND dismissed={UNSEEN}) "
    "OR (state IN ('applied','merged','conflict') AND decided_by IS NOT NULL "
    f"AND dismissed={UNSEEN}))"
)


def keep(uow: UnitOfWork, gone: Iterable[tuple[str, bytes, str]]) -> None:
    """These records (kind, id, cause) are about to leave: note what unsettled work is about."""
    causes = {key: cause for _, key, cause in gone}
    if not causes:
        return
    purge(uow, [key for key, cause in causes.items() if cause == PURGED])
    noted = {key for (key,) in uow.rows(f"SELECT key FROM meta WHERE {_KEYS}")}
    unsettled = uow.rows(
        f"SELECT save_id, entity, record_id FROM outbox WHERE {_UNSETTLED} ORDER BY counter"
    )
    for save_id, entity, key in unsettled:
        if _key(save_id) in noted:
            continue
        found = subject(uow, entity, UUID(bytes=key))
        named = (key,) if found is None or found.id is None else (key, found.id.bytes)
        said = [causes[one] for one in named if one in causes]
        if found is not None and found.name and said and PURGED not in said:
            uow.set_meta(_key(save_id), _written(found))
            noted.add(_key(save_id))


def kept(reader: Reader, save_id: bytes) -> Subject | None:
    """What a save is about that is not here any more."""
    text = reader.meta(_key(save_id))
    if text is None:
        return None
    said = json.loads(text)
    return Subject(said["name"], said["page"], None, said["address"], said["number"], gone=True)


def follow(uow: UnitOfWork, old: bytes, new: bytes) -> None:
    """What was saved together is sent once more, as another save."""
    text = uow.meta(_key(old))
    if text is not None:
        uow.set_meta(_key(new), text)


def let_go(uow: UnitOfWork) -> None:
    """Forget what settled work was about."""
    held = [key for (key,) in uow.rows(f"SELECT key FROM meta WHERE {_KEYS}")]
    if held:
        open_ = {_key(s) for (s,) in uow.rows(f"SELECT save_id FROM outbox WHERE {_UNSETTLED}")}
        _drop(uow, [key for key in held if key not in open_])


def purge(uow: UnitOfWork, keys: Sequence[bytes]) -> None:
    """Forget it of purged records, whatever waits."""
    if keys:
        named = {UUID(bytes=key).hex for key in keys}
        held = uow.rows(f"SELECT key, value FROM meta WHERE {_KEYS}")
        _drop(uow, [key for key, text in held if json.loads(text)["id"] in named])


def _drop(uow: UnitOfWork, keys: Sequence[str]) -> None:
    uow.connection.executemany("DELETE FROM meta WHERE key=?", [(key,) for key in keys])
    if keys:
        forgetting.make_due(uow)


def _written(found: Subject) -> str:
    said = {
        "id": found.id.hex if found.id else "",
        "page": found.page,
        "name": found.name,
        "address": found.address,
        "number": found.number,
    }
    return json.dumps(said, ensure_ascii=False)


def _key(save_id: bytes) -> str:
    return f"{_KEY}{save_id.hex()}"
