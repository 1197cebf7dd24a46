"""All visits, newest first: ids in order, and the few rows that are in sight."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from gridapp.domain.care import WATCH
from gridapp.store import search
from gridapp.store.reader import Reader, marks
from gridapp.store.views.ids import Ids

_HITS = 2000
_MONTHS = 24
# Every word of a visit that somebody may look for.
_WORDS = ("situation", "difficulties", "requests", "action", "result", "promise")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which visits. ``how`` and ``care`` are codes, ``month`` ``2026-11``; "" for all."""

    mine: bool = False
    how: str = ""
    month: str = ""
    care: str = ""
    watch: bool = False  # only those at which something was to be watched
    typed: str = ""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit in the list. ``recorder`` is "" where who visited recorded it too."""

    id: UUID
    household_id: UUID
    name: str
    address: str
    happened_at: str
    how: str
    visitor: str
    recorder: str
    source: str
    text: str
    promise: str
    watch: int  # how many things were to be watched
    event: bool  # whether an event was reported at it


def visit_ids(reader: Reader, wanted: Wanted) -> Ids:
    """The visits that are wanted, the newest first."""
    conditions = ["deleted=0"]
    params: list[str | bytes] = []
    if wanted.mine:
        conditions.append("visited_by=?")
        params.append(reader.who.staff_id.bytes)
    if wanted.how:
        conditions.append("how=?")
        params.append(wanted.how)
    if wanted.month:
        conditions.append("happened_at>=? AND happened_at<?")
        params += [wanted.month, f"{wanted.month}~"]
    if wanted.care:
        conditions.append(
            "household_id IN (SELECT r.household_id FROM care_enrolment c CROSS JOIN "
            "residence r ON r.person_id=c.person_id AND r.deleted=0 AND r.kind='living' "
            "WHERE c.deleted=0 AND c.group_code=?)"
        )
        params.append(wanted.care)
    if wanted.watch:
        conditions.append("answers LIKE ?")
        params.append(f'%:"{WATCH}"%')
    if wanted.typed.strip():
        condition, values = _typed(reader, wanted.typed.strip())
        conditions.append(condition)
        params += values
    # the index knows no words: for those the rows are read as they lie, not here and there
    how = "NOT INDEXED" if wanted.watch or wanted.typed.strip() else "INDEXED BY ix_visit_newest"
    sql = f"SELECT id FROM visit {how} WHERE {' AND '.join(conditions)}"
    found = reader.rows(f"{sql} ORDER BY happened_at DESC, id DESC", params)
    return Ids([key for (key,) in found])


def visit_rows(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, VisitRow]:
    """The rows of ``ids``."""
    keys = [i.bytes for i in ids]
    rows = reader.rows(
        "SELECT v.id, v.household_id, h.name, h.address, v.happened_at, v.how, s.name, "
        "CASE WHEN v.recorded_by<>v.visited_by THEN r.name END, v.source, "
        "coalesce(nullif(v.situation, ''), nullif(v.action, ''), nullif(v.requests, ''), ''), "
        "v.promise, v.answers, EXISTS (SELECT 1 FROM event e WHERE e.household_id=v.household_id "
        "AND e.visit_id=v.id AND e.deleted=0) FROM visit v "
        "LEFT JOIN household h ON h.id=v.household_id LEFT JOIN staff s ON s.id=v.visited_by "
        f"LEFT JOIN staff r ON r.id=v.recorded_by WHERE v.deleted=0 AND v.id IN ({marks(keys)})",
        keys,
    )
    return {UUID(bytes=row[0]): _row(row) for row in rows}


def visit_months(reader: Reader) -> tuple[str, ...]:
    """The months back to the first visit, this one first, at most two years of them."""
    first = reader.value(
        "SELECT min(happened_at) FROM visit INDEXED BY ix_visit_newest WHERE deleted=0"
    )
    oldest = (first or reader.today.isoformat())[:7]
    months: list[str] = []
    at = reader.today
    while len(months) < _MONTHS and (not months or f"{at:%Y-%m}" >= oldest):
        months.append(f"{at:%Y-%m}")
        at = date(at.year - (at.month == 1), (at.month - 2) % 12 + 1, 1)
    return tuple(months)


def _typed(reader: Reader, typed: str) -> tuple[str, list[str | bytes]]:
    """Visits whose words say it, and those of households that it finds."""
    plain = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    said = " OR ".join(f"{name} LIKE ? ESCAPE '\\'" for name in _WORDS)
    found = search.find(reader, typed, _HITS)
    homes = sorted({hit.household_id.bytes for hit in found if hit.household_id})
    values: list[str | bytes] = [f"%{plain}%"] * len(_WORDS)
    return f"({said} OR household_id IN ({marks(homes)}))", [*values, *homes]


def _row(row: tuple[Any, ...]) -> VisitRow:
    key, home, name, address, at, how, visitor, recorder, source, text, promise, answers, event = (
        row
    )
    said = json.loads(answers) if answers else {}
    return VisitRow(
        UUID(bytes=key),
        UUID(bytes=home),
        name or "",
        address or "",
        at or "",
        how or "",
        visitor or "",
        recorder or "",
        source or "",
        " ".join(text.split()),
        promise or "",
        sum(1 for answer in said.values() if answer == WATCH),
        bool(event),
    )
