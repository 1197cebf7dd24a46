"""New verdicts in the operation log, and their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, update
from sqlalchemy.dialects import postgresql, sqlite

from gridapp.server.judge import Judged
from gridapp.server.locks import Moved
from gridapp.server.parked import Parked
from gridapp.server.schema import counter
from gridapp.server.schema import operation as log
from gridapp.server.statements import is_postgres

_COUNTER = "outcomes"


def write(connection: Connection, revised: Sequence[tuple[Parked, Judged]]) -> None:
    """Give the log's rows their new verdicts, numbered for those who were told others. Raises ``Moved``.

    The counter is locked until the transaction ends: to be called before the feed's numbers are given.
    """
    number = _numbers(connection, sum(1 for one, judged in revised if _told(one, judged)))
    for one, judged in revised:
        outcome = judged.outcome
        values = {
            "verdict": outcome.verdict.value,
            "code": outcome.code,
            "revision": outcome.revision,
            "previous": outcome.previous,
            "version": outcome.version,
            "verdicts": msgspec.msgpack.encode(outcome.fields),
            "starts": msgspec.msgpack.encode(judged.starts) if judged.starts else None,
            "waits_for": judged.waits_for,
        }
        if _told(one, judged):
            number += 1
            values["revised"] = number
        mine = (log.c.op_id == one.operation.op_id) & (log.c.revision == one.revision)
        if connection.execute(update(log).where(mine).values(values)).rowcount != 1:
            raise Moved


def tell(connection: Connection, op_ids: Sequence[bytes]) -> None:
    """Number answers that were decided before their operations came, so that what was written beside comes too."""
    last = _numbers(connection, len(op_ids))
    for number, op_id in enumerate(op_ids, last + 1):
        connection.execute(update(log).where(log.c.op_id == op_id).values(revised=number))


def _told(one: Parked, judged: Judged) -> bool:
    return judged.outcome.revision > one.revision


def _numbers(connection: Connection, count: int) -> int:
    """The number before the first of ``count`` new ones."""
    if count == 0:
        return 0
    dialect = postgresql if is_postgres(connection) else sqlite
    statement = (
        dialect.insert(counter)
        .values(name=_COUNTER, value=count)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + count})
        .returning(counter.c.value)
    )
    return int(connection.execute(statement).scalar_one()) - count
