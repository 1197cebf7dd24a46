"""``apply``: the one way anything is written on the server.

A batch is judged and written in one transaction, alone or together with others that wait at the same moment
(``turns``, ``joining``): records are locked in a fixed order, all operations are judged, rows and outcomes are
written set by set, and the feed numbers are given last (``batch``). Everything else that writes (divisions,
staff, jobs) comes here too.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError, OperationalError

from gridapp.domain.exchange import Operation
from gridapp.server.batch import Applied, Group
from gridapp.server.context import Server
from gridapp.server.joining import Job, Sender, job, together
from gridapp.server.journalling import committed
from gridapp.server.locks import Moved
from gridapp.server.turns import Turns

__all__ = ["Applied", "Sender", "apply"]

_ATTEMPTS = 6
_WRITERS = 2  # on PostgreSQL: one judges while another waits for the database


def apply(server: Server, sender: Sender, operations: Sequence[Operation]) -> Applied:
    """Judge and write a batch. The same ``op_id`` again gets the same outcome. Returns when it is committed."""

    def run(jobs: Sequence[Job]) -> list[Applied]:
        return _run(server, jobs)

    writers = _WRITERS if server.database.is_postgres else 1
    turns: Turns[Job, Applied] = server.turns
    return turns.do(job(sender, operations), together, run, writers)


def _run(server: Server, jobs: Sequence[Job]) -> list[Applied]:
    """All in one transaction. A single batch is tried again where another process came between."""
    attempts = _ATTEMPTS if len(jobs) == 1 else 1
    for attempt in range(attempts):
        try:
            with server.database.write() as connection:
                group = Group(server, connection, jobs)
                done = group.run()
        except (Moved, IntegrityError, OperationalError):
            # Two requests met on the same new record or channel: the second finds it made.
            if attempt == attempts - 1:
                raise
        else:
            committed(server, group.written())
            server.signals.tell(done[0].channels)
            return done
    raise AssertionError
