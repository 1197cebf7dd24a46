"""Later answers to what was sent before: parked work that the head of the grid took, changed or gave back."""

from __future__ import annotations

from collections.abc import Sequence

from gridapp.domain.exchange import Outcome, Verdict
from gridapp.store import inbox
from gridapp.store.reader import Reader, marks
from gridapp.store.status import REPLACED
from gridapp.store.unit_of_work import UnitOfWork

_CURSOR = "outcome_cursor"  # "epoch:number": of another epoch it says nothing
_TAKEN = (Verdict.APPLIED, Verdict.MERGED, Verdict.CONFLICT)
_CHUNK = 500


def cursor(reader: Reader) -> int:
    """The number of the last later answer that came, to ask for those after it."""
    epoch, number = _held(reader)
    return number if epoch == int(reader.meta("epoch") or 0) else 0


def take(uow: UnitOfWork, outcomes: Sequence[Outcome], epoch: int, number: int) -> None:
    """Keep later answers, and up to where they go. What came before, or twice, changes nothing."""
    replaced = _replaced(uow, outcomes)
    inbox.apply_outcomes(uow, outcomes)
    # What the user sent anew, or corrected, asks for no look.
    uow.connection.executemany(
        f"UPDATE outbox SET dismissed={REPLACED} WHERE op_id=?", [(o,) for o in replaced]
    )
    decided = [o for o in outcomes if o.decided_by]
    uow.connection.executemany(
        "UPDATE outbox SET note=?, decided_by=? WHERE op_id=? AND revision=?",
        [(o.note or None, o.decided_by, o.op_id, o.revision) for o in decided],
    )
    # It was parked because its author had lost the scope: now that it is registered it leaves, unless the
    # record comes with a page of this round.
    uow.connection.executemany(
        "INSERT OR IGNORE INTO leaving (record_id,entity,cause) "
        "SELECT record_id, entity, 'scope' FROM outbox WHERE op_id=?",
        [(o.op_id,) for o in decided if o.verdict in _TAKEN],
    )
    held, last = _held(uow)
    if epoch != held or number > last:
        uow.set_meta(_CURSOR, f"{epoch}:{number}")


def _held(reader: Reader) -> tuple[int, int]:
    epoch, _, number = (reader.meta(_CURSOR) or "0:0").partition(":")
    return int(epoch), int(number)


def _replaced(reader: Reader, outcomes: Sequence[Outcome]) -> list[bytes]:
    found: list[bytes] = []
    for start in range(0, len(outcomes), _CHUNK):
        part = [o.op_id for o in outcomes[start : start + _CHUNK]]
        sql = f"SELECT op_id FROM outbox WHERE dismissed={REPLACED} AND op_id IN ({marks(part)})"
        found += [key for (key,) in reader.rows(sql, part)]
    return found
