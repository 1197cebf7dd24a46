"""Events of a household that are not finished."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex

from gridapp.domain.event import Event
from gridapp.domain.workflow import State
from gridapp.i18n import tr
from gridapp.store.views.events import DONE
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.desk import Desk
from gridapp.ui.pages.file.part import KnownRows
from gridapp.ui.widgets.basic import Card
from gridapp.ui.widgets.row_list import Row
from gridapp.ui.widgets.short_list import ShortList
from gridapp.ui.words.event_words import state_tag
from gridapp.ui.words.wording import joined, short_moment

_OVER = (*DONE, State.HANDLED_ON_SPOT.value)


class OpenEvents(Card):
    """A card with them; hidden while there are none."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(tr("没办完的事件"))
        self.desk, self._known = desk, KnownRows()
        self.list = ShortList(tr("没办完的事件"), desk.tasks, desk.look, self._known.fetch)
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self.body.addWidget(self.list)

    def show_view(self, view: View) -> None:
        """Those of another state of the file."""
        found = [e for e in view.events if not is_over(e)]
        self._known.rows = {e.id: event_row(self.desk, e) for e in found}
        self.list.rows.forget()
        self.list.show_ids([e.id for e in found])
        self.setVisible(bool(found))

    def _open(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.go("event", id_)


def is_over(event: Event) -> bool:
    """Whether nothing more is to be done about it here."""
    return event.state in _OVER


def event_row(desk: Desk, event: Event) -> Row:
    """An event as the lists of a file show it."""
    return Row(
        event.title or desk.item_name(event.item_code),
        joined(short_moment(event.happened_at, desk.today), event.place),
        " ".join(event.text.split()),
        tags=(state_tag(event.state),),
    )
