"""A household file: a head with what can be done, and tabs."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gridapp.domain.numbers import short_household_number
from gridapp.domain.roles import Reach
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.store.views.household_page import household_page
from gridapp.ui.desk import Desk, Where
from gridapp.ui.operations import households
from gridapp.ui.pages.file.every import TABS
from gridapp.ui.pages.file.part import Part, TabSpec
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.printing import PrintRequest
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Elided, button, columns, empty, tag
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.states import Switch
from gridapp.ui.widgets.twice import TwiceBar
from gridapp.ui.words.due_words import due_tag
from gridapp.ui.words.wording import joined

_GAPS = 80  # px between and around the parts of the head


class HouseholdPage(Page):
    """One household."""

    KINDS = ("household",)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.household_id: UUID | None = None
        self.view: View | None = None
        self.revealed = False
        self._build()

    def arrive(self, where: Where) -> None:
        """Another household: numbers are masked again."""
        another = where.id != self.household_id
        if another:
            self.household_id, self.view, self.revealed = where.id, None, False
        if another or where.tab:
            self.choose(where.tab or TABS[0].key, where.item)
        self.twice.about(where.id)
        super().arrive(where)

    def concerns(self, changes: Changes) -> bool:
        """Only commits that touched something of this household."""
        if self.view is None or changes.touches("code", "care_group"):
            return True
        # what is new has an id that the page cannot know
        new = changes.touches("visit", "event", "residence", "care_enrolment", "attachment")
        return new or changes.sync or not changes.ids.isdisjoint(_ids(self.view))

    def refresh(self) -> None:
        """Ask for the whole file."""
        wanted = self.household_id
        if wanted is None:
            return
        view = partial(household_page, household_id=wanted)
        self.desk.read(self, view, self._show, only_latest="file")

    def record_visit(self) -> bool:
        """Open the visit form beside the file."""
        from gridapp.ui.forms.visit import VisitForm

        if not self.view or not self.may("visit"):
            return False
        self.desk.opening.emit(VisitForm(self.desk, self.view))
        return True

    def edit(self, add_member: bool = False, at: UUID | str = "") -> None:
        """Open the edit form beside the file, at a field or at a member."""
        from gridapp.ui.forms.household import HouseholdEdit

        if self.view and self.may("household"):
            form = HouseholdEdit(self.desk, self.view.form(), None, add_member=add_member, at=at)
            self.desk.opening.emit(form)

    def report_event(self) -> bool:
        """Open the event form beside the file."""
        from gridapp.ui.forms.event import EventForm

        if not self.view or not self.may("event"):
            return False
        self.desk.opening.emit(EventForm(self.desk, self.view.household))
        return True

    def may(self, kind: str) -> bool:
        """Whether the user writes records of this kind in the household's grid."""
        return self.desk.may(kind, self.view.household.grid_id if self.view else None)

    @property
    def whole(self) -> bool:
        """Whether the user has the whole file: more than names and addresses."""
        return self.desk.post.holds_file(self.view.household.grid_id if self.view else None)

    def show_post(self) -> None:
        """Other roles: other actions, and other tabs."""
        if self.view:
            self._show(self.view)

    def reveal(self) -> None:
        """Show whole numbers, once that is logged."""
        if self.view and self.whole:
            done: Future[None] = households.reveal_numbers(self.desk.store, self.view.household.id)
            self.desk.run(self, done, lambda _: self._revealed())

    def _build(self) -> None:
        self._back = back = button("‹", lambda: self.desk.go("households"), "back")
        back.setAccessibleName(tr("返回住户列表"))
        back.setToolTip(tr("返回住户列表"))
        self.title = Elided("", "title")
        self.tags = Flow(gap=8, line_gap=4)
        self.visit = button(tr("记走访"), self.record_visit, "primary")
        self.change = button(tr("修改"), self.edit)
        self.print = button(tr("打印"), self._print)
        self.report = button(tr("报事件"), self.report_event)
        self._actions = actions = Flow(self.visit, self.change, self.print, self.report, gap=10)
        self._open_forms: Collection[str] = ()
        names = QHBoxLayout()
        names.setSpacing(10)
        names.addWidget(back)
        names.addWidget(self.title)
        names.addWidget(self.tags, 1, Qt.AlignmentFlag.AlignVCenter)
        self._head = head = QHBoxLayout()
        head.setSpacing(10)
        head.addLayout(names, 1)
        head.addWidget(actions)
        self.line = Elided("", "secondary")
        self.tabs = Segmented(tr("档案"), [(t.key, tr(t.title)) for t in TABS], TABS[0].key)
        self.tabs.chosen.connect(self.choose)
        self._parts: dict[str, Part] = {}
        self._chosen: tuple[str, UUID | None] = (TABS[0].key, None)
        self._stack = QStackedWidget()
        body = QWidget()
        box = QVBoxLayout(body)
        box.setContentsMargins(18, 14, 18, 14)
        box.setSpacing(10)
        box.addLayout(head)
        box.addWidget(self.line)
        self.twice = TwiceBar(self.desk)
        box.addWidget(self.twice)
        box.addWidget(self.tabs)
        box.addWidget(self._stack, 1)
        self.switch = Switch(body, tr("这一户已不在本机"), tr("可能已划到别的网格，或已合并。"))
        whole = columns(self.switch)
        self.setLayout(whole)

    def show_forms(self, draft_keys: Collection[str]) -> None:
        """What is being done beside the file is not offered in its head."""
        self._open_forms = draft_keys
        self._offer()

    def _offer(self) -> None:
        """What this user can do, and the tabs that have something for her."""
        opened = f"visit:{self.household_id}" in self._open_forms
        self.visit.setVisible(not opened and self.may("visit"))
        self.change.setVisible(self.may("household"))
        self.print.setVisible(self.desk.uses("print") and self.whole)
        self.report.setVisible(self.may("event"))
        for spec in TABS:
            self.tabs.show_choice(spec.key, self.whole or not spec.file)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: what can be done goes beneath the name where there is no room beside it."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        parts = (self._back, self.title, self.tags, self._actions)
        needed = sum(part.sizeHint().width() for part in parts) + _GAPS
        narrow = self.width() < needed
        direction = QBoxLayout.Direction
        self._head.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)

    def _show(self, view: View | None) -> None:
        self.switch.show_content(empty=view is None)
        self.view = view
        if view is None:
            return
        if view.household.id != self.household_id:
            self.household_id = view.household.id  # the one asked for went into this one
            self.twice.about(self.household_id)
        self.title.setText(tr("{name} 户").format(name=view.household.name))
        self._show_tags(view)
        self.line.setText(_line(self.desk, view))
        for spec in TABS:
            if spec.count:
                self.tabs.set_text(spec.key, f"{tr(spec.title)} {spec.count(view)}")
        for part in self._parts.values():
            part.show_view(view)
        self._offer()
        self.choose(*self._chosen)

    def _show_tags(self, view: View) -> None:
        empty(self.tags.flow)
        for code in view.care:
            self.tags.flow.addWidget(tag(self.desk.care_name(code)))
        for text, tone in due_tag(view.due, self.desk.today):
            self.tags.flow.addWidget(tag(text, tone))
        if view.waiting:
            self.tags.flow.addWidget(tag(tr("待上传"), "grey"))

    def choose(self, tab: str, item: UUID | None = None) -> None:
        """Show a tab, built when it is first seen, and one item of it once the file is read."""
        if self.view and not self.whole and _SPECS[tab].file:
            tab, item = TABS[0].key, None
        self.tabs.set_value(tab)
        part = self.part(tab)
        self._stack.setCurrentWidget(part)
        if item and self.view:
            part.choose(item)
        self._chosen = (tab, None if self.view else item)

    def part(self, tab: str) -> Part:
        """The part of a tab."""
        if tab not in self._parts:
            self._parts[tab] = part = _SPECS[tab].build(self)
            self._stack.addWidget(part)
            if self.view:
                part.show_view(self.view)
        return self._parts[tab]

    def _revealed(self) -> None:
        self.revealed = True
        if self.view:
            self._show(self.view)

    def _print(self) -> None:
        if self.view:
            name = tr("{name} 户").format(name=self.view.household.name)
            self.desk.go("print", what=PrintRequest((self.view.household.id,), name))


