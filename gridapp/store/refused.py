"""What the server did not accept, and what the user does about it: send it once more, or let it go."""

from __future__ import annotations

from typing import Any

import msgspec

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import new_id
from gridapp.store import forgetting, kept_subjects, overlay, purged_work
from gridapp.store.statements import columns
from gridapp.store.status import REPLACED, SEEN
from gridapp.store.unit_of_work import UnitOfWork

_REFUSED = f"save_id=? AND state IN ('rejected','parked') AND dismissed<>{REPLACED}"


def dismiss(uow: UnitOfWork, save_id: bytes) -> None:
    """The worker has seen it: what was saved together asks for no look any more. It can still be sent.

    But not what was purged: that goes.
    """
    uow.connection.execute(f"UPDATE outbox SET dismissed={SEEN} WHERE {_REFUSED}", (save_id,))
    purged_work.let_go(uow, save_id)
    kept_subjects.let_go(uow)
    uow.touch_sync()


def note_told(uow: UnitOfWork, save_id: bytes) -> None:
    """The worker has seen what was registered later. What is not hers to read any more goes now."""
    taken = "save_id=? AND state IN ('applied','merged','conflict') AND decided_by IS NOT NULL"
    uow.connection.execute(f"UPDATE outbox SET dismissed={SEEN} WHERE {taken}", (save_id,))
    elsewhere = uow.rows(
        f"SELECT entity, record_id FROM outbox WHERE {taken} AND NOT EXISTS "
        "(SELECT 1 FROM membership m WHERE m.record_id=outbox.record_id)",
        (save_id,),
    )
    forgetting.forget(uow, elsewhere)
    kept_subjects.let_go(uow)
    uow.touch_sync()


def send_again(uow: UnitOfWork, save_id: bytes) -> int:
    """Offer the server once more, as a new attempt, what it refused of one save. Returns how many changes.

    It says the same as before, of the same time: what somebody else changed meanwhile is seen by the server.
    """
    found = uow.rows(
        f"SELECT counter, op_id, entity, record_id, fields FROM outbox WHERE {_REFUSED} ORDER BY counter",
        (save_id,),
    )
    again = {op_id: new_id().bytes for _, op_id, _, _, _ in found}
    save = new_id().bytes
    for counter, op_id, entity, key, blob in found:
        held = uow.row(entity, key)
        uow.connection.execute(
            "INSERT INTO outbox (op_id,save_id,entity,record_id,base_version,fields,beneath,"
            "recorded_at,clock_offset,conflict_id,other,state,live) SELECT ?,?,entity,record_id,"
            "base_version,?,beneath,recorded_at,clock_offset,conflict_id,other,'waiting',? "
            "FROM outbox WHERE counter=?",
            # What has left this computer is sent, and not shown.
            (again[op_id], save, _following(blob, again), int(held is not None), counter),
        )
        uow.connection.execute(
            "UPDATE outbox SET live=0, dismissed=? WHERE counter=?", (REPLACED, counter)
        )
        if held is not None:
            _show(uow, entity, key, held)
    kept_subjects.follow(uow, save_id, save)
    kept_subjects.let_go(uow)
    uow.touch_sync()
    return len(found)


def _following(blob: bytes, again: dict[bytes, bytes]) -> bytes:
    """The fields, following the new attempts where they followed the old ones."""
    fields: dict[str, list[Any]] = msgspec.msgpack.decode(blob)
    for change in fields.values():
        change[2] = again.get(change[2], change[2])
    return msgspec.msgpack.encode(fields)


def _show(uow: UnitOfWork, entity: str, key: bytes, held: dict[str, Any]) -> None:
    if held["version"] > 0 and overlay.base_row(uow.connection, key) is None:
        names = columns(KINDS[entity])
        overlay.save_base(uow.connection, entity, key, {n: held[n] for n in names})
    overlay.show(uow.connection, entity, key)
    uow.touch(entity, (key,))
