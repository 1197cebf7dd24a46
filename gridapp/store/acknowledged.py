"""The usual case of one's own work, many records at once: it was taken as it was sent.

What is shown is right already, so nothing is laid over again, derived or indexed: the answer is kept, and when
the echo comes the shown row becomes the server's. Everything else is left to ``inbox``, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from gridapp.domain.exchange import Echo, Outcome, Verdict
from gridapp.store.reader import marks
from gridapp.store.unit_of_work import UnitOfWork

_CHUNK = 500
_APPLIED = Verdict.APPLIED.value


class _Standing(msgspec.Struct):
    epoch: int
    version: int


_standing = msgspec.msgpack.Decoder(_Standing)
_NOTHING = _Standing(0, -1)


def accept(uow: UnitOfWork, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Keep first answers that say that everything was taken; returns those that ask for more than that."""
    said = list(outcomes)
    applied = {o.op_id: o for o in said if o.verdict is Verdict.APPLIED}
    waiting = {
        op_id: (record_id, entity)
        for op_id, record_id, entity in _found(
            uow,
            "SELECT op_id, record_id, entity FROM outbox "
            "WHERE state='waiting' AND revision=0 AND conflict_id IS NULL AND op_id IN ({})",
            list(applied),
        )
    }
    bases = _bases(uow, [record_id for record_id, _ in waiting.values()])
    plain = [
        applied[op_id]
        for op_id, (record_id, _) in waiting.items()
        # else the row came before the answer, and what is shown has to follow
        if bases.get(record_id, _NOTHING).version < applied[op_id].version
    ]
    uow.connection.executemany(
        "UPDATE outbox SET state=?, code=?, verdicts=?, previous=?, version=?, revision=?, answered_at=?, "
        "dismissed=CASE WHEN former IS NULL THEN 0 ELSE dismissed END WHERE op_id=?",
        [
            (
                _APPLIED,
                o.code,
                msgspec.msgpack.encode(o.fields),
                o.previous,
                o.version,
                o.revision,
                uow.now,
                o.op_id,
            )
            for o in plain
        ],
    )
    for outcome in plain:
        record_id, entity = waiting[outcome.op_id]
        uow.tell(entity, record_id)
    done = {o.op_id for o in plain}
    return [o for o in said if o.op_id not in done]


def advance(uow: UnitOfWork, entity: str, echoes: Sequence[Echo]) -> list[Echo]:
    """Make shown rows the server's where one's own operations lead to it; returns the echoes of others."""
    keys = [echo.record_id for echo in echoes]
    held = {
        key: _Standing(epoch, version)
        for key, epoch, version in _found(
            uow, f"SELECT id, epoch, version FROM {entity} WHERE id IN ({{}})", keys
        )
    }
    bases = _bases(uow, keys)
    live: dict[bytes, list[tuple[str, int, int]]] = {}
    for key, *operation in _found(
        uow,
        "SELECT record_id, state, previous, version FROM outbox WHERE live=1 AND record_id IN ({}) "
        "ORDER BY counter",
        keys,
    ):
        live.setdefault(key, []).append((operation[0], operation[1], operation[2]))
    plain = []
    for echo in echoes:
        under = bases.get(echo.record_id, held.get(echo.record_id))
        # Below ``previous`` lies more than what was sent: a creation that was given a number, for one.
        if under is None or under.version < echo.previous:
            continue
        if under.version and under.epoch != echo.epoch:
            continue  # a restored server may count the same versions of something else
        if _leads(under.version, echo.version, live.get(echo.record_id, ())):
            plain.append(echo)
    _become(uow, entity, plain)
    done = {echo.record_id for echo in plain}
    return [echo for echo in echoes if echo.record_id not in done]


def _leads(version: int, to: int, operations: Iterable[tuple[str, int, int]]) -> bool:
    """Whether these lead from one version to another without a gap, and none of them waits or was not taken."""
    if version >= to:
        return False
    for state, previous, after in operations:
        if state != _APPLIED or previous != version:
            return False
        version = after
    return version == to


def _become(uow: UnitOfWork, entity: str, echoes: Sequence[Echo]) -> None:
    uow.connection.executemany(
        f"UPDATE {entity} SET version=?, epoch=?, mac=?, received_at=? WHERE id=?",
        [(e.version, e.epoch, e.mac, e.received_at, e.record_id) for e in echoes],
    )
    keys = [(e.record_id,) for e in echoes]
    uow.connection.executemany("UPDATE outbox SET live=0 WHERE record_id=? AND live=1", keys)
    uow.connection.executemany("DELETE FROM base WHERE record_id=?", keys)
    for (key,) in keys:
        uow.tell(entity, key)


def _bases(uow: UnitOfWork, keys: Sequence[bytes]) -> dict[bytes, _Standing]:
    """Record -> epoch and version of the server's row that is set aside."""
    sql = "SELECT record_id, row FROM base WHERE record_id IN ({})"
    return {key: _standing.decode(row) for key, row in _found(uow, sql, keys)}


def _found(uow: UnitOfWork, sql: str, keys: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        yield from uow.rows(sql.format(marks(part)), part)
