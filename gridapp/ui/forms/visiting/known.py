"""What the file already says to somebody about to record a visit."""

from __future__ import annotations

from datetime import date

from gridapp.clock import day_of
from gridapp.domain.care import visit_every
from gridapp.domain.due import (
    GONE,
    LIVING,
    Care,
    Due,
    Home,
    Last,
    Resident,
    Seen,
    household_due,
    last_seen,
)
from gridapp.domain.visit import Visit
from gridapp.i18n import tr
from gridapp.store.drafting import MemberForm
from gridapp.store.views.household_page import HouseholdPage
from gridapp.ui.desk import Desk
from gridapp.ui.forms.checklist import Cared
from gridapp.ui.words.wording import short_day, short_moment


def cared(desk: Desk, view: HouseholdPage) -> list[Cared]:
    """The care groups of those who live here, each with whom it is about."""
    names: dict[str, list[str]] = {}
    for member in _present(view):
        for care in member.care:
            names.setdefault(care.group_code, []).append(member.person.name)
    groups = ((desk.reference.care_group(code), who) for code, who in sorted(names.items()))
    return [(group, who) for group, who in groups if group]


def rhythm(desk: Desk, view: HouseholdPage) -> int | None:
    """The shortest rhythm of the care groups of those who live here, in days; None where none is set."""
    found = []
    for member in _present(view):
        for care in member.care:
            group = desk.reference.care_group(care.group_code)
            days = visit_every(group, care.level) if group else None
            if days:
                found.append(days)
    return min(found, default=None)


def after(desk: Desk, view: HouseholdPage, day: date, how: str) -> Due | None:
    """What will be due after a visit on ``day`` that agrees nothing, by the rule that lists and file go by."""
    people = tuple(
        Resident(
            member.person.name,
            member.person.birth_year,
            member.person.status,
            member.person.away_until,
            member.residence.kind == LIVING,
            _care(desk, member),
        )
        for member in view.members
    )
    made = sorted([*_seen(view), Seen(day, how)], key=lambda seen: seen.day)
    home = Home(view.household.status, people)
    return household_due(home, last_seen(made, desk.today), desk.today)


def reminders(desk: Desk, view: HouseholdPage) -> list[str]:
    """What was promised last, and that somebody was here today already."""
    found = []
    standing = _last(desk, view).keys
    promised = [v for v in view.visits if v.id.bytes in standing and (v.promise or v.next_date)]
    found += [_promise(desk, visit) for visit in promised]
    today = desk.today.isoformat()
    last = next((v for v in view.visits if (v.happened_at or "")[:10] == today), None)
    if last:
        found.append(
            tr("今天已记过一次：{who} {how}").format(
                who=_who(view, last), how=desk.say("visit_how", last.how)
            )
        )
    return found


def news(desk: Desk, view: HouseholdPage, now: HouseholdPage | None) -> str:
    """That somebody recorded a visit since the form was opened; "" where nobody did."""
    before = {visit.id for visit in view.visits}
    new = next((v for v in now.visits if v.id not in before), None) if now else None
    if now is None or new is None:
        return ""
    return tr("{name}刚记了一次走访（{when} {how}）。两次都会留下，接着写就好。").format(
        name=_who(now, new),
        when=short_moment(new.happened_at, desk.today),
        how=desk.say("visit_how", new.how),
    )


def _promise(desk: Desk, visit: Visit) -> str:
    said = short_day(date.fromisoformat((visit.happened_at or "")[:10]), desk.today)
    text = tr("上次约好（{day}）").format(day=said)
    if visit.promise:
        text = tr("上次约好（{day}）：{promise}").format(day=said, promise=visit.promise)
    if visit.next_date:
        text += tr("，{day}前").format(day=short_day(visit.next_date, desk.today))
    return text


def _who(view: HouseholdPage, visit: Visit) -> str:
    return (view.staff.get(visit.visited_by, "") if visit.visited_by else "") or tr("有人")


def _last(desk: Desk, view: HouseholdPage) -> Last:
    return last_seen(_seen(view), desk.today)


def _seen(view: HouseholdPage) -> list[Seen]:
    return [
        Seen(date.fromisoformat(v.happened_at[:10]), v.how, v.next_date, v.promise, v.id.bytes)
        for v in reversed(view.visits)
        if v.happened_at
    ]


def _care(desk: Desk, member: MemberForm) -> tuple[Care, ...]:
    found = []
    for care in member.care:
        group = desk.reference.care_group(care.group_code)
        if group:
            since = care.from_date or (day_of(care.recorded_at) if care.recorded_at else None)
            found.append(Care(group, care.level, since, care.to_date))
    return tuple(found)


def _present(view: HouseholdPage) -> list[MemberForm]:
    members = (m for m in view.members if m.residence.kind == LIVING)
    return [m for m in members if m.person.status not in GONE]
