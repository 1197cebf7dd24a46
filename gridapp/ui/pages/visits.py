"""All visits, newest first: mine or everybody's, by how, month and care group, by words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import QModelIndex, QTimer
from PySide6.QtWidgets import QWidget

from gridapp.domain.roles import Reach
from gridapp.i18n import language, tr
from gridapp.store.changes import Changes
from gridapp.store.views.visits import VisitRow, Wanted, visit_ids, visit_months, visit_rows
from gridapp.ui.desk import Desk
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Card, Elided, rows
from gridapp.ui.widgets.choice import Segmented, Toggles
from gridapp.ui.widgets.field import Choice, Line
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch
from gridapp.ui.words.wording import joined, short_moment

_TYPING = 150  # ms


class VisitsPage(Page):
    """Every visit that is on this computer."""

    KINDS = ("visit", "household", "event", "staff")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._ids: Sequence[UUID] = ()
        self._months: tuple[str, ...] = ()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING)
        self._typing.timeout.connect(self.refresh)
        self._build()

    def refresh(self) -> None:
        """Ask for the ids, and for the months that can be chosen."""
        view = partial(visit_ids, wanted=self.wanted())
        self.desk.read(self, view, self._show_ids, only_latest="ids")
        self.desk.read(self, visit_months, self._show_months, only_latest="months")

    def begin(self) -> None:
        """In the list: arrows choose, Enter opens."""
        self.list.setFocus()

    def concerns(self, changes: Changes) -> bool:
        """Rows that changed are asked for again."""
        concerned = super().concerns(changes)
        if concerned:
            self.list.rows.forget()
        return concerned

    def wanted(self) -> Wanted:
        """What is chosen above the list."""
        return Wanted(
            self.whose.value() == "mine",
            self.how.value(),
            self.month.value(),
            self.care.value(),
            "watch" in self.watch.values(),
            self.filter.text(),
        )

    def _build(self) -> None:
        self.title = Elided(tr("走访"), "title")
        self.list = RowList(
            tr("走访记录"), self.desk.tasks, self.desk.look, self.desk.rows(visit_rows, self._row)
        )
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        self.switch = Switch(
            self.list, tr("这里没有走访"), tr("换个条件也许能找到；新的走访在住户那里记。")
        )
        card = Card()
        tools = rows(self._tools(), self._words(), gap=8)
        tools.setContentsMargins(12, 12, 12, 8)
        card.body.addLayout(tools)
        card.body.addWidget(self.switch, 1)
        whole = rows(self.title, card, gap=14)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def _tools(self) -> QWidget:
        reference = self.desk.reference
        self.whose = Segmented(tr("谁的走访"), (("all", tr("全部")), ("mine", tr("我的"))), "all")
        self.whose.chosen.connect(lambda _: self.refresh())
        self.how = Choice(reference.choices("visit_how", language()), empty=tr("各种方式"))
        self.month = Choice((), empty=tr("各个月份"))
        groups = [(g.group_code, self.desk.care_name(g.group_code)) for g in reference.care_groups]
        self.care = Choice(groups, empty=tr("各种关爱群体"))
        for box, name, letters in (
            (self.how, tr("走访方式"), 9),
            (self.month, tr("哪个月"), 11),
            (self.care, tr("哪种关爱群体"), 16),
        ):
            box.setAccessibleName(name)
            box.setMinimumContentsLength(letters)
            box.activated.connect(lambda _: self.refresh())
        self.watch = Toggles(tr("只看"), (("watch", tr("有留意的")),))
        self.watch.changed.connect(self.refresh)
        return Flow(self.whose, self.how, self.month, self.care, self.watch, gap=10)

    def _words(self) -> QWidget:
        self.filter = Line("", tr("找：姓名、门牌、写下的话"))
        self.filter.setAccessibleName(tr("在走访中找"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(lambda _: self._typing.start())
        return self.filter

    def _row(self, row: VisitRow) -> Row:
        desk = self.desk
        when = short_moment(row.happened_at, desk.today)
        promise = tr("约好：{promise}").format(promise=row.promise) if row.promise else ""
        said = joined(when, desk.say("visit_how", row.how), row.visitor, row.text)
        return Row(
            row.name,
            row.address,
            f"{said} " if promise else said,
            f" {promise}" if promise else "",
            self._tags(row),
        )

    def _tags(self, row: VisitRow) -> tuple[tuple[str, str], ...]:
        tags: list[tuple[str, str]] = []
        if row.watch:
            tags.append((tr("留意 {count}").format(count=row.watch), "amber"))
        if row.event:
            tags.append((tr("有事件"), "blue"))
        if row.source == "paper":
            tags.append((self.desk.say("visit_source", row.source), "grey"))
        elif row.recorder:
            tags.append((tr("{name}代记").format(name=row.recorder), "grey"))
        return tuple(tags)

    def _show_ids(self, ids: Sequence[UUID]) -> None:
        if ids != self._ids or not ids:
            self._ids = ids
            self.list.show_ids(ids)
        self.title.setText(tr("走访 {count}").format(count=len(ids)))
        self.switch.show_content(empty=not ids)

    def _show_months(self, months: tuple[str, ...]) -> None:
        if months == self._months:
            return
        self._months, chosen = months, self.month.value()
        while self.month.count() > 1:  # the first is: every month
            self.month.removeItem(1)
        for month in months:
            self.month.addItem(month_words(month), month)
        self.month.set_value(chosen)

    def _open(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        if id_:
            self.desk.read(self, partial(visit_rows, ids=[id_]), self._go)

    def _go(self, found: dict[UUID, VisitRow]) -> None:
        for row in found.values():
            self.desk.go("household", row.household_id, "visits", row.id)


PAGE = PageSpec(
    "visits",
    VisitsPage,
    "走访",
    reach=frozenset({Reach.GRIDS}),
    guide="visit",
)


def month_words(month: str) -> str:
    """``2026年11月``."""
    year, number = month.split("-")
    return tr("{year} 年 {month} 月").format(year=year, month=int(number))
