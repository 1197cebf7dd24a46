"""All visits, and one of them in full."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import QModelIndex

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.pages.file.visit_detail import VisitDetail
from gridapp.ui.pages.file.visit_rows import show_visits, visits_list
from gridapp.ui.widgets.basic import Card
from gridapp.ui.widgets.beside import Beside
from gridapp.ui.widgets.row_list import SHORT
from gridapp.ui.widgets.states import scrolling


class VisitsPart(Part):
    """The list, and beside or beneath it the visit that is chosen."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self.list, self._known, self._switch = visits_list(self.desk)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._show_one(now))
        card = Card()
        card.body.addWidget(self._switch, 1)
        self.detail = VisitDetail(self.desk)
        self._detail_card = Card(tr("这次走访"))
        self._in_full = scrolling(self.detail)
        self._detail_card.body.addWidget(self._in_full)
        self._detail_card.hide()
        self._both = Beside(card, self._detail_card, shares=(1, 1), lines=8)
        self._both.arranged.connect(self._grow)
        self.box.addWidget(scrolling(self._both), 1)
        self._view: View | None = None

    def show_view(self, view: View) -> None:
        """The list; of another household the last visit is in full at once."""
        another = self._view is None or self._view.household.id != view.household.id
        self._view = view
        show_visits(self.desk, self.list, self._known, view)
        self._switch.show_content(empty=not view.visits)
        if another and view.visits and not self.list.currentIndex().isValid():
            self.choose(view.visits[0].id)
        self._show_one(self.list.currentIndex())
        self._grow()

    def _grow(self) -> None:
        """Beneath each other both scroll together: neither scrolls by itself but a long list."""
        beneath = not self._both.is_wide
        self._in_full.be_whole(beneath)
        self.list.be_whole(beneath and self.list.rows.rowCount() <= SHORT)

    def choose(self, item: UUID) -> None:
        """One visit in full."""
        place = self.list.rows.place_of(item)
        if place >= 0:
            self.list.setCurrentIndex(self.list.rows.index(place))

    def _show_one(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        visit = next((v for v in self._view.visits if v.id == id_), None) if self._view else None
        self._detail_card.setVisible(visit is not None)
        if visit and self._view:
            self.detail.show_visit(visit, self._view)


TAB = TabSpec("visits", "走访", VisitsPart, lambda view: len(view.visits), file=True)
