"""When a household is to be visited again: the rhythm of care, the first visit, and what was promised.

One rule for the page of the day, the list of households and the file, so that all say the same. It only
counts days: who lives there, which care they are registered for and when somebody was last seen are
handed in, read from wherever they are kept.

A visit to a household is one to everybody who lives there. "Nobody home" never is. A group that wants a
visit at home is not served by a telephone call, except for who is away: they get a call.

What was agreed is only what a worker named. A day that was agreed stands until its day has come and a
visit that counts was made on it or later, or until another day is agreed; a visit before it that agreed
nothing new leaves it standing. Words without a day are those of the last visit; both are told where both
stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gridapp.domain.care import is_visited, visit_every
from gridapp.domain.reference import CareGroup

HOME = "home"
LIVING = "living"
AWAY = "away"
GONE = frozenset({"died", "moved"})  # of a person: never due
LEFT = frozenset({"moved", "closed"})  # of a household: never due
SOON = 7  # days ahead that a worker plans for

_BY_PHONE = ("phone", "电话")


class Why(StrEnum):
    """What makes a visit due, in the order in which it is said."""

    PROMISE = "promise"
    FIRST = "first"  # the first visit from the day on that somebody is registered for care
    RHYTHM = "rhythm"


@dataclass(frozen=True, slots=True)
class Care:
    """One registration for care. ``since`` None: nobody knows."""

    group: CareGroup
    level: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody with a present tie to the household; ``lives``: they live there and are not only registered."""

    name: str = ""
    birth_year: int | None = None
    status: str = ""
    away_until: date | None = None
    lives: bool = True
    care: tuple[Care, ...] = ()

    def is_away(self, day: date) -> bool:
        """Whether they are still away on ``day``; the day of their return they are not."""
        return self.status == AWAY and (self.away_until is None or self.away_until > day)


@dataclass(frozen=True, slots=True)
class Home:
    """A household with its residents. ``emptied``: people were there and all ties have ended."""

    status: str = ""
    people: tuple[Resident, ...] = ()
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One visit as far as it matters here. ``key`` names it to whoever handed it in."""

    day: date
    how: str
    next_date: date | None = None
    promise: str = ""
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Last:
    """When somebody was last visited at home, last seen or spoken to at all, and what was promised.

    ``keys``: of the visits whose words those are.
    """

    at_home: date | None = None
    at_all: date | None = None
    next_date: date | None = None
    promise: str = ""
    keys: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a visit is due on ``day``. ``call``: who it is about is away and gets a call then.

    The rest is of care: group, person, days between visits, whether the telephone will do. ``not_by_call``:
    the last contact was a call, and would have put it off if it counted for the group.
    """

    why: Why
    day: date
    call: bool = False
    group_code: str = ""
    name: str = ""
    birth_year: int | None = None
    every: int | None = None
    phone: bool = False
    not_by_call: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """The next visit: the earliest day that any reason names. A promised day stands first among them.

    ``promise``: the words of the last promise, with a day of its own or without one.
    """

    day: date
    reasons: tuple[Reason, ...]
    promise: str = ""

    @property
    def call(self) -> bool:
        """Whether a call is what is due: everybody that it is due for by then is away."""
        return all(reason.call for reason in self.reasons if reason.day == self.day)


def by_phone(channel: str) -> bool:
    """Whether a call serves a group with this ``CareGroup.channel``; one that says nothing takes any visit."""
    said = channel.casefold()
    return not said.strip() or any(word in said for word in _BY_PHONE)


def last_seen(visits: Iterable[Seen], today: date) -> Last:
    """What the visits of a household, oldest first, come to. Those dated after ``today`` are not made yet.

    A door that stayed closed takes no promise back, but a new day set before it replaces the old one.
    """
    at_home = at_all = None
    stands: tuple[Seen, ...] = ()  # the visit that agreed the day, then the last one
    for visit in visits:
        if visit.day > today:
            continue
        counts = is_visited(visit.how)
        if counts:
            at_all = visit.day
            at_home = visit.day if visit.how == HOME else at_home
        if visit.next_date:
            stands = (visit,)
        elif counts:
            stands = (*(s for s in stands if s.next_date and s.next_date > visit.day), visit)
    day = next((s.next_date for s in stands if s.next_date), None)
    said = said_together(s.promise for s in stands)
    return Last(at_home, at_all, day, said, tuple(s.key for s in stands))


def said_together(words: Iterable[str]) -> str:
    """The words of promises that stand, each once."""
    return "；".join(dict.fromkeys(text for text in words if text))


def household_due(home: Home, last: Last, today: date) -> Due | None:
    """The next visit, None where nothing makes one due."""
    present = [p for p in home.people if p.status not in GONE]
    if home.status in LEFT or (not present and (home.people or home.emptied)):
        return None
    found = [
        reason
        for person in present
        if person.lives
        for care in person.care
        if (reason := _of_care(person, care, last, today))
    ]
    found.sort(key=lambda r: (r.day, r.group_code, r.birth_year or 0, r.name))
    if last.next_date:
        day = max(last.next_date, today)
        living = [p for p in present if p.lives]
        away = bool(living) and all(p.is_away(day) for p in living)
        found.insert(0, Reason(Why.PROMISE, last.next_date, away))
    return Due(min(r.day for r in found), tuple(found), last.promise) if found else None


def is_soon(due: Due | None, today: date) -> bool:
    """Whether a visit is overdue, due today or in the coming week."""
    return due is not None and due.day <= plus(today, SOON)


def _of_care(person: Resident, care: Care, last: Last, today: date) -> Reason | None:
    group, every = care.group, visit_every(care.group, care.level) or None
    phone = by_phone(group.channel)
    planned = _planned(care, last.at_all if phone else last.at_home, every, today)
    if planned is None:
        return None
    why, day = planned
    called = _planned(care, last.at_all, every, today)
    longer = called is not None and called[1] > day
    away = person.is_away(day)
    if called and longer and away:
        # spoken to while away: again when that is due, or at home once they are back
        back = person.away_until
        day = called[1] if back is None or back > called[1] else back
    if care.until is not None and care.until < max(day, today):
        return None
    return Reason(
        why,
        day,
        call=person.is_away(max(day, today)),
        group_code=group.group_code,
        name=person.name,
        birth_year=person.birth_year,
        every=every,
        phone=phone,
        not_by_call=longer and not away,
    )


def _planned(
    care: Care, seen: date | None, every: int | None, today: date
) -> tuple[Why, date] | None:
    """What is due next after ``seen``, the last visit that counts for the group.

    The first visit, until there was one on the day of the registration or later; then the rhythm from the
    last one. Where nobody knows since when somebody is registered, any visit was the first.
    """
    within = care.group.first_visit_within_days
    waits = seen is None or (care.since is not None and seen < care.since)
    if within is not None and waits:
        return Why.FIRST, plus(care.since or today, within)
    return (Why.RHYTHM, plus(seen or care.since or today, every)) if every else None


def plus(day: date, days: int) -> date:
    """``days`` after ``day``; the last day of the calendar where that is beyond it."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
