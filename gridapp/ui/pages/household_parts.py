"""The tabs of a household file."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gridapp.domain.care import GOOD, REST, WATCH, split_key
from gridapp.domain.masking import mask_id, mask_phones
from gridapp.domain.visit import Visit
from gridapp.i18n import tr
from gridapp.store.drafting import MemberForm
from gridapp.store.reader import Reader
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Card, button, empty, rows, words
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.photos import Photos, picture_label, read_pictures
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch, scrolling
from gridapp.ui.widgets.table import Table
from gridapp.ui.wording import age, joined, listed, plain_day, short_day, short_moment

if TYPE_CHECKING:
    from gridapp.ui.pages.household import HouseholdPage


class Part(QWidget):
    """One tab."""

    def __init__(self, page: HouseholdPage) -> None:
        super().__init__()
        self.page, self.desk = page, page.desk
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 2, 0, 0)
        self.box.setSpacing(12)

    def show_view(self, view: View) -> None:
        """Shows another state of the file."""
        raise NotImplementedError


class KnownRows:
    """Rows that are at hand already, in the form in which a list asks for them."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Row] = {}

    def fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        """The rows, at once."""
        future: Future[Mapping[UUID, Row]] = Future()
        future.set_result({id_: self.rows[id_] for id_ in ids if id_ in self.rows})
        return future


class OverviewPart(Part):
    """Members and the last visits."""

    def __init__(self, page: HouseholdPage) -> None:
        super().__init__(page)
        self.members = members_table()
        self.reveal = button(tr("显示号码（会记录）"), page.reveal, "link")
        add = button(tr("加成员"), lambda: page.edit(add_member=True), "link")
        card = Card(tr("成员"), self.reveal, add)
        card.body.addWidget(self.members)
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.count = words("", "secondary")
        self.visits, self._known, switch = visits_list(self.desk)
        self.visits.activated.connect(self._open)
        self.visits.clicked.connect(self._open)
        visits = Card(tr("最近走访"), self.count)
        visits.body.addWidget(switch, 1)
        visits.setMinimumHeight(180)
        self._switch = switch
        inner = QWidget()
        box = rows(card, visits, gap=12)
        box.setStretch(1, 1)
        inner.setLayout(box)
        self.box.addWidget(scrolling(inner))

    def show_view(self, view: View) -> None:
        """Members, visits."""
        self.members.show_rows([member_line(self.page, m) for m in view.members])
        self.reveal.setVisible(not self.page.revealed)
        self.count.setText(tr("共 {count} 次").format(count=len(view.visits)))
        show_visits(self.desk, self.visits, self._known, view)
        self._switch.show_content(empty=not view.visits)

    def _open(self, index: QModelIndex) -> None:
        visits = self.page.parts["visits"]
        assert isinstance(visits, VisitsPart)
        self.page.choose("visits")
        visits.choose(self.visits.rows.id_at(index))


class MembersPart(Part):
    """Each member with all that is known."""

    def __init__(self, page: HouseholdPage) -> None:
        super().__init__(page)
        self._inner = QWidget()
        self._list = rows(gap=12)
        self._inner.setLayout(self._list)
        self.box.addWidget(scrolling(self._inner))

    def show_view(self, view: View) -> None:
        """A card for each member."""
        empty(self._list)
        for member in view.members:
            card = Card(member.person.name)
            card.body.addWidget(Facts(member_facts(self.page, member)))
            self._list.addWidget(card)
        file = view.file
        livelihood = Card(tr("生活与联系"))
        livelihood.body.addWidget(
            Facts(
                (
                    (tr("生活来源"), listed(*file.livelihood)),
                    (tr("享受政策"), listed(*file.benefits)),
                    (tr("困难与需求"), file.needs),
                    (tr("心愿"), file.wishes),
                    (tr("紧急联系人"), joined(file.emergency_name, file.emergency_relation)),
                    (tr("紧急联系电话"), phone_text(self.page, {file.emergency_phone: ""})),
                )
            )
        )
        self._list.addWidget(livelihood)
        self._list.addStretch(1)


