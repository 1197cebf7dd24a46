"""Numbers that people read, given by the server: households and events. Steps are numbered by ``judge``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from gridapp.clock import day_of, local
from gridapp.domain.numbers import event_number, household_number
from gridapp.server.context import Server
from gridapp.server.judge import Judge
from gridapp.server.schema import counter
from gridapp.server.workspace import Row, Workspace

MOST_HOUSEHOLDS = 9999  # of one group, as many as the number has room for


def give(
    server: Server, connection: Connection, workspace: Workspace, judges: Iterable[Judge]
) -> None:
    """Number what these batches created. Counters are taken in name order, before the feed's."""
    wanted: dict[str, list[tuple[Judge, Row]]] = defaultdict(list)
    for judge in judges:
        for entity, record_id in sorted(judge.created):
            row = workspace.rows[entity, record_id]
            name = _counter(server, workspace, entity, row) if row is not None else ""
            if name and row is not None:
                wanted[name].append((judge, row))
    for name, rows in sorted(wanted.items()):
        first = _next(server, connection, name, len(rows)) - len(rows) + 1
        rows.sort(key=lambda item: bytes(item[1]["id"]))
        for value, (judge, row) in enumerate(rows, first):
            number = _number(server, name, value)
            if number is not None:
                row["number"] = number
                judge.replaced.add((name.split(":")[0], row["id"]))


def _counter(server: Server, workspace: Workspace, entity: str, row: Row) -> str:
    """The counter that numbers a record; "" where it is not numbered."""
    if entity not in ("household", "event"):
        return ""
    code, township = workspace.reference.grid_names(row["grid_id"])
    if entity == "event":
        return f"event:{township}:{day_of(server.clock())}"
    if len(code) >= 14 and code.isascii() and code.isdigit():
        return f"household:{code[:12]}:{code[-2:]}"
    return ""


def _number(server: Server, name: str, value: int) -> str | None:
    """None where there is no room: the temporary number stays until the grid is divided."""
    entity, *rest = name.split(":")
    if entity == "household":
        division, group = rest
        return household_number(division, int(group), value) if value <= MOST_HOUSEHOLDS else None
    return event_number(":".join(rest[:-1]), local(server.clock()).date(), value)


def _next(server: Server, connection: Connection, name: str, count: int) -> int:
    """The last of ``count`` fresh numbers."""
    dialect = postgresql if server.database.is_postgres else sqlite
    statement = (
        dialect.insert(counter)
        .values(name=name, value=count)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + count})
        .returning(counter.c.value)
    )
    return int(connection.execute(statement).scalar_one())
