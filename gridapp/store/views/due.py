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
    HOME,
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
    said_together,
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
    "AND (o.next_date IS NOT NULL "
    "OR (o.how>'' AND o.how<>'absent' AND o.happened_at>=v.next_date)))"
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
# What came before the last visit at home, and before the last one that agreed a day, says nothing any more,
# so it is not read; nor are the words of promises, which lie with the visits: only those that stand are.
_LATEST = (
    "(SELECT l.happened_at FROM visit l INDEXED BY ix_visit_last WHERE l.household_id=k.id "
    "AND l.deleted=0 AND l.happened_at<?1 AND {} ORDER BY l.happened_at DESC LIMIT 1)"
)
_VISITS = (
    f"WITH k AS MATERIALIZED (SELECT id, {_LATEST.format('l.how=?2')} home, "
    f"{_LATEST.format('l.next_date IS NOT NULL')} agreed FROM household k WHERE id IN ({{}})) "
    "SELECT v.household_id, v.happened_at, v.how, v.next_date, v.id "
    "FROM k CROSS JOIN visit v INDEXED BY ix_visit_last ON v.household_id=k.id AND v.deleted=0 "
    "AND v.happened_at>=ifnull(min(k.home, ifnull(k.agreed, k.home)), '') "
    "ORDER BY v.household_id, v.happened_at, v.id"
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
    params = (plus(today, 1).isoformat(), HOME, *keys)
    for key, at, how, next_date, visit in reader.rows(_VISITS.format(marks(keys)), params):
        if at:
            seen = Seen(day(at[:10]), how or "", day(next_date) if next_date else None, "", visit)
            visits.setdefault(key, []).append(seen)
    lasts = {key: last_seen(seen, today) for key, seen in visits.items()}
    standing = [key for last in lasts.values() for key in last.keys]
    words: dict[bytes, str] = {}
    for part in chunks(standing):
        sql = f"SELECT id, promise FROM visit WHERE promise>'' AND id IN ({marks(part)})"
        words.update(reader.rows(sql, part))
    return {
        key: replace(last, promise=said_together(words.get(k, "") for k in last.keys))
        for key, last in lasts.items()
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
