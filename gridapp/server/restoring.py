"""The start of a server: is the database older than its journal? Then a new epoch begins, and it is told
what it forgot: devices, revocations, ends of roles, used codes, purges. And the other way round: what the journal
missed (a crash between commit and entry, a server of before) is written down now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gridapp.domain.exchange import Rows
from gridapp.server import handback, purging
from gridapp.server.context import Server
from gridapp.server.journal import Journal
from gridapp.server.journal_facts import (
    EPOCH,
    Fact,
    Facts,
    enrolled_fact,
    fold,
    incarnation_fact,
    purged_fact,
    revoked_fact,
)
from gridapp.server.journalling import ROLES, note, role_facts
from gridapp.server.schema import (
    channel,
    device,
    enrolment_code,
    operation,
    purged,
    session,
    setting,
    tables,
)

APPLIED = "journal"  # setting: how many entries of the journal the database has been told of
CHANGES = 40  # bits: room for the numbers of one epoch in a channel


def start(server: Server, facts: Facts) -> Server:
    """The server as it may serve: in a new epoch where its database was restored, with nothing forgotten."""
    marked = server.journal.marked()
    with server.database.snapshot() as connection:
        older = _is_older(connection, server, facts, marked)
        known = _known(connection)
        missed = _missed(connection, facts)
    if older:
        return begin_epoch(server, "restored")
    if known < len(server.journal.entries):
        _tell(server, facts)
    note(server, *missed)
    return server


def begin_epoch(server: Server, why: str) -> Server:
    """A new epoch, one that no client has seen: first in the journal, then in the database with all that it forgot."""
    server.journal.refresh()
    epoch = max(fold(server.journal.entries).epoch, server.epoch) + 1
    server.journal.append(server.clock(), (EPOCH, {"epoch": epoch, "why": why}))
    server = replace(server, epoch=epoch)
    with server.database.write() as connection:
        connection.execute(update(setting).where(setting.c.key == "epoch").values(value=str(epoch)))
        # Above every number that a client may have seen: cursors never go back, old pages stay old.
        base = epoch << CHANGES
        connection.execute(update(channel).where(channel.c.seq < base).values(seq=base))
    _tell(server, fold(server.journal.entries))
    with server.database.snapshot() as connection:
        missed = _missed(connection, fold(server.journal.entries))
    note(server, *missed)
    with server.database.snapshot() as connection:
        last = connection.scalar(
            select(operation.c.op_id).order_by(operation.c.op_id.desc()).limit(1)
        )
    server.journal.mark(last or b"")
    return server


def _is_older(connection: Connection, server: Server, facts: Facts, marked: bytes | None) -> bool:
    if facts.restored or facts.epoch > server.epoch:
        return True
    log = operation.c.op_id
    return marked is not None and connection.scalar(select(log).where(log == marked)) is None


def _known(connection: Connection) -> int:
    return int(connection.scalar(select(setting.c.value).where(setting.c.key == APPLIED)) or 0)


def _set_known(connection: Connection, book: Journal) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    value = str(len(book.entries))
    connection.execute(
        dialect.insert(setting)
        .values(key=APPLIED, value=value)
        .on_conflict_do_update(index_elements=["key"], set_={"value": value})
    )


def _tell(server: Server, facts: Facts) -> None:
    """Bring the database to what the journal knows. Doing it again changes nothing."""
    with server.database.write() as connection:
        _enrol(connection, facts.enrolled)
        for device_id, at in facts.revoked.items():
            is_it = device.c.id == device_id
            connection.execute(
                update(device).where(is_it, device.c.revoked_at.is_(None)).values(revoked_at=at)
            )
            connection.execute(delete(session).where(session.c.device_id == device_id))
        for device_id, number in facts.incarnations.items():
            connection.execute(
                update(device)
                .where(device.c.id == device_id, device.c.incarnation < number)
                .values(incarnation=number)
            )
        _set_known(connection, server.journal)
    purging.purge_again(server, facts.purged)
    handback.take(
        server, [Rows(e, list(row), [list(row.values())]) for (e, _), row in facts.roles.items()]
    )


def _enrol(connection: Connection, enrolled: Mapping[bytes, Mapping[str, Any]]) -> None:
    there = set(connection.scalars(select(device.c.id)))
    for device_id, said in enrolled.items():
        connection.execute(
            update(enrolment_code)
            .where(enrolment_code.c.handle == said["handle"], enrolment_code.c.used_at.is_(None))
            .values(used_at=said["enrolled_at"])
        )
        if device_id in there:
            continue
        connection.execute(
            device.insert().values(
                id=device_id,
                staff_id=bytes.fromhex(said["staff"]),
                name=said["name"],
                public_key=bytes.fromhex(said["key"]),
                incarnation=1,
                enrolled_at=said["enrolled_at"],
            )
        )


def _missed(connection: Connection, facts: Facts) -> list[Fact]:
    """What the database holds and the journal does not."""
    found: list[Fact] = []
    for row in connection.execute(select(device).where(device.c.public_key != b"")):
        if row.id not in facts.enrolled:
            found.append(
                enrolled_fact(row.id, row.staff_id, row.name, row.public_key, row.enrolled_at, "")
            )
        if row.revoked_at is not None and row.id not in facts.revoked:
            found.append(revoked_fact(row.id, row.revoked_at))
        if row.incarnation > facts.incarnations.get(row.id, 1):
            found.append(incarnation_fact(row.id, row.incarnation))
    found += [
        purged_fact(row.record_id, row.entity, row.purged_at)
        for row in connection.execute(select(purged))
        if row.record_id not in facts.purged
    ]
    for entity in ROLES:
        table = tables[entity]
        changed = select(table.c.id, table.c.epoch, table.c.version).where(table.c.version > 1)
        for row in connection.execute(changed):
            held = facts.roles.get((entity, row.id))
            if held is None or (held["epoch"], held["version"]) < (row.epoch, row.version):
                found += role_facts(connection, entity, [row.id])
    return found
