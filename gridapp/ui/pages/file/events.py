"""Events of this household."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.events import state_tag
from gridapp.ui.pages.file.part import File, KnownRows, Part, TabSpec
from gridapp.ui.widgets.basic import Card
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch
from gridapp.ui.wording import short_moment


class EventsPart(Part):
    """Events of this household."""

    def __init__(self, page: File) -> None:
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


TAB = TabSpec("events", "事件", EventsPart, lambda view: len(view.events))
