"""What the client shows: the last server row with its own live operations applied on top."""

from __future__ import annotations

from typing import Any

import msgspec

from gridapp.domain.exchange import FieldVerdict, Verdict
from gridapp.domain.fields import merged
from gridapp.domain.kinds import KINDS
from gridapp.store.database import Connection
from gridapp.store.statements import columns, insert_sql, update_sql

Row = dict[str, Any]

_REFUSED = (Verdict.REJECTED.value, Verdict.PARKED.value)


def live_ids(connection: Connection) -> set[bytes]:
    """Records with operations on top."""
    return {row[0] for row in connection.execute("SELECT record_id FROM outbox WHERE live=1")}


def base_row(connection: Connection, key: bytes) -> Row | None:
    """The server's row that is set aside, or None."""
    found = connection.execute("SELECT row FROM base WHERE record_id=?", (key,)).fetchone()
    return msgspec.msgpack.decode(found[0]) if found else None


def save_base(connection: Connection, entity: str, key: bytes, row: Row) -> None:
    """Set the server's row aside."""
    connection.execute(
        "INSERT INTO base (record_id,entity,row) VALUES (?,?,?) "
        "ON CONFLICT(record_id) DO UPDATE SET row=excluded.row",
        (key, entity, msgspec.msgpack.encode(row)),
    )


def show(connection: Connection, entity: str, key: bytes) -> None:
    """Write the shown row anew from base and live operations; retire operations that the base contains."""
    base = base_row(connection, key)
    version = base["version"] if base else 0
    connection.execute(
        "UPDATE outbox SET live=0 WHERE record_id=? AND live=1 AND version<=? "
        "AND state IN ('applied','merged','conflict')",
        (key, version),
    )
    if base is not None:
        # A refused edit falls back to the server's row; a refused creation stays shown, marked.
        connection.execute(
            "UPDATE outbox SET live=0 WHERE record_id=? AND live=1 AND state IN (?,?)",
            (key, *_REFUSED),
        )
    operations = _live(connection, key)
    if base is None and not operations:
        return
    shown = _overlaid(entity, base or _empty(entity, key), operations)
    _write(connection, entity, shown)
    if not operations:
        connection.execute("DELETE FROM base WHERE record_id=?", (key,))


def advance(
    base: Row, entity: str, fields: dict[str, list[Any]], verdicts: dict[str, str], version: int
) -> Row:
    """The server's row after one of this device's own operations, from what was sent and judged."""
    row = dict(base)
    _overlay(entity, row, fields, verdicts)
    row["version"] = version
    return row


def _live(connection: Connection, key: bytes) -> list[tuple[dict[str, list[Any]], dict[str, str]]]:
    return [
        (msgspec.msgpack.decode(fields), msgspec.msgpack.decode(verdicts) if verdicts else {})
        for fields, verdicts in connection.execute(
            "SELECT fields, verdicts FROM outbox WHERE record_id=? AND live=1 ORDER BY counter",
            (key,),
        )
    ]


def _overlaid(
    entity: str, row: Row, operations: list[tuple[dict[str, list[Any]], dict[str, str]]]
) -> Row:
    shown = dict(row)
    for fields, verdicts in operations:
        _overlay(entity, shown, fields, verdicts)
    return shown


def _overlay(entity: str, row: Row, fields: dict[str, list[Any]], verdicts: dict[str, str]) -> None:
    declared = KINDS[entity].by_name
    for name, (before, after, _follows) in fields.items():
        if verdicts.get(name) == FieldVerdict.CONFLICT:
            continue  # the other value stands until a person decides
        if name in declared:
            row[name] = merged(declared[name], row.get(name), before, after)
        else:
            row[name] = after


def _empty(entity: str, key: bytes) -> Row:
    row: Row = dict.fromkeys(columns(KINDS[entity]))
    return row | {"id": key, "version": 0, "epoch": 0, "deleted": 0}


def _write(connection: Connection, entity: str, row: Row) -> None:
    names = columns(KINDS[entity])
    derived = {f.name for f in KINDS[entity].fields if f.derived}
    old = connection.execute(
        f"SELECT recorded_at{''.join(',' + n for n in sorted(derived))} FROM {entity} WHERE id=?",
        (row["id"],),
    ).fetchone()
    if old is None:
        connection.execute(insert_sql(entity), [row.get(n) for n in names])
        return
    kept = dict(zip(("recorded_at", *sorted(derived)), old, strict=True))
    whole = {n: row.get(n) for n in names} | {n: kept[n] for n in derived}
    if whole["recorded_at"] is None:
        whole["recorded_at"] = kept["recorded_at"]
    connection.execute(update_sql(entity), [*(whole[n] for n in names[1:]), row["id"]])
