"""Overview: members and the last visits."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QSizePolicy, QWidget

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.pages.file.people import member_line, members_table
from gridapp.ui.pages.file.visit_rows import show_visits, visits_list
from gridapp.ui.widgets.basic import Card, button, rows, words
from gridapp.ui.widgets.states import scrolling


class OverviewPart(Part):
    """Members and the last visits."""

    def __init__(self, page: File) -> None:
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
        self.page.choose("visits", self.visits.rows.id_at(index))


TAB = TabSpec("overview", "概况", OverviewPart)
