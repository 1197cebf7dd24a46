"""Statements over whole rows, from the declarations alone: what runs needs no SQLAlchemy, see ``gridapp.tables``."""

from __future__ import annotations

from functools import cache

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind
from gridapp.tables import HEADER


@cache
def columns(kind: Kind) -> tuple[str, ...]:
    """All columns of a kind's table, in table order."""
    return HEADER + tuple(f.name for f in kind.fields)


@cache
def insert_sql(entity: str) -> str:
    """``INSERT`` of one whole row, parameters in ``columns`` order."""
    names = columns(KINDS[entity])
    return f"INSERT INTO {entity} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"


@cache
def update_sql(entity: str) -> str:
    """``UPDATE`` of one whole row by id, parameters in ``columns`` order with the id last."""
    names = columns(KINDS[entity])[1:]
    return f"UPDATE {entity} SET {','.join(n + '=?' for n in names)} WHERE id=?"
