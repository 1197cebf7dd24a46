"""Counters of a restored server stand too low: they move above every number that comes back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from gridapp.server.reference import Reference
from gridapp.server.schema import counter
from gridapp.server.workspace import Row

_EVENT = re.compile(r".* (\d{4})-(\d{2})(\d{2})-(\d{4,})")
_HOUSEHOLD = re.compile(r"\d{18}")


def catch_up(connection: Connection, reference: Reference, rows: Iterable[tuple[str, Row]]) -> None:
    """Let no number be given twice that one of these households or events bears."""
    highest: dict[str, int] = {}
    for entity, row in rows:
        found = _counter_of(reference, entity, row)
        if found:
            highest[found[0]] = max(found[1], highest.get(found[0], 0))
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for name, value in sorted(highest.items()):
        connection.execute(
            dialect.insert(counter)
            .values(name=name, value=value)
            .on_conflict_do_update(
                index_elements=["name"], set_={"value": value}, where=counter.c.value < value
            )
        )


def _counter_of(reference: Reference, entity: str, row: Row) -> tuple[str, int] | None:
    """The counter that gave a record its number (see ``numbering``), and what it had reached."""
    number = row.get("number")
    if not isinstance(number, str):
        return None
    if entity == "household" and _HOUSEHOLD.fullmatch(number):
        return f"household:{number[:12]}:{number[12:14]}", int(number[14:])
    found = _EVENT.fullmatch(number) if entity == "event" else None
    if found is None or not row["grid_id"]:
        return None
    year, month, day, value = (int(part) for part in found.groups())
    township = reference.grid_names(row["grid_id"])[1]
    return f"event:{township}:{date(year, month, day)}", value
