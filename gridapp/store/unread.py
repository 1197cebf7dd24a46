"""What this device sent, and the server took, but lists nowhere that may be read here.

A volunteer's report is like that from the beginning: it stays as it was sent. Something else it hangs on may leave
this computer, though, and it would never be told of what hangs beneath: that goes along.
"""

from __future__ import annotations

from gridapp.domain.kinds import CHILDREN, KINDS
from gridapp.store.unit_of_work import UnitOfWork

# Operations that the server took and whose rows have not come back.
TAKEN = "state IN ('applied','merged','conflict') AND live=1"
_DEPTH = 3  # household, event, step or visit, photo
_UNLISTED = "NOT EXISTS (SELECT 1 FROM membership m WHERE m.record_id=c.id)"
# What waits for an answer, or was refused and waits to be read, is shown wherever its owner went.
_SETTLED = (
    "NOT EXISTS (SELECT 1 FROM outbox o WHERE o.record_id=c.id "
    "AND o.state IN ('waiting','parked','rejected'))"
)
_LEAVES = (
    "(SELECT l.record_id FROM leaving l WHERE l.entity=? "
    "AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.record_id=l.record_id))"
)


def settle(uow: UnitOfWork) -> None:
    """At the end of a round: what may not be read back stays as it was sent, or leaves with its owner."""
    unread = _unread(uow)
    for kind in {KINDS[entity] for entity, _, _ in unread if KINDS[entity].owner}:
        gone = f"NOT EXISTS (SELECT 1 FROM {kind.owner_kind} o WHERE o.id=c.{kind.owner})"
        mine = f"c.id IN (SELECT record_id FROM outbox WHERE {TAKEN} AND entity=?)"
        _leave(uow, kind.name, f"c.{kind.owner} IS NOT NULL AND {gone} AND {mine}", kind.name)
    for _ in range(_DEPTH):
        if not _follow(uow):
            break
    for entity, key, version in _unread(uow):
        uow.connection.execute(f"UPDATE outbox SET live=0 WHERE record_id=? AND {TAKEN}", (key,))
        uow.connection.execute(
            f"UPDATE {entity} SET version=? WHERE id=? AND version=0", (version, key)
        )
        uow.touch(entity, (key,))


def _unread(uow: UnitOfWork) -> list[tuple[str, bytes, int]]:
    return uow.rows(
        f"SELECT entity, record_id, max(version) FROM outbox WHERE {TAKEN} "
        "AND record_id NOT IN (SELECT record_id FROM membership) "
        "AND record_id NOT IN (SELECT record_id FROM leaving) GROUP BY entity, record_id"
    )


def _follow(uow: UnitOfWork) -> bool:
    """Let go of what hangs on something that leaves, and is listed nowhere. Whether there was any."""
    if not uow.value("SELECT EXISTS (SELECT 1 FROM leaving)"):
        return False
    found = 0
    for owner, children in CHILDREN.items():
        for child in children:
            found += _leave(uow, child.name, f"c.{child.owner} IN {_LEAVES}", owner)
    for owner in KINDS:
        on = f"c.target_kind='{owner}' AND c.target_id IN {_LEAVES}"
        found += _leave(uow, "attachment", on, owner)
    return found > 0


def _leave(uow: UnitOfWork, entity: str, which: str, named: str) -> int:
    made = uow.connection.execute(
        "INSERT OR IGNORE INTO leaving (record_id,entity,cause) SELECT c.id, ?, 'scope' "
        f"FROM {entity} c WHERE {which} AND {_UNLISTED} AND {_SETTLED}",
        (entity, named),
    )
    return int(made.rowcount)
