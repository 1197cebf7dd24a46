"""The SQLAlchemy tables of declared records, the same on client and server.

Stored forms are plain (16-byte IDs, texts, whole numbers, reals), so one shape serves SQLCipher, SQLite
and PostgreSQL, and a row read on one side is written on the other as it is.

SQLAlchemy is imported where tables are built: a client that starts builds none, and saves a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind, Type

if TYPE_CHECKING:
    from sqlalchemy import Column, MetaData, Table
    from sqlalchemy.types import TypeEngine

Columns = Callable[[], "Iterable[Column[Any]]"]

# Columns of every record table before its fields, in wire order.
HEADER = (
    "id",
    "version",
    "epoch",
    "mac",
    "deleted",
    "merged_into",
    "recorded_at",
    "received_at",
    "extra",
)


@cache
def wire_columns(kind: Kind) -> tuple[str, ...]:
    """The column names of a row on the wire: the header, then every stored field as declared."""
    return HEADER + tuple(f.name for f in kind.stored)


def record_tables(metadata: MetaData, more: Columns = tuple) -> dict[str, Table]:
    """One table per kind, added to ``metadata``; IDs of owners and of roots' grids are indexed.

    ``more`` gives columns of one side alone, which never travel.
    """
    return {kind.name: _table(metadata, kind, more) for kind in KINDS.values()}


@cache
def _column_types() -> dict[Type, type[TypeEngine[Any]]]:
    from sqlalchemy import BigInteger, Float, LargeBinary

    return {
        Type.ID: LargeBinary,
        Type.INTEGER: BigInteger,
        Type.INSTANT: BigInteger,
        Type.YES_NO: BigInteger,
        Type.REAL: Float,
    }


def _table(metadata: MetaData, kind: Kind, more: Columns) -> Table:
    from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

    types = _column_types()
    table = Table(
        kind.name,
        metadata,
        Column("id", LargeBinary(16), primary_key=True),
        Column("version", BigInteger, nullable=False, server_default="0"),
        Column("epoch", BigInteger, nullable=False, server_default="0"),
        Column("mac", LargeBinary),
        Column("deleted", BigInteger, nullable=False, server_default="0"),
        Column("merged_into", LargeBinary),
        Column("recorded_at", BigInteger),
        Column("received_at", BigInteger),
        Column("extra", Text),
        *(Column(f.name, types.get(f.type, Text)) for f in kind.fields),
        *more(),
    )
    for field in kind.fields:
        if field.type is Type.ID and (field.name == kind.owner or field.name in _INDEXED):
            Index(f"ix_{kind.name}_{field.name}", table.c[field.name])
    return table


_INDEXED = {"grid_id", "person_id", "building_id", "dwelling_id", "target_id", "household_id"}
