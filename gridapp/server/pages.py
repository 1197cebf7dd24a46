"""One page of one channel: what changed after a cursor, read in one snapshot, rows as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, and_, bindparam, func, select
from sqlalchemy.sql.compiler import SQLCompiler

from gridapp.domain.exchange import Echo, Page, Removal, Rows
from gridapp.domain.kinds import KINDS
from gridapp.server.database import chunks
from gridapp.server.digest import PURGED
from gridapp.server.schema import channel, feed, tables
from gridapp.tables import wire_columns

PAGE = 2000  # feed rows in one page: small enough that the client writes one while the next is read


def read_page(
    connection: Connection, name: str, start: int, device_id: bytes | None, limit: int = PAGE
) -> Page | None:
    """The next page of a channel, or None when nothing happened. Without a device: no echoes.

    The last one ends where the channel does, and says what its rows add up to.
    """
    c = channel.c
    here = connection.execute(select(c.id, c.seq, c.total).where(c.name == name)).first()
    if here is None or here.seq <= start:
        return None
    channel_id = here.id
    window = (
        select(feed.c.seq)
        .where(feed.c.channel_id == channel_id, feed.c.seq > start)
        .order_by(feed.c.seq)
        .limit(limit)
        .subquery()
    )
    end, count = connection.execute(select(func.max(window.c.seq), func.count(window.c.seq))).one()
    more = count == limit and end < here.seq
    end = end if more else here.seq  # tombstones up there may be forgotten
    bounds = {"channel": channel_id, "start": start, "end": end}
    found, echoes = [], []
    for entity in connection.scalars(_entities(), bounds).all():
        rows = _raw(connection, _rows(entity), bounds)
        columns = wire_columns(KINDS[entity])
        bodies = []
        for row in rows:
            if device_id is not None and row[-2] == device_id:
                echoes.append(_echo(entity, dict(zip(columns, row, strict=False)), row[-1]))
            else:
                bodies.append(row[:-2])
        if bodies:
            found.append(Rows(entity, list(columns), bodies))
    removed = [
        Removal(entity, record_id, cause)
        for entity, record_id, cause in connection.execute(_removals(), bounds)
        if start > 0 or cause == PURGED  # who had it by another way must let go of it too
    ]
    total = None if more else here.total
    return Page(name, start, end, more, found, removed, echoes, total)


def read_bodies(
    connection: Connection, granted: list[str], wanted: list[tuple[str, bytes]]
) -> list[Rows]:
    """Whole rows of the wanted records that stand in a granted channel."""
    ids = set(connection.scalars(select(channel.c.id).where(channel.c.name.in_(granted))))
    found: list[Rows] = []
    for entity in sorted({e for e, _ in wanted} & KINDS.keys()):
        columns = wire_columns(KINDS[entity])
        table = tables[entity]
        rows: list[list[Any]] = []
        for part in chunks([i for e, i in wanted if e == entity]):
            readable = select(feed.c.record_id).where(
                feed.c.record_id.in_(part), feed.c.removed == 0, feed.c.channel_id.in_(ids)
            )
            statement = select(*(table.c[n] for n in columns)).where(table.c.id.in_(readable))
            rows += [list(row) for row in connection.execute(statement)]
        found.append(Rows(entity, list(columns), rows))
    return found


def _echo(entity: str, row: Mapping[str, Any], run_from: int) -> Echo:
    return Echo(
        entity,
        row["id"],
        run_from or 0,
        row["version"],
        row["epoch"],
        row["mac"],
        row["received_at"] or 0,
    )


def _raw(connection: Connection, statement: Select[Any], window: dict[str, Any]) -> list[Any]:
    """Plain tuples of the driver: stored form is wire form, so nothing is converted in between."""
    compiled = _compiled(statement, connection.dialect)
    values = compiled.construct_params(window)
    cursor = connection.connection.cursor()
    try:
        if compiled.positional:
            cursor.execute(compiled.string, [values[n] for n in compiled.positiontup or ()])
        else:
            cursor.execute(compiled.string, values)
        return list(cursor.fetchall())
    finally:
        cursor.close()


@cache
def _compiled(statement: Select[Any], dialect: Dialect) -> SQLCompiler:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return compiled


def _window() -> Any:
    return and_(
        feed.c.channel_id == bindparam("channel"),
        feed.c.seq > bindparam("start"),
        feed.c.seq <= bindparam("end"),
    )


@cache
def _entities() -> Select[Any]:
    return select(feed.c.entity).where(_window(), feed.c.removed == 0).distinct()


@cache
def _removals() -> Select[Any]:
    return select(feed.c.entity, feed.c.record_id, feed.c.cause).where(
        _window(), feed.c.removed == 1
    )


@cache
def _rows(entity: str) -> Select[Any]:
    table = tables[entity]
    return (
        select(
            *(table.c[n] for n in wire_columns(KINDS[entity])),
            table.c.last_device,
            table.c.run_from,
        )
        .join(feed, feed.c.record_id == table.c.id)
        .where(_window(), feed.c.removed == 0, feed.c.entity == entity)
        .order_by(feed.c.seq)
    )