class DwellingPart(Part):
    """The dwelling and its safety."""

    def __init__(self, page: HouseholdPage) -> None:
        super().__init__(page)
        self.facts, self.safety = Facts(), Facts()
        home, safety = Card(tr("住房")), Card(tr("安全"))
        home.body.addWidget(self.facts)
        safety.body.addWidget(self.safety)
        inner = QWidget()
        box = rows(home, safety, gap=12)
        box.addStretch(1)
        inner.setLayout(box)
        self.box.addWidget(scrolling(inner))

    def show_view(self, view: View) -> None:
        """What is known of it."""
        household, home, desk = view.household, view.dwelling, self.desk
        self.facts.show_pairs(
            (
                (tr("现住址"), household.address),
                (tr("户籍地址"), household.registered_address),
                (tr("产权"), desk.say("tenure", home.tenure) if home else ""),
                (tr("面积"), f"{home.area:g} m²" if home and home.area else ""),
                (tr("结构"), desk.say("structure", home.structure) if home else ""),
                (tr("层数"), str(home.floors or "") if home else ""),
            )
        )
        last = home.last_check if home else None
        self.safety.show_pairs(
            (
                (tr("燃气"), desk.say("gas", home.gas) if home else ""),
                (tr("燃气报警器"), yes_no(home.gas_alarm if home else None)),
                (tr("烟感报警器"), yes_no(home.smoke_alarm if home else None)),
                (tr("最近安全检查"), plain_day(last, desk.today) if last else ""),
            )
        )


