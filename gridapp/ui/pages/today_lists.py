"""The lists of the page of the day: whom to visit, which events wait, what to do with time left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from uuid import UUID

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from gridapp.domain.completeness import Gap
from gridapp.domain.kinds import KINDS
from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage, household_page
from gridapp.store.views.suggestions import Incomplete, Suggestions, Unvisited
from gridapp.store.views.today import DueHousehold, Today, WaitingEvent
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.action_rows import ActionRows
from gridapp.ui.widgets.basic import Card, mark, words
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch
from gridapp.ui.words.deadlines import due_tag as deadline_tag
from gridapp.ui.words.due_words import due_line, due_tag
from gridapp.ui.words.event_words import action_text
from gridapp.ui.words.values import field_label
from gridapp.ui.words.wording import joined, listed, short_moment

_FRAME = 4  # px of a card above and below its parts
_NONE = 2  # rows' heights of what stands there instead where it has none


def begin_visit(desk: Desk, owner: QWidget, household_id: UUID) -> None:
    """To a household, with the visit form open beside it."""
    from gridapp.ui.forms.visit import VisitForm

    def show(found: HouseholdPage | None) -> None:
        if found:
            desk.opening.emit(VisitForm(desk, found))

    desk.go("household", household_id)
    if not desk.may("visit"):
        return
    view = partial(household_page, household_id=household_id)
    desk.read(owner, view, show)


class DueCard(Card):
    """Households to visit, in the order of buildings and floors."""

    def __init__(self, desk: Desk) -> None:
        self.order = words(tr("按楼栋排"), "secondary")
        super().__init__(tr("要走访"), self.order)
        self.desk = desk
        self._held: dict[UUID, DueHousehold] = {}
        self.list = visit_rows(desk, self, tr("要走访"), self._fetch)
        self.switch = Switch(self.list, tr("这一周没有到期的走访"))
        self.fitted = Fitted(self, self.list)
        self.body.addWidget(self.switch, 1)

    def show_view(self, view: Today) -> None:
        """Another day, or another grid."""
        self.title.setText(tr("要走访 {count}").format(count=len(view.due)))
        self._held = {household.id: household for household in view.due}
        self.list.rows.forget()
        self.list.show_ids([household.id for household in view.due])
        self.switch.show_content(empty=not view.due)
        self.order.setVisible(bool(view.due))
        self.fitted.wanted = len(view.due) or _NONE

    def _fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        return at_hand({i: self._row(self._held[i]) for i in ids if i in self._held})

    def _row(self, household: DueHousehold) -> Row:
        return Row(
            household.name,
            household.address,
            due_line(self.desk, household.due),
            tags=due_tag(household.due.day, self.desk.today),
        )


class EventsCard(Card):
    """Events whose next step is the user's, the nearest deadline first."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(tr("事件等你"))
        self.desk = desk
        self._held: dict[UUID, WaitingEvent] = {}
        self.list = RowList(tr("事件等你"), desk.tasks, desk.look, self._fetch)
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self.switch = Switch(self.list, tr("没有等你的事件"))
        self.fitted = Fitted(self, self.list)
        self.body.addWidget(self.switch, 1)

    def show_view(self, view: Today) -> None:
        """Another day, or another grid; without events no more than a line that says so."""
        none = tr("没有等你的事件")
        said = tr("事件等你 {count}").format(count=view.waiting)
        self.title.setText(said if view.events else none)
        self._held = {event.row.id: event for event in view.events}
        self.list.rows.forget()
        self.list.show_ids(list(self._held))
        self.switch.show_content(empty=not view.events)
        self.switch.setVisible(bool(view.events))
        self.fitted.stand_alone(not view.events)
        self.fitted.wanted = len(view.events)

    def _fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        return at_hand({i: self._row(self._held[i]) for i in ids if i in self._held})

    def _row(self, event: WaitingEvent) -> Row:
        desk, row = self.desk, event.row
        who = tr("你上报") if event.mine else tr("{name}上报").format(name=row.reporter)
        step = action_text(event.step.value) if event.step else ""
        told = (
            tr("退回：{text}").format(text=event.back) if event.back else " ".join(row.text.split())
        )
        deadline = deadline_tag(row.due, desk.store.clock(), desk.today)
        return Row(
            row.title or desk.item_name(row.item_code),
            joined(row.place, who if row.reporter else ""),
            joined(tr("等你{step}").format(step=step) if step else "", told),
            tags=(deadline,) if deadline else (),
        )

    def _open(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.go("event", id_)


class SuggestionsCard(Card):
    """For a day with nothing due: who was not visited for longest, and what files do not say yet."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(tr("可以去看看"))
        self.desk = desk
        self._rows: dict[UUID, Row] = {}
        self.list = visit_rows(desk, self, tr("可以去看看"), self._fetch)
        self.fitted = Fitted(self, self.list)
        self.body.addWidget(self.list, 1)
        self.hide()

    def show_found(self, found: Suggestions) -> None:
        """Other households, or none."""
        rows = {h.id: self._unvisited(h) for h in found.unvisited}
        for household in found.incomplete:
            lacking = self._lacking(household)
            held = rows.get(household.id)
            rows[household.id] = (
                Row(held.title, held.aside, joined(held.detail, lacking))
                if held
                else Row(household.name, household.address, lacking)
            )
        self._rows = rows
        self.list.rows.forget()
        self.list.show_ids(list(rows))
        self.setVisible(bool(rows))
        self.fitted.wanted = len(rows)

    def _fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        return at_hand({i: self._rows[i] for i in ids if i in self._rows})

    def _unvisited(self, household: Unvisited) -> Row:
        when = short_moment(household.last, self.desk.today)
        said = tr("上次走访 {when}").format(when=when) if when else tr("还没走访过")
        return Row(household.name, household.address, said)

    def _lacking(self, household: Incomplete) -> str:
        return tr("档案里还没有：{fields}").format(fields=listed(*gap_words(household.gaps)))


def visit_rows(
    desk: Desk,
    owner: QWidget,
    name: str,
    fetch: Callable[[tuple[UUID, ...]], Future[Mapping[UUID, Row]]],
) -> ActionRows:
    """A list of households, each with a button that records a visit."""
    made = ActionRows(name, tr("记走访"), desk.tasks, desk.look, fetch)
    made.setAccessibleDescription(tr("回车记走访，空格打开档案"))
    made.acted.connect(lambda id_: begin_visit(desk, owner, id_))
    made.opened.connect(lambda id_: desk.go("household", id_))
    return made


def gap_words(gaps: Iterable[Gap]) -> tuple[str, ...]:
    """What is missing, by the labels of the fields, each once."""
    return tuple(dict.fromkeys(field_label(KINDS[gap.kind].by_name[gap.field]) for gap in gaps))


def at_hand(rows: Mapping[UUID, Row]) -> Future[Mapping[UUID, Row]]:
    """Rows that need not be asked for."""
    future: Future[Mapping[UUID, Row]] = Future()
    future.set_result(rows)
    return future


class Fitted:
    """Makes a card as high as some of its rows: whole ones, so that none is cut through its words."""

    def __init__(self, card: Card, made: RowList) -> None:
        self._card, self._list = card, made
        self.wanted = 0  # rows, or as much of what stands there instead

    @property
    def row(self) -> int:
        """The height of a row in px."""
        return self._list.painter_.sizeHint(QStyleOptionViewItem(), QModelIndex()).height()

    @property
    def around(self) -> int:
        """The height of the card without rows, in px."""
        head = self._card.title.parentWidget()
        if head is None:
            return _FRAME
        head.ensurePolished()
        return max(head.sizeHint().height(), head.minimumHeight()) + _FRAME

    def stand_alone(self, alone: bool) -> None:
        """The head of the card is all there is of it."""
        head = self._card.title.parentWidget()
        if head:
            mark(head, tone="alone" if alone else "")

    def show_rows(self, count: int) -> None:
        """As high as ``count`` rows."""
        self._card.setFixedHeight(self.around + self.row * count)
