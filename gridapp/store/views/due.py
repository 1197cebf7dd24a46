"""When households are due: the rule of ``domain.due`` over what is stored, for some of them or for all.

``standings`` is what the list, the file and the page of the day share. ``soon`` asks the index of visits
first who may be due at all, so that an office with 100,000 households waits no longer than a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from gridapp.clock import day_of
from gridapp.domain.care import HIGH_NEED, visit_every
from gridapp.domain.due import (
    LIVING,
    SOON,
    Care,
    Due,
    Home,
    Last,
    Resident,
    Seen,
    household_due,
    is_soon,
    last_seen,
    plus,
)
from gridapp.domain.reference import CareGroup
from gridapp.store.derived import chunks
from gridapp.store.reader import Reader, marks

# Who may be soon. Care: those not visited at home since the day that their group and need allow, or since
# they are registered (a day more where only the moment of recording tells); a visit at home serves every
# group. Promises: days named by a visit after which none says more.
_CANDIDATES = (
    "SELECT r.household_id FROM care_enrolment e CROSS JOIN residence r "
    "ON r.person_id=e.person_id AND r.deleted=0 AND r.kind='living' "
    "WHERE e.deleted=0 AND ifnull((SELECT v.happened_at FROM visit v INDEXED BY ix_visit_last "
    "WHERE v.household_id=r.household_id AND v.deleted=0 AND v.how='home' AND v.happened_at<:tomorrow "
    "ORDER BY v.happened_at DESC LIMIT 1), '')<max({cutoff}, ifnull(e.from_date, "
    "ifnull(date(e.recorded_at/1000, 'unixepoch', '+1 day'), ''))) "
    "UNION SELECT v.household_id FROM visit v INDEXED BY ix_visit_last "
    "WHERE v.deleted=0 AND v.next_date<=:horizon AND v.happened_at<:tomorrow AND NOT EXISTS "
    "(SELECT 1 FROM visit o INDEXED BY ix_visit_last WHERE o.household_id=v.household_id "
    "AND o.deleted=0 AND o.happened_at>v.happened_at AND o.happened_at<:tomorrow "
    "AND (o.how<>'absent' OR o.next_date IS NOT NULL))"
)
_TIES = (
    "SELECT r.household_id, r.kind, r.from_date, r.to_date, p.id, p.name, p.birth_year, p.status, "
    "p.away_until FROM residence r JOIN person p ON p.id=r.person_id AND p.deleted=0 "
    "WHERE r.deleted=0 AND r.household_id IN ({})"
)
_CARE = (
    "SELECT person_id, group_code, level, from_date, to_date, recorded_at FROM care_enrolment "
    "WHERE deleted=0 AND person_id IN ({})"
)
# What came before the last visit at home says nothing any more, so it is not read; nor are the words of
# promises, which lie with the visits: only those of the last one are.
_VISITS = (
    "SELECT v.household_id, v.happened_at, v.how, v.next_date, v.id FROM visit v "
    "INDEXED BY ix_visit_last WHERE v.deleted=0 AND v.household_id IN ({}) AND v.happened_at>="
    "ifnull((SELECT h.happened_at FROM visit h INDEXED BY ix_visit_last "
    "WHERE h.household_id=v.household_id AND h.deleted=0 AND h.how='home' AND h.happened_at<? "
    "ORDER BY h.happened_at DESC LIMIT 1), '') ORDER BY v.household_id, v.happened_at, v.id"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One household: when it was last visited, and when it is due."""

    last: Last
    due: Due | None


