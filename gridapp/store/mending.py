"""Rows of some buckets of a channel as the server has them now, written over what differs here."""

from __future__ import annotations

from collections.abc import Sequence

from gridapp.domain.exchange import Rows
from gridapp.domain.kinds import KINDS
from gridapp.store import comparison, overlay, server_rows
from gridapp.store.unit_of_work import UnitOfWork
from gridapp.tables import wire_columns


def apply(uow: UnitOfWork, name: str, parts: Sequence[int], tables: Sequence[Rows]) -> list[Rows]:
    """Take the server's rows, also in the place of different ones of the same version.

    What these parts hold here and the server did not send is then ``comparison.missing``. Returns the rows held
    that are newer than the server's: to hand back.
    """
    channel_id = uow.value("SELECT id FROM channel WHERE name=?", (name,))
    if channel_id is None:
        return []
    comparison.expect(uow, channel_id, parts)
    newer: list[Rows] = []
    live = overlay.live_ids(uow.connection)
    for table in tables:
        if table.entity not in KINDS:
            continue
        newer += _newer(uow, table)
        server_rows.take_rows(uow, channel_id, table, live, over=True)
    comparison.end(uow.connection, channel_id)
    return newer


def _newer(uow: UnitOfWork, table: Rows) -> list[Rows]:
    """Rows held here of which the server has an older version."""
    names = wire_columns(KINDS[table.entity])
    at = [table.columns.index(n) for n in ("id", "epoch", "version")]
    found = []
    for values in table.rows:
        key, epoch, version = (values[i] for i in at)
        row = overlay.base_row(uow.connection, key) or uow.row(table.entity, key)
        if row is not None and (row["epoch"], row["version"]) > (epoch, version):
            found.append([row[n] for n in names])
    return [Rows(table.entity, list(names), found)] if found else []
