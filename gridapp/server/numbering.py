"""Numbers that people read, given by the server: households and events. Steps are numbered by ``judge``."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gridapp.clock import day_of, local
from gridapp.domain.numbers import event_number, household_number
from gridapp.server.context import Server
from gridapp.server.judge import Judge
from gridapp.server.schema import counter, tables
from gridapp.server.workspace import Row, Workspace

MOST_HOUSEHOLDS = 9999  # of one group, as many as the number has room for


def give(server: Server, connection: Connection, workspace: Workspace, judge: Judge) -> None:
    """Number what this batch created. Counters are taken in name order, before the feed's."""
    wanted: list[tuple[str, str, Row]] = []
    grids: dict[bytes, tuple[str, str]] = {}
    for entity, record_id in sorted(judge.created):
        if entity not in ("household", "event"):
            continue
        row = workspace.rows[entity, record_id]
        assert row is not None
        if row["grid_id"] not in grids:
            grids[row["grid_id"]] = _grid(connection, row["grid_id"])
        code, township = grids[row["grid_id"]]
        if entity == "household":
            if len(code) >= 14 and code.isascii() and code.isdigit():
                wanted.append((f"household:{code[:12]}:{code[-2:]}", entity, row))
        else:
            wanted.append((f"event:{township}:{day_of(server.clock())}", entity, row))
    for name, entity, row in sorted(wanted, key=lambda w: (w[0], w[2]["id"])):
        value = _next(server, connection, name)
        if entity == "household":
            _, division, group = name.split(":")
            if value > MOST_HOUSEHOLDS:
                continue  # the temporary number stays until the grid is divided
            row["number"] = household_number(division, int(group), value)
        else:
            day = local(server.clock()).date()
            row["number"] = event_number(grids[row["grid_id"]][1], day, value)
        judge.replaced.add((entity, row["id"]))


def _grid(connection: Connection, grid_id: bytes) -> tuple[str, str]:
    """(grid code, name of the township above it, or of the nearest unit)."""
    unit = tables["unit"]
    code, name, above = "", "", grid_id
    while above:
        row = connection.execute(
            select(unit.c.code, unit.c.name, unit.c.kind, unit.c.parent_id).where(
                unit.c.id == above
            )
        ).first()
        if row is None:
            break
        code = code or row.code
        name = row.name
        if row.kind in ("township", "district"):
            break
        above = row.parent_id
    return code, name


def _next(server: Server, connection: Connection, name: str) -> int:
    dialect = postgresql if server.database.is_postgres else sqlite
    statement = (
        dialect.insert(counter)
        .values(name=name, value=1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + 1})
        .returning(counter.c.value)
    )
    return int(connection.execute(statement).scalar_one())
