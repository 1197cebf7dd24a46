"""The hot path's statements: text made once, run on the driver itself, rows as plain tuples.

Stored form is what the drivers give and take, so nothing is converted in between. SQLAlchemy still holds the
connection and the transaction; only building a statement and adapting each row are spared, which cost
ten times what the database does. On PostgreSQL many rows go by COPY or as arrays, in one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Float, Select, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")

_MOST = 512  # ids in one statement on SQLite
_IDS = "IN (:ids)"

Row = tuple[Any, ...]


def is_postgres(connection: Connection) -> bool:
    """Whether this is PostgreSQL; otherwise SQLite."""
    return connection.dialect.name == "postgresql"


def fetch(connection: Connection, sql: str, *values: Any) -> list[Row]:
    """Rows of a statement with ``?`` for its values."""
    return _fetch(connection, _text(sql, is_postgres(connection)), values)


def fetch_in(connection: Connection, sql: str, ids: Iterable[Any], *more: Any) -> list[Row]:
    """Rows of a statement that says ``IN (:ids)`` once, and after it ``?`` for ``more``.

    The ids may be any number; each is asked for once.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    if is_postgres(connection):
        return _fetch(connection, _text(sql, True), (wanted, *more))
    found: list[Row] = []
    for start in range(0, len(wanted), _MOST):
        part = wanted[start : start + _MOST]
        size = _size(len(part))
        part += [part[0]] * (size - len(part))  # few lengths, so that each is prepared once
        found += _fetch(connection, _sized(sql, size), (*part, *more))
    return found


def fetch_compiled(
    connection: Connection, statement: Select[Any], values: Mapping[str, Any]
) -> list[Row]:
    """Rows of a statement of SQLAlchemy that its maker keeps: it is compiled once."""
    compiled = _compiled(statement, connection.dialect)
    given = compiled.construct_params(dict(values))
    if compiled.positional:
        return _fetch(connection, compiled.string, [given[n] for n in compiled.positiontup or ()])
    return _fetch(connection, compiled.string, given)


def execute(connection: Connection, sql: str, *values: Any) -> None:
    """A statement with ``?`` for its values that gives no rows."""
    text = _text(sql, is_postgres(connection))
    _on_cursor(connection, lambda cursor: cursor.execute(text, values))


def insert_rows(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """New rows, ``names`` saying which columns. Raises SQLAlchemy's ``IntegrityError`` as ``insert`` does."""
    if not rows:
        return
    if is_postgres(connection):
        _on_cursor(connection, lambda cursor: _copy(cursor, _copying(table, names), rows))
    else:
        sql = _inserting(table, names)
        _on_cursor(connection, lambda cursor: cursor.executemany(sql, rows))


def update_rows(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    keys: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Set ``names`` of the rows found by ``keys``; each of ``rows`` holds the new values, then the keys."""
    if not rows:
        return
    if is_postgres(connection):
        sql = _updating_by_arrays(table, names, keys)
        arrays = _arrays(table, (*names, *keys), rows)
        _on_cursor(connection, lambda cursor: cursor.execute(sql, arrays))
    else:
        sql = _updating(table, names, keys)
        _on_cursor(connection, lambda cursor: cursor.executemany(sql, rows))


def quoted(names: Iterable[str]) -> str:
    """Names as a list of columns."""
    return ",".join(f'"{name}"' for name in names)


def _fetch(connection: Connection, sql: str, values: Any) -> list[Row]:
    def run(cursor: Any) -> list[Row]:
        if is_postgres(connection):
            cursor.execute(sql, values, binary=True)
        else:
            cursor.execute(sql, values)
        return list(cursor.fetchall())

    return _on_cursor(connection, run)


def _on_cursor(connection: Connection, run: Callable[[Any], T]) -> T:
    """Run on the driver; its errors become SQLAlchemy's, which the callers know."""
    cursor = connection.connection.cursor()
    driver = connection.dialect.loaded_dbapi.Error
    try:
        return run(cursor)
    except driver as error:
        raise DBAPIError.instance(None, None, error, driver, dialect=connection.dialect) from error
    finally:
        cursor.close()


def _arrays(table: Table, names: Iterable[str], rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """The rows column by column, each of one type."""
    columns = zip(*rows, strict=True)
    return [
        [v if v is None else float(v) for v in column]
        if isinstance(table.c[name].type, Float)
        else list(column)
        for name, column in zip(names, columns, strict=True)
    ]


def _copy(cursor: Any, sql: str, rows: Iterable[Sequence[Any]]) -> None:
    with cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


@cache
def _compiled(statement: Select[Any], dialect: Dialect) -> SQLCompiler:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return compiled


@cache
def _text(sql: str, postgres: bool) -> str:
    # Binary: a list of ids as text has to be escaped one by one, which takes eight times as long.
    return sql.replace(_IDS, "= ANY(%b)").replace("?", "%s") if postgres else sql


@cache
def _sized(sql: str, size: int) -> str:
    return sql.replace(_IDS, f"IN ({','.join('?' * size)})")


def _size(count: int) -> int:
    """A power of two that is not less."""
    return 1 << (count - 1).bit_length()


@cache
def _inserting(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({quoted(names)}) VALUES ({','.join('?' * len(names))})"


@cache
def _copying(table: Table, names: tuple[str, ...]) -> str:
    return f"COPY {table.name} ({quoted(names)}) FROM STDIN"


@cache
def _updating(table: Table, names: tuple[str, ...], keys: tuple[str, ...]) -> str:
    sets, found = (", ".join(f'"{n}"=?' for n in names), " AND ".join(f'"{n}"=?' for n in keys))
    return f"UPDATE {table.name} SET {sets} WHERE {found}"


@cache
def _updating_by_arrays(table: Table, names: tuple[str, ...], keys: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    every = (*names, *keys)
    arrays = ",".join(f"%b::{table.c[n].type.compile(dialect)}[]" for n in every)
    columns = ",".join(f"c{i}" for i in range(len(every)))
    sets = ", ".join(f'"{n}"=v.c{i}' for i, n in enumerate(names))
    found = " AND ".join(f't."{n}"=v.c{len(names) + i}' for i, n in enumerate(keys))
    return f"UPDATE {table.name} t SET {sets} FROM unnest({arrays}) AS v({columns}) WHERE {found}"
