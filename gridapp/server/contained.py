"""Operations that a restored server had answered before, and forgot, offered again with those answers.

Where the row that came back holds what the operation did, it is written into the log with the answer it had:
judging it again would find its own later history in its way. What was refused stays refused. The rest is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from gridapp.domain.exchange import FieldVerdict, Operation, Outcome, Verdict
from gridapp.domain.kinds import KINDS
from gridapp.server import covers
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.joining import Sender
from gridapp.server.judge import Judged
from gridapp.server.lineage import handed_back, lineages
from gridapp.server.schema import operation as log
from gridapp.server.schema import tables
from gridapp.server.statements import insert_rows
from gridapp.server.wellformed import well_formed
from gridapp.server.writing import log_row

_TAKEN = (Verdict.APPLIED, Verdict.MERGED, Verdict.CONFLICT)
_MOST_VERSIONS = 1 << 62


def note_answered(
    server: Server, sender: Sender, sent: Sequence[Operation], answered: Iterable[Outcome]
) -> None:
    """Log those of ``sent`` whose former answer still holds; ``apply`` then finds them answered."""
    former = {o.op_id: o for o in answered if _plausible(o)}
    offered = [o for o in sent if o.op_id in former and o.entity in KINDS and well_formed(o)]
    if not offered or server.epoch < 2:
        return
    with server.database.write() as connection:
        known = _known(connection, [o.op_id for o in offered])
        fresh = [o for o in offered if o.op_id not in known]
        reached = _reached(connection, server.epoch, fresh)
        rows = []
        for one in fresh:
            outcome = former[one.op_id]
            if _stands(connection, sender, one, outcome, reached.get(one.record_id, 0)):
                starts = {name: change.before for name, change in one.fields.items()}
                judged = Judged(outcome, starts)
                rows.append(log_row(sender, one, judged, server.clock(), server.epoch - 1))
        if rows:
            insert_rows(connection, log, tuple(rows[0]), [list(r.values()) for r in rows])
            covers.lower(connection, sender.device_id, sender.incarnation, fresh)


def _plausible(outcome: Outcome) -> bool:
    return (
        0 <= outcome.previous <= outcome.version < _MOST_VERSIONS
        and 0 < outcome.revision < 1 << 31
        and len(outcome.code) <= 40
        and len(outcome.fields) <= 200
    )


def _stands(
    connection: Connection, sender: Sender, sent: Operation, outcome: Outcome, reached: int
) -> bool:
    if outcome.verdict is Verdict.REJECTED:
        return True
    if outcome.verdict not in _TAKEN or outcome.version > reached:
        return False
    aside = [n for n, verdict in outcome.fields.items() if verdict is FieldVerdict.CONFLICT]
    return not aside or _has_conflict(connection, sender.device_id, sent)


def _has_conflict(connection: Connection, device_id: bytes, sent: Operation) -> bool:
    """Whether the conflict in which the value stood aside came back."""
    c = tables["conflict"].c
    own = (c.target_id == sent.record_id, c.device_id == device_id)
    return connection.execute(select(c.id).where(*own)).first() is not None


def _known(connection: Connection, op_ids: list[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for part in chunks(op_ids):
        found |= set(connection.scalars(select(log.c.op_id).where(log.c.op_id.in_(part))))
    return found


def _reached(connection: Connection, epoch: int, sent: Iterable[Operation]) -> dict[bytes, int]:
    """Record -> the version of former epochs that its row holds."""
    found: dict[bytes, int] = {}
    for entity in {o.entity for o in sent}:
        c = tables[entity].c
        for part in chunks(sorted({o.record_id for o in sent if o.entity == entity})):
            for row in connection.execute(select(c.id, c.epoch, c.version).where(c.id.in_(part))):
                found[row.id] = row.version if row.epoch < epoch else 0
    later = lineages(connection, {k: epoch - 1 for k, v in found.items() if not v})
    found |= {key: lineage.left_at for key, lineage in later.items()}
    for key, version in handed_back(connection, later).items():
        found[key] = max(version, found[key])
    return found
