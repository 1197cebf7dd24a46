"""Rows that make way for those of a later epoch, when a server was restored twice: what only they held counts too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gridapp.domain.exchange import Change, Operation
from gridapp.domain.kinds import KINDS
from gridapp.server.apply import Sender, apply
from gridapp.server.author import SYSTEM
from gridapp.server.context import Server
from gridapp.server.lineage import HANDED_BACK, MADE_BY_SERVER, Lineage, beside, op_id_of
from gridapp.server.schema import tables
from gridapp.server.workspace import Row, column_names


@dataclass(frozen=True, slots=True)
class Displaced:
    """A row that one of a later epoch takes the place of, and what was done to it that the other may not know of."""

    entity: str
    row: Row
    lineage: Lineage


def note(connection: Connection, apart: Iterable[tuple[str, bytes, int]]) -> list[Displaced]:
    """Rows as they stand, before others (entity, id, version) take their place."""
    found = []
    for entity, key, version in apart:
        names = column_names(entity)
        columns = [tables[entity].c[n] for n in names]
        row = connection.execute(select(*columns).where(tables[entity].c.id == key)).one()
        lineage = beside(connection, key, version)
        found.append(Displaced(entity, dict(zip(names, row, strict=True)), lineage))
    return found


def keep(server: Server, one: Displaced) -> None:
    """What stood only in the row that had to make way counts too, like an edit that came late."""
    kind, row, since = KINDS[one.entity], one.row, one.lineage.fields
    if kind.append_only or one.entity in MADE_BY_SERVER:
        return
    at, version = row["received_at"] or server.clock(), row["version"]
    fields = {
        f.name: Change(since[f.name].before, row[f.name])
        for f in kind.editable
        if f.name in since and row[f.name] != since[f.name].before
    }
    gone = {"deleted": Change(0, 1)} if row["deleted"] else {}
    again = [
        Operation(
            op_id_of(one.entity, row, f"beside:{part}"),
            version,
            one.entity,
            row["id"],
            base,
            changes,
            at,
            0,
        )
        for part, base, changes in (
            ("fields", version, fields),
            ("deleted", one.lineage.left_at, gone),
        )
        if changes
    ]
    if again:
        apply(server, Sender(SYSTEM.bytes, SYSTEM.bytes, HANDED_BACK), again)
