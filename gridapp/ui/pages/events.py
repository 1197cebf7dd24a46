"""The list of events: what waits for the user (the nearest deadline first), under way, done, or all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import QModelIndex, QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridapp.domain.roles import Reach
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.views.events import EventRow, event_ids, event_rows, events_waiting
from gridapp.ui.desk import Desk, Where
from gridapp.ui.offered import Offer
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Card, Elided, button, columns, rows
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.field import Line
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch
from gridapp.ui.words.deadlines import due_tag
from gridapp.ui.words.event_words import state_tag
from gridapp.ui.words.wording import joined, short_moment

_TYPING = 150  # ms
MINE, OPEN = "mine", "open"
REACH = frozenset({Reach.GRIDS, Reach.MICRO, Reach.UNIT})  # whose roles have to do with events


class EventsPage(Page):
    """Events that wait for the user, are under way, done, or all."""

    KINDS = ("event", "event_action", "assignment")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._ids: Sequence[UUID] = ()
        self._fresh = True  # nobody chose yet what to see
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING)
        self._typing.timeout.connect(self.refresh)
        self._build()
        desk.day_changed.connect(self._another_day)

    def arrive(self, where: Where) -> None:
        """With ``where.tab`` what to see: mine, open, closed or all."""
        if where.tab:
            self._fresh = False
            self.which.set_value(where.tab)
        super().arrive(where)

    def refresh(self) -> None:
        """Ask for the ids, and for how many wait."""
        which, typed, today = self.which.value() or OPEN, self.filter.text(), self.desk.today
        ids = partial(event_ids, which=which, typed=typed, today=today)
        self.desk.read(self, ids, self._show_ids, only_latest="ids")
        waiting = partial(events_waiting, today=today)
        self.desk.read(self, waiting, self._show_waiting, only_latest="waiting")

    def begin(self) -> None:
        """In the list: arrows choose, Enter opens."""
        self.list.setFocus()

    def report_event(self) -> bool:
        """Open the form beside the list."""
        from gridapp.ui.forms.event import EventForm

        if not self.desk.may("event"):
            return False
        self.desk.opening.emit(EventForm(self.desk, None))
        return True

    def show_post(self) -> None:
        """Who may not report is not told to."""
        hint = tr("看到要处理的事，点“报事件”。") if self.desk.may("event") else ""
        self.switch.explain(hint)

    def concerns(self, changes: Changes) -> bool:
        """Rows that changed are asked for again."""
        if changes.touches(*self.KINDS):
            self.list.rows.forget()
        return super().concerns(changes)

    def _build(self) -> None:
        self.title = Elided(tr("事件"), "title")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        report = button(tr("报事件"), self.report_event, "primary")
        Offer(self.desk, report, partial(self.desk.may, "event"))
        head.addWidget(report)
        whole = rows(head, self._card(), gap=14)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def _card(self) -> QWidget:
        self.which = Segmented(
            tr("哪些事件"),
            (
                (MINE, tr("等我办")),
                (OPEN, tr("在办")),
                ("closed", tr("办完")),
                ("all", tr("全部")),
            ),
            MINE,
        )
        self.which.chosen.connect(self._choose)
        self.filter = Line("", tr("找：事项、地点、编号、住户"))
        self.filter.setAccessibleName(tr("在事件中找"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(lambda _: self._typing.start())
        fetch = self.desk.rows(event_rows, self._row)
        self.list = RowList(tr("事件列表"), self.desk.tasks, self.desk.look, fetch)
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self.switch = Switch(self.list, tr("这里没有事件"))
        self.show_post()
        card = Card()
        tools = columns(self.which, self.filter, gap=12)
        tools.setStretch(1, 1)
        tools.setContentsMargins(12, 12, 12, 8)
        card.body.addLayout(tools)
        card.body.addWidget(self.switch, 1)
        return card

    def _row(self, row: EventRow) -> Row:
        today = self.desk.today
        due = due_tag(row.due, self.desk.store.clock(), today)
        over = row.due is not None and row.due.done is not None
        tags: tuple[tuple[str, str], ...] = (state_tag(row.state),)
        # what was done in time needs no word here; what was late does
        if due is not None and not (over and due[1] == "green"):
            tags = (due, *tags)
        return Row(
            row.title or self.desk.item_name(row.item_code),
            row.place,
            joined(short_moment(row.happened_at, today), row.reporter, row.grid, row.text),
            tags=tags,
        )

    def _choose(self, _which: str) -> None:
        self._fresh = False
        self.refresh()

    def _show_ids(self, ids: Sequence[UUID]) -> None:
        if self._fresh and not ids and self.which.value() == MINE and not self.filter.text():
            # nothing waits: what is under way is what there is to see
            self._fresh = False
            self.which.set_value(OPEN)
            self.refresh()
            return
        if ids != self._ids or not ids:
            self._ids = ids
            self.list.show_ids(ids)
        self.title.setText(tr("事件 {count}").format(count=len(ids)))
        self.switch.show_content(empty=not ids)

    def _show_waiting(self, count: int) -> None:
        words = tr("等我办 {count}").format(count=count) if count else tr("等我办")
        self.which.set_text(MINE, words)

    def _another_day(self) -> None:
        self.list.rows.forget()

    def _open(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.go("event", id_)


PAGE = PageSpec(
    "events",
    EventsPage,
    "事件",
    reach=REACH,
    waiting=events_waiting,
    guide="events",
)
