"""Which photos go with purged records: also those that only work in waiting names, or work of a revoked computer."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import Connection, select

from gridapp.domain.exchange import Change, Operation, Verdict
from gridapp.server.database import chunks
from gridapp.server.schema import operation, quarantine, tables
from gridapp.server.statements import fetch_in
from gridapp.server.workspace import Key

_KIND, _DIGEST = "attachment", "sha256"


def named_by(connection: Connection, keys: Collection[Key]) -> set[str]:
    """Digests that these records name, and what was ever sent about them; asked while both are there."""
    going = [key for entity, key in keys if entity == _KIND]
    sql = "SELECT sha256 FROM attachment WHERE id IN (:ids)"
    found = {digest for (digest,) in fetch_in(connection, sql, going) if digest}
    sql = "SELECT fields FROM operation WHERE record_id IN (:ids) AND entity='attachment'"
    sent = (_said(fields) for (fields,) in fetch_in(connection, sql, going))
    return found | {digest for digest in sent if digest}


def digest_of(sent: Operation) -> str:
    """The photo that an operation names, "" where it names none."""
    return _named(sent.fields) if sent.entity == _KIND else ""


def alone(connection: Connection, digests: Collection[str]) -> list[str]:
    """Those of them that nothing names which stays: no record, no work in waiting, none that is kept."""
    a = tables[_KIND].c
    left = set(digests)
    for part in chunks(sorted(digests)):
        left -= set(connection.scalars(select(a.sha256).where(a.sha256.in_(part))))
    return sorted(left.difference(_waiting(connection))) if left else []


def _waiting(connection: Connection) -> Iterator[str]:
    log = operation.c
    parked = (log.entity == _KIND) & (log.verdict == Verdict.PARKED.value)
    for fields in connection.scalars(select(log.fields).where(parked)):
        yield _said(fields)
    for body in connection.scalars(select(quarantine.c.body)):
        yield digest_of(msgspec.msgpack.decode(body, type=Operation))


def _said(fields: bytes | None) -> str:
    return _named(msgspec.msgpack.decode(fields, type=dict[str, Change])) if fields else ""


def _named(fields: dict[str, Change]) -> str:
    change = fields.get(_DIGEST)
    return change.after if change is not None and isinstance(change.after, str) else ""
