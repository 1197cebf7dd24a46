"""What to do on a day with nothing due: who was not visited for longest, and what files do not say yet."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.completeness import Gap, gaps
from gridapp.domain.due import plus
from gridapp.store.reader import Reader
from gridapp.store.views.household_page import household_page
from gridapp.store.views.today import THERE

_SHOWN = 8
_LOOKED_AT = 40  # files that are read to find some with gaps
# Somebody lives there who has not died or moved away.
_LIVED_IN = (
    "EXISTS (SELECT 1 FROM residence r JOIN person p ON p.id=r.person_id AND p.deleted=0 "
    "WHERE r.household_id=h.id AND r.deleted=0 AND r.kind='living' "
    "AND (r.to_date IS NULL OR r.to_date>=?1) AND ifnull(p.status, '') NOT IN ('died', 'moved'))"
)
_LACKING = (
    "NOT EXISTS (SELECT 1 FROM household_file f WHERE f.household_id=h.id AND f.deleted=0 "
    "AND f.notice_given IS NOT NULL AND f.emergency_name>'' AND f.emergency_phone>'') "
    "OR NOT EXISTS (SELECT 1 FROM residence r JOIN person_file o ON o.person_id=r.person_id "
    "WHERE r.household_id=h.id AND r.deleted=0 AND o.deleted=0 AND length(o.phones)>2)"
)


@dataclass(frozen=True, slots=True)
class Unvisited:
    """A household that was not visited for long. ``last``: a moment, "" for never."""

    id: UUID
    name: str
    address: str
    last: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A household whose file does not say something yet."""

    id: UUID
    name: str
    address: str
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What somebody with time can do."""

    unvisited: tuple[Unvisited, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()


def suggestions(reader: Reader, grid_id: UUID | None = None) -> Suggestions:
    """A few households of each kind, of one grid or (None) of all."""
    return Suggestions(_unvisited(reader, grid_id), _incomplete(reader, grid_id))


def _unvisited(reader: Reader, grid_id: UUID | None) -> tuple[Unvisited, ...]:
    rows = reader.rows(
        "SELECT h.id, h.name, h.address, (SELECT max(v.happened_at) FROM visit v "
        "INDEXED BY ix_visit_last WHERE v.household_id=h.id AND v.deleted=0 AND v.how<>'absent' "
        f"AND v.happened_at<?2) AS last FROM household h WHERE {THERE} "
        f"AND (?3 IS NULL OR h.grid_id=?3) AND {_LIVED_IN} "
        "ORDER BY last IS NOT NULL, last, h.id LIMIT ?4",
        (*_params(reader, grid_id), _SHOWN),
    )
    return tuple(Unvisited(UUID(bytes=k), n or "", a or "", last or "") for k, n, a, last in rows)


def _incomplete(reader: Reader, grid_id: UUID | None) -> tuple[Incomplete, ...]:
    keys = reader.rows(
        f"SELECT h.id FROM household h WHERE {THERE} AND (?3 IS NULL OR h.grid_id=?3) "
        f"AND {_LIVED_IN} AND ({_LACKING}) LIMIT ?4",
        (*_params(reader, grid_id), _LOOKED_AT),
    )
    found: list[Incomplete] = []
    for (key,) in keys:
        page = household_page(reader, UUID(bytes=key)) if len(found) < _SHOWN else None
        if page is None:
            break
        people = [(m.person, m.file) for m in page.members if m.residence.kind == "living"]
        lacking = gaps(page.file, page.dwelling, people, reader.today)
        if lacking:
            home = page.household
            found.append(Incomplete(home.id, home.name, home.address, lacking))
    return tuple(found)


def _params(reader: Reader, grid_id: UUID | None) -> tuple[str, str, bytes | None]:
    tomorrow = plus(reader.today, 1).isoformat()
    return reader.today.isoformat(), tomorrow, grid_id.bytes if grid_id else None