class VisitsPart(Part):
    """All visits, and one of them in full."""

    def __init__(self, page: HouseholdPage) -> None:
        super().__init__(page)
        self.list, self._known, self._switch = visits_list(self.desk)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._show_one(now))
        card = Card()
        card.body.addWidget(self._switch, 1)
        self.detail = Facts()
        self._detail_card = Card(tr("这次走访"))
        self._detail_card.body.addWidget(scrolling(self.detail))
        self._detail_card.hide()
        self.box.addWidget(card, 1)
        self.box.addWidget(self._detail_card, 1)
        self._view: View | None = None

    def show_view(self, view: View) -> None:
        """The list."""
        self._view = view
        show_visits(self.desk, self.list, self._known, view)
        self._switch.show_content(empty=not view.visits)
        self._show_one(self.list.currentIndex())

    def choose(self, visit_id: UUID | None) -> None:
        """Show one visit in full."""
        place = self.list.rows.place_of(visit_id) if visit_id else -1
        if place >= 0:
            self.list.setCurrentIndex(self.list.rows.index(place))

    def _show_one(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        visit = next((v for v in self._view.visits if v.id == id_), None) if self._view else None
        self._detail_card.setVisible(visit is not None)
        if visit and self._view:
            self.detail.show_pairs(visit_facts(self.desk, visit, self._view))


class EventsPart(Part):
    """Events of this household."""

    def __init__(self, page: HouseholdPage) -> None:
        super().__init__(page)
        self._known = KnownRows()
        self.list = RowList(tr("这户的事件"), self.desk.tasks, self.desk.look, self._known.fetch)
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self._switch = Switch(self.list, tr("这户没有事件"))
        card = Card()
        card.body.addWidget(self._switch, 1)
        self.box.addWidget(card, 1)

    def show_view(self, view: View) -> None:
        """The list."""
        from gridapp.ui.pages.events import state_tag

        today = self.desk.today
        self._known.rows = {
            e.id: Row(
                e.title or self.desk.item_name(e.item_code),
                short_moment(e.happened_at, today),
                e.text,
                tags=(state_tag(e.state),),
            )
            for e in view.events
        }
        self.list.rows.forget()
        self.list.show_ids([e.id for e in view.events])
        self._switch.show_content(empty=not view.events)

    def _open(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.go("event", id_)


class AttachmentsPart(Part):
    """Photos of the household and of its visits."""

    def __init__(self, page: HouseholdPage) -> None:
        super().__init__(page)
        self._flow = Flow(gap=12, line_gap=12)
        self._switch = Switch(
            scrolling(self._flow), tr("还没有照片"), tr("走访时拍的照片也会出现在这里。")
        )
        self._chooser = Photos()
        self._chooser.changed.connect(self._add)
        card = Card(tr("照片"), button(tr("＋ 照片"), self._chooser.choose, "link"))
        card.body.setContentsMargins(16, 12, 16, 12)
        card.body.addWidget(self._switch, 1)
        self.box.addWidget(card, 1)

    def show_view(self, view: View) -> None:
        """Small pictures, as far as they are on this computer."""
        digests = tuple(a.sha256 for a in view.attachments)
        self._switch.show_content(empty=not digests)

        def read(reader: Reader) -> dict[str, bytes]:
            found = {}
            for digest in digests[:200]:
                small = reader.value("SELECT thumbnail FROM blob WHERE sha256=?", (digest,))
                if small:
                    found[digest] = small
            return found

        self.desk.read(self, read, lambda found: self._show(view, found), only_latest="photos")

    def _show(self, view: View, found: Mapping[str, bytes]) -> None:
        empty(self._flow.flow)
        for attachment in view.attachments:
            pixmap = QPixmap()
            pixmap.loadFromData(found.get(attachment.sha256, b""))
            if pixmap.isNull():
                pixmap = QPixmap(160, 120)
                pixmap.fill(Qt.GlobalColor.lightGray)
            purpose = self.desk.say("attachment_purpose", attachment.purpose) or tr("照片")
            self._flow.flow.addWidget(picture_label(pixmap, purpose))

    def _add(self) -> None:
        view, paths = self.page.view, tuple(self._chooser.paths)
        if view is None or not paths:
            return
        from gridapp.ui.operations import households

        household = view.household
        self._chooser.paths.clear()
        work = self.desk.tasks.start(lambda: read_pictures(paths, "other"))
        self.desk.run(
            self,
            work,
            lambda pictures: self.desk.run(
                self, households.add_photos(self.desk.store, household, pictures)
            ),
        )


def members_table() -> Table:
    """The members as in the file's overview."""
    heads = (tr("姓名"), tr("关系"), tr("性别"), tr("出生"), tr("电话"), tr("现况"))
    return Table(heads, (7, 6, 5, 14, 15, 12))


def member_line(page: HouseholdPage, member: MemberForm) -> tuple[str, ...]:
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


def member_facts(page: HouseholdPage, member: MemberForm) -> tuple[tuple[str, str], ...]:
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


def relation_text(page: HouseholdPage, member: MemberForm) -> str:
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


def phone_text(page: HouseholdPage, phones: Mapping[str, object]) -> str:
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


def yes_no(value: bool | None) -> str:
    """有, 没有, or nothing."""
    return "" if value is None else tr("有") if value else tr("没有")


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
    when = short_moment(visit.happened_at, desk.today)
    text = visit.situation or visit.action or visit.requests
    tags: list[tuple[str, str]] = []
    watch = sum(1 for answer in visit.answers.values() if answer == WATCH)
    if watch:
        tags.append((tr("留意 {count}").format(count=watch), "amber"))
    if visit.id in view.visit_events:
        tags.append((tr("有事件"), "blue"))
    promise = tr("约好：{promise}").format(promise=visit.promise) if visit.promise else ""
    return Row(
        f"{when} {desk.say('visit_how', visit.how)}",
        view.staff.get(visit.visited_by, "") if visit.visited_by else "",
        " ".join(text.split()),
        promise,
        tuple(tags),
    )


def visit_facts(desk: Desk, visit: Visit, view: View) -> tuple[tuple[str, str], ...]:
    """One visit in full."""
    names = {str(m.person.id): m.person.name for m in view.members}
    met = listed(*(names.get(who, who) for who in visit.people_met))
    pairs = [
        (tr("走访时间"), short_moment(visit.happened_at, desk.today)),
        (tr("方式"), desk.say("visit_how", visit.how)),
        (tr("走访人"), view.staff.get(visit.visited_by, "") if visit.visited_by else ""),
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
    pairs += [pair for pair in more if pair[1]]
    marks = {GOOD: tr("好"), WATCH: tr("留意"), REST: tr("其余正常")}
    for kind in (WATCH, GOOD, REST):
        said = [split_key(k)[1] for k, answer in visit.answers.items() if answer == kind]
        if said:
            pairs.append((marks[kind], listed(*said)))
    return tuple(pairs)
