"""What to know before one knocks: the next visit, what was promised, whom care is for, whom to call."""

from __future__ import annotations

from datetime import date

from gridapp.i18n import tr
from gridapp.store.drafting import MemberForm
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File
from gridapp.ui.pages.file.people import phone_text
from gridapp.ui.words.due_words import due_line
from gridapp.ui.words.wording import joined, listed, plain_day, short_day, short_moment


def points(page: File, view: View) -> tuple[tuple[str, str], ...]:
    """Labels with what is known."""
    pairs = [
        (tr("下次走访"), _next(page, view)),
        (tr("缘由"), due_line(page.desk, view.next) if view.next else ""),
        (tr("约好"), "" if view.next and view.next.promise else _promise(view)),
        (tr("上次见到人"), _last_seen(page, view)),
        (tr("关爱"), listed(*(_care(page, m) for m in view.members if m.care))),
    ]
    return (*(pair for pair in pairs if pair[1]), (tr("紧急联系人"), emergency(page, view)))


def emergency(page: File, view: View) -> str:
    """``王芳 · 女儿 · 139****8842``, "" where nobody is named."""
    file = view.file
    number = phone_text(page, {file.emergency_phone: ""})
    return joined(file.emergency_name, file.emergency_relation, number)


def _next(page: File, view: View) -> str:
    if view.next is None:
        return tr("没有要按期走访的")
    today = page.desk.today
    day = tr("{day}前").format(day=plain_day(view.next.day, today))
    return joined(day, _late(view.next.day, today))


def _late(day: date, today: date) -> str:
    late = (today - day).days
    return tr("逾期 {count} 天").format(count=late) if late > 0 else ""


def _promise(view: View) -> str:
    return next((v.promise for v in view.visits if v.how != "absent"), "")


def _last_seen(page: File, view: View) -> str:
    for visit in view.visits:
        if visit.how != "absent":
            when = short_moment(visit.happened_at, page.desk.today)
            return f"{when} {page.desk.say('visit_how', visit.how)}"
    return ""


def _care(page: File, member: MemberForm) -> str:
    desk = page.desk
    said = []
    for care in member.care:
        until = (
            tr("到 {day}").format(day=short_day(care.to_date, desk.today)) if care.to_date else ""
        )
        level = desk.say("care_level", care.level) if care.level else ""
        said.append(" ".join(p for p in (desk.care_name(care.group_code), level, until) if p))
    return f"{member.person.name} {listed(*said)}"
