"""Overview: members, the last visits, and what to know before one knocks."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.duplicate import DuplicateBar
from gridapp.ui.pages.file.gaps import GapsCard
from gridapp.ui.pages.file.open_events import OpenEvents
from gridapp.ui.pages.file.part import File, KnownRows, Part, TabSpec
from gridapp.ui.pages.file.people import member_columns, member_line
from gridapp.ui.pages.file.points import points
from gridapp.ui.pages.file.visit_rows import visit_row
from gridapp.ui.widgets.basic import Card, button, rows, words
from gridapp.ui.widgets.beside import Beside
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.short_list import ShortList
from gridapp.ui.widgets.states import Placeholder, scrolling
from gridapp.ui.widgets.table import Table

_VISITS = 4


class OverviewPart(Part):
    """What a worker looks at before a visit."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self._known = KnownRows()
        self.events = OpenEvents(self.desk)
        self.gaps = GapsCard(page)
        self.points = Facts()
        self._about = Card(tr("要点"))
        self._about.body.addWidget(self.points)
        side = QWidget()
        side.setLayout(_stacked(self._about, self.events, self.gaps))
        self._left = left = QWidget()
        left.setLayout(_stacked(self._visits_card()))
        inner = QWidget()
        self.duplicate = DuplicateBar(page)
        whole = rows(self.duplicate, self._members_card(), Beside(left, side), gap=12)
        whole.addStretch(1)
        inner.setLayout(whole)
        self.box.addWidget(scrolling(inner))

    def show_view(self, view: View) -> None:
        """Another state of the file."""
        self.members.set_columns(*member_columns(whole=self.page.whole))
        self.members.show_rows([member_line(self.page, m) for m in view.members])
        self._nobody.setVisible(not view.members)
        self.members.setVisible(bool(view.members))
        whole, may_edit = self.page.whole, self.page.may("household")
        self.reveal.setVisible(whole and not self.page.revealed and bool(view.members))
        self.add.setVisible(may_edit)
        self._left.setVisible(whole)
        self._about.setVisible(whole)
        self._show_visits(view)
        self.points.show_pairs(points(self.page, view))
        self.events.show_view(view)
        self.duplicate.show_view(view)
        self.gaps.show_view(view)
        if not may_edit:
            self.gaps.hide()

    def _members_card(self) -> Card:
        self.members = Table(*member_columns(whole=True))
        self._nobody = words(tr("还没有登记成员。"), "hint", wrap=True)
        self._nobody.setContentsMargins(16, 12, 16, 12)
        self.reveal = button(tr("显示号码（会记录）"), self.page.reveal, "link")
        self.add = button(tr("加成员"), lambda: self.page.edit(add_member=True), "link")
        card = Card(tr("成员"), self.reveal, self.add)
        card.body.addWidget(self.members)
        card.body.addWidget(self._nobody)
        return card

    def _visits_card(self) -> Card:
        self.visits = ShortList(tr("走访记录"), self.desk.tasks, self.desk.look, self._known.fetch)
        self.visits.activated.connect(self._open)
        self.visits.clicked.connect(self._open)
        self.every = button("", lambda: self.page.choose("visits"), "link")
        self._none = Placeholder(tr("还没走访过"), tr("点“记走访”记下第一次。"))
        card = Card(tr("最近走访"), self.every)
        card.body.addWidget(self.visits)
        card.body.addWidget(self._none)
        return card

    def _show_visits(self, view: View) -> None:
        shown = view.visits[:_VISITS]
        self._known.rows = {v.id: visit_row(self.desk, v, view) for v in shown}
        self.visits.rows.forget()
        self.visits.show_ids([v.id for v in shown])
        self.visits.setVisible(bool(shown))
        self._none.setVisible(not shown)
        self.every.setText(tr("看全部 {count} 次").format(count=len(view.visits)))
        self.every.setVisible(bool(shown))

    def _open(self, index: QModelIndex) -> None:
        self.page.choose("visits", self.visits.rows.id_at(index))


def _stacked(*cards: QWidget) -> QVBoxLayout:
    box = rows(*cards, gap=12)
    for card in cards:
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    box.addStretch(1)
    return box


TAB = TabSpec("overview", "概况", OverviewPart)
