"""Events of this household: what is not finished first."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.open_events import event_row, is_over
from gridapp.ui.pages.file.part import File, KnownRows, Part, TabSpec
from gridapp.ui.widgets.basic import Card
from gridapp.ui.widgets.row_list import RowList
from gridapp.ui.widgets.states import Switch


class EventsPart(Part):
    """Events of this household."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self._known = KnownRows()
        self.list = RowList(tr("这户的事件"), self.desk.tasks, self.desk.look, self._known.fetch)
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self._switch = Switch(
            self.list, tr("这户没有事件"), tr("看到什么要办的，点上面的“报事件”。")
        )
        card = Card()
        card.body.addWidget(self._switch, 1)
        self.box.addWidget(card, 1)

    def show_view(self, view: View) -> None:
        """The list."""
        self._known.rows = {e.id: event_row(self.desk, e) for e in view.events}
        self.list.rows.forget()
        # the sort keeps the newest first among the open and among the others
        self.list.show_ids([e.id for e in sorted(view.events, key=is_over)])
        self._switch.show_content(empty=not view.events)

    def _open(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.go("event", id_)


TAB = TabSpec("events", "事件", EventsPart, lambda view: len(view.events))
