"""The list of events, newest first."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import QModelIndex, QTimer
from PySide6.QtWidgets import QHBoxLayout

from gridapp.domain.roles import Reach
from gridapp.domain.workflow import STATE_LABELS, State
from gridapp.i18n import language, tr
from gridapp.store.changes import Changes
from gridapp.store.views.events import EventRow, event_ids, event_rows
from gridapp.ui.desk import Desk
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Card, Elided, button, columns, rows
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.field import Line
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch
from gridapp.ui.wording import joined, short_moment

_TYPING = 150  # ms
_TONES = {State.CLOSED: "green", State.RATED: "green", State.VERIFIED: "green"}


class EventsPage(Page):
    """Events that are under way, done, or all."""

    KINDS = ("event", "event_action")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._ids: tuple[UUID, ...] = ()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING)
        self._typing.timeout.connect(self.refresh)
        self._build()

    def refresh(self) -> None:
        """Ask for the ids."""
        which, typed = self.which.value() or "open", self.filter.text()
        view = partial(event_ids, which=which, typed=typed)
        self.desk.read(self, view, self._show_ids, only_latest="ids")

    def begin(self) -> None:
        """In the list: arrows choose, Enter opens."""
        self.list.setFocus()

    def concerns(self, changes: Changes) -> bool:
        """Rows that changed are asked for again."""
        if changes.touches(*self.KINDS):
            self.list.rows.forget()
        return super().concerns(changes)

    def _build(self) -> None:
        self.title = Elided(tr("事件"), "title")
        report = button(tr("报事件"), self._report, "primary")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(report)
        self.which = Segmented(
            tr("哪些事件"),
            (("open", tr("办理中")), ("closed", tr("已办结")), ("all", tr("全部"))),
            "open",
        )
        self.which.chosen.connect(lambda _: self.refresh())
        self.filter = Line("", tr("找：事项、地点、编号"))
        self.filter.setAccessibleName(tr("在事件中找"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textEdited.connect(lambda _: self._typing.start())
        self.list = RowList(
            tr("事件列表"), self.desk.tasks, self.desk.look, self.desk.rows(event_rows, self._row)
        )
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self.switch = Switch(self.list, tr("这里没有事件"), tr("看到要处理的事，点“报事件”。"))
        card = Card()
        tools = columns(self.which, self.filter, gap=12)
        tools.setStretch(1, 1)
        tools.setContentsMargins(12, 12, 12, 8)
        card.body.addLayout(tools)
        card.body.addWidget(self.switch, 1)
        whole = rows(head, card, gap=14)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def _row(self, row: EventRow) -> Row:
        return Row(
            row.title or self.desk.item_name(row.item_code),
            row.place,
            joined(
                short_moment(row.happened_at, self.desk.today), row.reporter, row.grid, row.text
            ),
            tags=(state_tag(row.state),),
        )

    def _show_ids(self, ids: tuple[UUID, ...]) -> None:
        if ids != self._ids or not ids:
            self._ids = ids
            self.list.show_ids(ids)
        self.title.setText(tr("事件 {count}").format(count=len(ids)))
        self.switch.show_content(empty=not ids)

    def _open(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.go("event", id_)

    def _report(self) -> None:
        from gridapp.ui.forms.event import EventForm

        self.desk.opening.emit(EventForm(self.desk, None))


PAGE = PageSpec(
    "events",
    EventsPage,
    "事件",
    reach=frozenset({Reach.GRIDS, Reach.MICRO, Reach.UNIT}),
    guide="events",
)


def state_text(state: str) -> str:
    """Where an event stands, in words."""
    if state not in set(State):
        return state
    zh, en = STATE_LABELS[State(state)]
    return en if language() == "en" else zh


def state_tag(state: str) -> tuple[str, str]:
    """The tag for a state."""
    known = State(state) if state in set(State) else None
    return state_text(state), _TONES.get(known, "blue") if known else "grey"
