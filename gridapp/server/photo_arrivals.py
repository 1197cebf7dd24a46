"""A photo is whole: what was parked because it had not come is judged again."""

from __future__ import annotations

from sqlalchemy import select

from gridapp.domain.exchange import Operation, Verdict
from gridapp.domain.record import new_id
from gridapp.server.apply import Sender, apply
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.schema import operation, tables


def arrived(server: Server, digest: str) -> None:
    """Judge again what waits for this photo, by a word of the server's own about each attachment that names it."""
    a = tables["attachment"].c
    with server.database.snapshot() as connection:
        waiting = connection.execute(
            select(a.id, a.version)
            .join(operation, operation.c.waits_for == a.id)
            .where(a.sha256 == digest, operation.c.verdict == Verdict.PARKED.value)
            .distinct()
        ).all()
    if not waiting:
        return
    now = server.clock()
    words = [
        Operation(new_id().bytes, 1, "attachment", row.id, row.version, {}, now, 0)
        for row in waiting
    ]
    apply(server, Sender(SYSTEM.bytes, SYSTEM.bytes, 1), words)
