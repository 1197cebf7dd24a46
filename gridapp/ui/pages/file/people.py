"""Members in words: who they are to the head, when born, how to reach them, where they are now."""

from __future__ import annotations

from collections.abc import Mapping

from gridapp.domain.household import Residence
from gridapp.domain.masking import mask_id, mask_phones
from gridapp.domain.person import Person
from gridapp.i18n import language, tr
from gridapp.store.drafting import MemberForm
from gridapp.store.views.former_members import FormerMember
from gridapp.ui.desk import Desk
from gridapp.ui.pages.file.part import File
from gridapp.ui.widgets.row_list import Row
from gridapp.ui.words.wording import age, joined, listed, plain_day


def member_columns(*, whole: bool) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Heads and weights of the members' table; without a ``whole`` file there is neither sex nor phone."""
    if not whole:
        return (tr("姓名"), tr("关系"), tr("出生"), tr("现况")), (9, 6, 13, 13)
    heads = (tr("姓名"), tr("关系"), tr("性别"), tr("出生"), tr("电话"), tr("现况"))
    return heads, (9, 6, 4, 13, 14, 13)


def member_line(page: File, member: MemberForm) -> tuple[str, ...]:
    """One line of the members' table."""
    desk, person, file = page.desk, member.person, member.file
    if not page.whole:
        relation, born = relation_text(page, member), born_text(desk, member)
        return person.name, relation, born, status_text(desk, member)
    return (
        person.name,
        relation_text(page, member),
        desk.say("sex", file.sex).removesuffix("性"),
        born_text(desk, member),
        phone_text(page, file.phones),
        status_text(desk, member),
    )


def member_facts(page: File, member: MemberForm) -> tuple[tuple[str, str], ...]:
    """All that the file says of one member; what says nothing in itself is left out where it is empty."""
    desk, file, person = page.desk, member.file, member.person
    number = file.id_number if page.revealed else mask_id(file.id_number)
    pairs = (
        (tr("电话"), phone_text(page, file.phones)),
        (tr("现况"), status_text(desk, member)),
        (tr("性别"), desk.say("sex", file.sex)),
        (tr("证件"), " ".join(p for p in (desk.say("id_kind", file.id_kind), number) if p)),
        (tr("居住类型"), _stay(page, member.residence)),
    )
    more = (
        (tr("关爱群体"), care_text(desk, member)),
        (tr("别名"), listed(*person.nicknames)),
        (tr("婚姻状况"), desk.say("marital", file.marital)),
        (tr("文化程度"), desk.say("education", file.education)),
        (tr("职业"), joined(file.occupation, file.employer)),
        (tr("户籍地"), file.registered_place),
        (tr("关爱说明"), listed(*(c.note for c in member.care))),
    )
    return (*pairs, *(pair for pair in more if pair[1]))


def care_text(desk: Desk, member: MemberForm) -> str:
    """Care groups with the need and since when."""
    said = []
    for care in member.care:
        level = desk.say("care_level", care.level) if care.level else ""
        since = ""
        if care.from_date:
            since = tr("{day}起").format(day=plain_day(care.from_date, desk.today))
        said.append(" ".join(p for p in (desk.care_name(care.group_code), level, since) if p))
    return listed(*said)


def _stay(page: File, tie: Residence) -> str:
    desk, parts = page.desk, [page.desk.say("residence_kind", tie.kind)]
    if tie.from_date:
        parts.append(tr("{day}起").format(day=plain_day(tie.from_date, desk.today)))
    return " ".join(part for part in parts if part)


def status_tag(desk: Desk, person: Person) -> str:
    """Away, moved or died in a word; who is here has none."""
    return "" if person.status in ("", "here") else desk.say("person_status", person.status)


def former_row(page: File, former: FormerMember) -> Row:
    """Somebody who was a member once."""
    desk, person, tie = page.desk, former.person, former.tie
    born = tr("{year}年生").format(year=person.birth_year) if person.birth_year else ""
    since = plain_day(tie.from_date, desk.today) if tie.from_date else ""
    left = plain_day(tie.to_date, desk.today) if tie.to_date else ""
    stay = tr("{since}到{left}").format(since=since, left=left)
    now = tr("现在：{home}").format(home=former.now) if former.now else ""
    status = status_tag(desk, person)
    return Row(
        person.name,
        joined(born, desk.say("family_relation", tie.relation)),
        joined(stay, now),
        tags=((status, "grey"),) if status else (),
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
    return (", " if language() == "en" else "，").join(part for part in parts if part)