def standings(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """How the households of ``ids`` stand today; those that are gone are left out."""
    groups = {g.group_code: g for g in reader.where(CareGroup, "1")}
    today = reader.today
    found: dict[UUID, Standing] = {}
    for part in chunks(i.bytes for i in ids):
        homes, lasts = _homes(reader, part, groups), _lasts(reader, part)
        for key, home in homes.items():
            last = lasts.get(key, Last())
            found[UUID(bytes=key)] = Standing(last, household_due(home, last, today))
    return found


def soon(reader: Reader) -> dict[UUID, Due]:
    """Every household that is overdue, due today or in the coming week."""
    today = reader.today
    candidates = (UUID(bytes=key) for key in _candidates(reader))
    return {
        id_: standing.due
        for id_, standing in standings(reader, candidates).items()
        if standing.due and is_soon(standing.due, today)
    }


def _candidates(reader: Reader) -> list[bytes]:
    """Households that may be soon; the rule says which of them are."""
    horizon = plus(reader.today, SOON)
    params = {"tomorrow": plus(reader.today, 1).isoformat(), "horizon": horizon.isoformat()}
    whens = []
    for number, group in enumerate(reader.where(CareGroup, "1")):
        often, seldom = (visit_every(group, level) or 0 for level in (HIGH_NEED, ""))
        whens.append(f"WHEN :c{number} THEN iif(e.level='{HIGH_NEED}', :h{number}, :n{number})")
        # the day after, as text: moments of the day itself sort before it
        params[f"c{number}"] = group.group_code
        params[f"h{number}"] = plus(horizon, 1 - often).isoformat()
        params[f"n{number}"] = plus(horizon, 1 - seldom).isoformat()
    cutoff = f"CASE e.group_code {' '.join(whens)} END" if whens else "NULL"
    found = reader.connection.execute(_CANDIDATES.format(cutoff=cutoff), params)
    return [key for (key,) in found]


def _homes(reader: Reader, keys: list[bytes], groups: Mapping[str, CareGroup]) -> dict[bytes, Home]:
    today = reader.today.isoformat()
    people: dict[bytes, list[tuple[bytes, Resident]]] = {}
    ended = set()
    for key, kind, begin, end, person, name, born, status, until in reader.rows(
        _TIES.format(marks(keys)), keys
    ):
        if (end and end < today) or (begin and begin > today):
            ended.add(key)
            continue
        resident = Resident(name or "", born, status or "", _day(until), kind == LIVING)
        people.setdefault(key, []).append((person, resident))
    care = _care(reader, {p for those in people.values() for p, r in those if r.lives}, groups)
    status_of = reader.rows(
        f"SELECT id, status FROM household WHERE deleted=0 AND id IN ({marks(keys)})", keys
    )
    return {
        key: Home(
            status or "",
            tuple(_with_care(r, care.get(p, ())) for p, r in people.get(key, ())),
            key in ended,
        )
        for key, status in status_of
    }


def _with_care(resident: Resident, care: Iterable[Care]) -> Resident:
    found = tuple(care)
    return replace(resident, care=found) if resident.lives and found else resident


def _care(
    reader: Reader, people: set[bytes], groups: Mapping[str, CareGroup]
) -> dict[bytes, list[Care]]:
    found: dict[bytes, list[Care]] = {}
    for part in chunks(people):
        for person, code, level, begin, end, recorded in reader.rows(
            _CARE.format(marks(part)), part
        ):
            if code in groups:
                since = _day(begin) or (day_of(recorded) if recorded else None)
                care = Care(groups[code], level or "", since, _day(end))
                found.setdefault(person, []).append(care)
    return found


def _lasts(reader: Reader, keys: list[bytes]) -> dict[bytes, Last]:
    day, today = date.fromisoformat, reader.today
    visits: dict[bytes, list[Seen]] = {}
    params = (*keys, plus(today, 1).isoformat())
    for key, at, how, next_date, visit in reader.rows(_VISITS.format(marks(keys)), params):
        if at:
            seen = Seen(day(at[:10]), how or "", day(next_date) if next_date else None, "", visit)
            visits.setdefault(key, []).append(seen)
    lasts = {key: last_seen(seen, today) for key, seen in visits.items()}
    standing = [last.key for last in lasts.values() if last.key]
    sql = f"SELECT id, promise FROM visit WHERE promise>'' AND id IN ({marks(standing)})"
    words = dict(reader.rows(sql, standing))
    return {
        key: replace(last, promise=words[last.key]) if last.key in words else last
        for key, last in lasts.items()
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