PAGE = PageSpec(
    "household",
    HouseholdPage,
    section="households",
    reach=frozenset({Reach.GRIDS, Reach.MICRO}),
    guide="households",
)
_SPECS: dict[str, TabSpec] = {spec.key: spec for spec in TABS}


def _line(desk: Desk, view: View) -> str:
    household, dwelling = view.household, view.dwelling
    number = household.number or household.temporary
    same = ""
    if household.registered_address:
        agrees = household.registered_address.endswith(household.address)
        same = tr("户籍地址一致") if agrees else tr("户籍在别处")
    home = ""
    if dwelling:
        area = f"{dwelling.area:g} m²" if dwelling.area else ""
        home = " ".join(part for part in (desk.say("tenure", dwelling.tenure), area) if part)
    return joined(
        tr("户号 {number}").format(number=short_household_number(number)) if number else "",
        household.address,
        same,
        home,
        desk.say("gas", dwelling.gas) if dwelling else "",
        view.grid,
    )


def _ids(view: View) -> set[UUID]:
    ids = {view.household.id, view.file.id}
    ids |= {v.id for v in view.visits} | {e.id for e in view.events}
    for member in view.members:
        ids |= {member.person.id, member.file.id, member.residence.id}
    for place in (view.dwelling, view.building):
        if place:
            ids.add(place.id)
    return ids
