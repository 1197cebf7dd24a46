"""Grids in which nobody decides about late work: what waits there waits until somebody is appointed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from gridapp.domain.review import WAITING
from gridapp.domain.roles import Role, decides
from gridapp.server.context import Server
from gridapp.server.reference import Reference, load_reference
from gridapp.server.statements import fetch, fetch_in

_REVIEWERS = tuple(role.value for role in Role if decides(role.value))
_NEVER = "9999-12-31"  # the last day of what does not end


@dataclass(frozen=True, slots=True)
class Undecided:
    """One grid. ``since``: the first day without anybody. ``waiting``: how many records wait for a decision there now,
    those that are decided along with others not counted."""

    code: str
    name: str
    since: date
    waiting: int


@dataclass(frozen=True, slots=True)
class _Term:
    """Somebody decides in these grids, on these days (YYYY-MM-DD, both included)."""

    grids: frozenset[bytes]
    first: str
    last: str


def undecided(server: Server, on: date, units: Collection[str]) -> list[Undecided]:
    """The grids that on that day, or on one after it, have no head and no office above them, by code.

    ``units``: codes of those at or beneath which is looked.
    """
    with server.database.snapshot() as connection:
        reference = load_reference(connection)
        terms = _terms(connection, reference)
        sql = (
            "SELECT grid_id, count(*) FROM review WHERE state=? AND hangs_on IS NULL "
            "GROUP BY grid_id"
        )
        waiting: dict[bytes, int] = dict(fetch(connection, sql, WAITING))
    wanted = {key for key, unit in reference.units.items() if unit.code in units}
    found = []
    for grid in {grid for key in wanted for grid in reference.grids_of(key)}:
        since = _since([term for term in terms if grid in term.grids], on)
        if since is not None:
            unit = reference.units[grid]
            found.append(Undecided(unit.code, unit.name, since, waiting.get(grid, 0)))
    return sorted(found, key=lambda one: one.code)


def _since(terms: Sequence[_Term], on: date) -> date | None:
    """The first day from ``on`` that none of these covers; None where there is always somebody."""
    day = on.isoformat()
    while covering := [term.last for term in terms if term.first <= day <= term.last]:
        last = max(covering)
        if last == _NEVER:
            return None
        day = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    return date.fromisoformat(day)


def _terms(connection: Connection, reference: Reference) -> list[_Term]:
    sql = (
        "SELECT a.unit_id, a.from_date, a.to_date FROM assignment a JOIN staff s ON s.id=a.staff_id "
        "WHERE a.role IN (:ids) AND a.deleted=0 AND s.deleted=0 AND COALESCE(s.active,1)<>0"
    )
    return [
        _Term(reference.grids_of(unit), first or "", last or _NEVER)
        for unit, first, last in fetch_in(connection, sql, _REVIEWERS)
    ]
