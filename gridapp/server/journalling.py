"""What is written down in the journal after a commit: the mark of the last batch, roles that changed, devices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import KINDS
from gridapp.server.context import Server
from gridapp.server.database import chunks
from gridapp.server.journal_facts import Fact, role_fact
from gridapp.server.judge import Judged
from gridapp.server.schema import tables
from gridapp.tables import wire_columns

ROLES = ("staff", "assignment")  # kinds on which it depends who may do what


def committed(server: Server, written: Iterable[tuple[Operation, Judged]]) -> None:
    """These operations are in the database for good. A crash before this is made up for at the next start."""
    last: bytes | None = None
    roles: dict[str, list[bytes]] = defaultdict(list)
    for sent, judged in written:
        last = sent.op_id
        if sent.entity in ROLES and judged.outcome.version > 1:
            roles[sent.entity].append(sent.record_id)
    if roles:
        with server.database.snapshot() as connection:
            note(server, *(f for e, ids in roles.items() for f in role_facts(connection, e, ids)))
    if last is not None:
        server.journal.mark(last)


def note(server: Server, *facts: Fact) -> None:
    """Write down what the database already holds; on the disk when this returns."""
    server.journal.append(server.clock(), *facts)


def role_facts(connection: Connection, entity: str, ids: Iterable[bytes]) -> list[Fact]:
    """Facts of these assignments or members of staff, as they stand."""
    table = tables[entity]
    names = wire_columns(KINDS[entity])
    found: list[Fact] = []
    for part in chunks(sorted(set(ids))):
        rows = connection.execute(select(*(table.c[n] for n in names)).where(table.c.id.in_(part)))
        found += [role_fact(entity, dict(zip(names, row, strict=True))) for row in rows]
    return found
