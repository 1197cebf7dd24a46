"""What a database's schema amounts to, in a form that can be compared: tables, columns, keys, indexes."""

from collections.abc import Callable
from typing import Any

Query = Callable[[str], list[tuple[Any, ...]]]

VERSION_TABLE = "alembic_version"


def sqlite_shape(query: Query) -> dict[str, Any]:
    """Table to columns, keys, indexes and kind of table. Order of columns aside: a later one comes last."""
    found = {}
    for schema, name, kind, _, without_rowid, strict in query("PRAGMA table_list"):
        if schema == "main" and not name.startswith("sqlite_") and name != VERSION_TABLE:
            columns = {tuple(row[1:6]) for row in query(f"PRAGMA table_xinfo({name})")}
            sql = query(f"SELECT sql FROM sqlite_master WHERE name='{name}'")[0][0] or ""
            counted = "AUTOINCREMENT" in sql
            virtual = sql if kind == "virtual" else ""
            indexes = _sqlite_indexes(query, name)
            found[name] = (kind, without_rowid, strict, counted, virtual, columns, indexes)
    return found


def _sqlite_indexes(query: Query, table: str) -> set[Any]:
    found = set()
    for _, name, unique, origin, partial in query(f"PRAGMA index_list({table})"):
        on = tuple(row[2] for row in query(f"PRAGMA index_info({name})"))
        sql = query(f"SELECT sql FROM sqlite_master WHERE name='{name}'")
        where = (sql[0][0] or "").partition("WHERE")[2].split() if partial else []
        found.add((name if origin == "c" else "", unique, origin, " ".join(where), on))
    return found


def postgres_shape(query: Query, schema: str) -> set[Any]:
    """Columns and indexes of one schema; what names the schema is left out."""
    columns = query(
        "SELECT table_name, column_name, data_type, is_nullable, character_maximum_length,"
        f" replace(column_default, '{schema}.', '') FROM information_schema.columns"
        f" WHERE table_schema='{schema}' AND table_name<>'{VERSION_TABLE}'"
    )
    indexes = query(
        f"SELECT tablename, indexname, replace(indexdef, '{schema}.', '') FROM pg_indexes"
        f" WHERE schemaname='{schema}' AND tablename<>'{VERSION_TABLE}'"
    )
    return set(columns) | set(indexes)
