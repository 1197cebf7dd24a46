"""Members in words: who they are to the head, when born, how to reach them, where they are now."""

from __future__ import annotations

from collections.abc import Mapping

from gridapp.domain.masking import mask_id, mask_phones
from gridapp.i18n import tr
from gridapp.store.drafting import MemberForm
from gridapp.ui.desk import Desk
from gridapp.ui.pages.file.part import File
from gridapp.ui.widgets.table import Table
from gridapp.ui.wording import age, joined, listed, plain_day


def members_table() -> Table:
    """The members as in the file's overview."""
    heads = (tr("姓名"), tr("关系"), tr("性别"), tr("出生"), tr("电话"), tr("现况"))
    return Table(heads, (7, 6, 5, 14, 15, 12))


def member_line(page: File, member: MemberForm) -> tuple[str, ...]:
    """One line of the members' table."""
    desk, person, file = page.desk, member.person, member.file
    return (
        person.name,
        relation_text(page, member),
        desk.say("sex", file.sex).removesuffix("性"),
        born_text(desk, member),
        phone_text(page, file.phones),
        status_text(desk, member),
    )


def member_facts(page: File, member: MemberForm) -> tuple[tuple[str, str], ...]:
    """All that the file says of one member."""
    desk, file = page.desk, member.file
    number = file.id_number if page.revealed else mask_id(file.id_number)
    return (
        (tr("与户主关系"), relation_text(page, member)),
        (tr("居住类型"), desk.say("residence_kind", member.residence.kind)),
        (tr("性别"), desk.say("sex", file.sex)),
        (tr("出生"), born_text(desk, member)),
        (tr("证件"), " ".join(p for p in (desk.say("id_kind", file.id_kind), number) if p)),
        (tr("电话"), phone_text(page, file.phones)),
        (tr("现况"), status_text(desk, member)),
        (tr("别名"), listed(*member.person.nicknames)),
        (tr("婚姻状况"), desk.say("marital", file.marital)),
        (tr("文化程度"), desk.say("education", file.education)),
        (tr("职业"), joined(file.occupation, file.employer)),
        (tr("关爱群体"), listed(*(desk.care_name(c.group_code) for c in member.care))),
    )


def relation_text(page: File, member: MemberForm) -> str:
    """The tie to the head."""
    view = page.view
    if view and view.household.head_id == member.person.id:
        return tr("户主")
    return page.desk.say("family_relation", member.residence.relation)


def born_text(desk: Desk, member: MemberForm) -> str:
    """``1946-03 · 80岁``."""
    birth, year = member.file.birth_date, member.person.birth_year
    if birth:
        return f"{birth:%Y-%m} · {age(birth.year, desk.today)}"
    return f"{year} · {age(year, desk.today)}" if year else ""


def phone_text(page: File, phones: Mapping[str, object]) -> str:
    """``本人 138****2210``, all of them."""
    known = {number: whose for number, whose in phones.items() if number}
    pairs = [(n, str(w or "")) for n, w in known.items()] if page.revealed else mask_phones(known)
    return listed(*(f"{whose} {number}".strip() for number, whose in pairs))


def status_text(desk: Desk, member: MemberForm) -> str:
    """Where a person is now."""
    person = member.person
    until = ""
    if person.away_until:
        until = tr("预计 {day} 回").format(day=plain_day(person.away_until, desk.today))
    parts = (desk.say("person_status", person.status), person.status_note, until)
    return "，".join(part for part in parts if part)
