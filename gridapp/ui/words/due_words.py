"""When a household is due and why, in words: 逾期 3 天, 下周三前; 上次约好：…, 独居老人 80岁, 每7天, 可电话."""

from __future__ import annotations

from datetime import date, timedelta

from gridapp.domain.due import Due, Reason, Why
from gridapp.i18n import tr
from gridapp.ui.desk import Desk
from gridapp.ui.words.wording import age, joined, plain_day, weekday

_TAGGED = 31  # days ahead that are told at all
_TOLD = 3  # reasons in one line


def due_tag(due: date | None, today: date) -> tuple[tuple[str, str], ...]:
    """The tag for a next visit: overdue red, today amber, the coming weeks grey, later none."""
    if due is None:
        return ()
    days = (due - today).days
    if days < 0:
        return ((tr("逾期 {count} 天").format(count=-days), "red"),)
    if days == 0:
        return ((tr("今天到期"), "amber"),)
    if days > _TAGGED:
        return ()
    return ((tr("{day}前").format(day=_near(due, today)), "grey"),)


def due_line(desk: Desk, due: Due) -> str:
    """Why a visit is due, the last promise first; where only some of it is overdue, which."""
    today = desk.today
    late = {r for r in due.reasons if r.day < today}
    late = late if len(late) < len(due.reasons) else set()
    agreed = [_late(_promised(r, due.promise, today), r in late) for r in due.reasons if _is_day(r)]
    if due.promise and not agreed:
        agreed = [tr("上次约好：{promise}").format(promise=due.promise)]
    care = [r for r in due.reasons if not _is_day(r)]
    said = [_care(desk, reason, today, late=reason in late) for reason in care[:_TOLD]]
    if len(care) > _TOLD:
        said.append(tr("另有 {count} 项").format(count=len(care) - _TOLD))
    # what was agreed for later does not stand before what is overdue
    waits = bool(late) and due.reasons[0] not in late
    parts = [*said, *agreed] if waits else [*agreed, *said]
    return joined(tr("要打电话") if due.call else "", *parts)


def _is_day(reason: Reason) -> bool:
    return reason.why is Why.PROMISE


def _late(text: str, late: bool) -> str:
    return tr("{reason}（逾期）").format(reason=text) if late else text


def _promised(reason: Reason, words: str, today: date) -> str:
    day = plain_day(reason.day, today)
    if words:
        return tr("上次约好{day}：{promise}").format(day=day, promise=words)
    return tr("上次约好{day}").format(day=day)


def _care(desk: Desk, reason: Reason, today: date, *, late: bool) -> str:
    who = f"{desk.care_name(reason.group_code)} {age(reason.birth_year, today)}".strip()
    how = ""
    if reason.why is Why.FIRST:
        how = tr("第一次走访")
    elif reason.every:
        how = tr("每{count}天").format(count=reason.every)
    by_phone = tr("可电话") if reason.phone and not reason.call else ""
    home = tr("电话不算，要上门") if reason.not_by_call else ""
    return joined(who, _late(how, late and bool(how)), home, by_phone)


def _near(day: date, today: date) -> str:
    """周日 in this week, 下周三 in the next, 12月3日 beyond."""
    monday = today - timedelta(days=today.weekday())
    weeks = (day - monday).days // 7
    if weeks == 0:
        return weekday(day)
    if weeks == 1:
        return tr("下{weekday}").format(weekday=weekday(day))
    return plain_day(day, today)
