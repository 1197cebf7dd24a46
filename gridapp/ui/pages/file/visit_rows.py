"""Visits of one household as rows of a list, and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from gridapp.domain.care import WATCH
from gridapp.domain.visit import Visit
from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.desk import Desk
from gridapp.ui.pages.file.part import KnownRows
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch
from gridapp.ui.words.wording import joined, listed, short_day, short_moment


def visits_list(desk: Desk) -> tuple[RowList, KnownRows, Switch]:
    """A list of visits, what it shows, and what stands in for it while there are none."""
    known = KnownRows()
    made = RowList(tr("走访记录"), desk.tasks, desk.look, known.fetch)
    return made, known, Switch(made, tr("还没走访过"), tr("点“记走访”记下第一次。"))


def show_visits(desk: Desk, made: RowList, known: KnownRows, view: View) -> None:
    """Fills a list of visits."""
    known.rows = {v.id: visit_row(desk, v, view) for v in view.visits}
    made.rows.forget()
    made.show_ids([v.id for v in view.visits])


def visit_row(desk: Desk, visit: Visit, view: View) -> Row:
    """One visit as lists show it."""
    text = visit.situation or visit.action or visit.requests
    tags: list[tuple[str, str]] = []
    watch = sum(1 for answer in visit.answers.values() if answer == WATCH)
    if watch:
        tags.append((tr("留意 {count}").format(count=watch), "amber"))
    if visit.id in view.visit_events:
        tags.append((tr("有事件"), "blue"))
    promise = tr("约好：{promise}").format(promise=visit.promise) if visit.promise else ""
    return Row(
        _when(desk, visit),
        view.staff.get(visit.visited_by, "") if visit.visited_by else "",
        " ".join(text.split()),
        promise,
        tuple(tags),
    )


def visit_facts(desk: Desk, visit: Visit, view: View) -> tuple[tuple[str, str], ...]:
    """What one visit found and who was there; the checklist is shown apart."""
    names = {str(m.person.id): m.person.name for m in view.members}
    met = listed(*(names.get(who, who) for who in visit.people_met if not _unknown(who, names)))
    pairs = [
        (tr("走访时间"), _when(desk, visit)),
        (tr("走访人"), _visitors(desk, visit, view)),
        (tr("见到"), met),
        (tr("情况"), visit.situation),
    ]
    more = (
        (tr("困难"), visit.difficulties),
        (tr("诉求"), visit.requests),
        (tr("采取措施"), visit.action),
        (tr("结果"), visit.result),
        (tr("约好"), visit.promise),
        (tr("下次走访"), short_day(visit.next_date, desk.today) if visit.next_date else ""),
    )
    return (
        *(pair for pair in pairs if pair[1] or pair[0] == tr("情况")),
        *(p for p in more if p[1]),
    )


def _when(desk: Desk, visit: Visit) -> str:
    return f"{short_moment(visit.happened_at, desk.today)} {desk.say('visit_how', visit.how)}"


def _visitors(desk: Desk, visit: Visit, view: View) -> str:
    """Who visited; who wrote it down where that was somebody else, and from what."""
    by = view.staff.get(visit.visited_by, "") if visit.visited_by else ""
    recorded = view.staff.get(visit.recorded_by, "") if visit.recorded_by else ""
    by_other = ""
    if recorded and visit.recorded_by != visit.visited_by:
        by_other = tr("{name} 代记").format(name=recorded)
    source = desk.say("visit_source", visit.source) if visit.source not in ("", "screen") else ""
    return joined(by, by_other, source)


def _unknown(who: str, names: Mapping[str, str]) -> bool:
    """Somebody who is no member any more: an id is no name."""
    if who in names:
        return False
    try:
        UUID(who)
    except ValueError:
        return False
    return True
