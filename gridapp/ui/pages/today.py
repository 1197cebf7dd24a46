"""What to do now: whom to visit, which events wait, what to look at, and how the month stands."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayoutItem, QSizePolicy, QWidget

from gridapp.domain.roles import Reach
from gridapp.errors import Problem
from gridapp.i18n import language, tr
from gridapp.store.views.suggestions import Suggestions, suggestions
from gridapp.store.views.today import Today, today
from gridapp.ui.desk import Desk
from gridapp.ui.pages.changing import ChangingLine
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.pages.today_lists import DueCard, EventsCard, SuggestionsCard, begin_visit
from gridapp.ui.pages.today_room import fitting, grown
from gridapp.ui.pages.today_side import BigActions, LooksCard, MonthCard
from gridapp.ui.widgets.basic import Elided, rows
from gridapp.ui.widgets.grid_chips import GridChips
from gridapp.ui.widgets.states import scrolling
from gridapp.ui.words.wording import plain_day

_WIDE = 42  # heights of a line that both columns need side by side
_SIDE = 13  # of them for the right one
_WEIGHTS = (4, 3, 2)  # of the lists, where not all rows of each have room
_MOST = (1 << 24) - 1  # px: as wide as Qt lets a widget be
_WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


class TodayPage(Page):
    """The page that a day begins with."""

    KINDS = (
        "visit",
        "household",
        "household_file",
        "dwelling",
        "building",
        "residence",
        "person",
        "person_file",
        "care_enrolment",
        "care_group",
        "event",
        "event_action",
        "conflict",
        "assignment",
        "unit",
    )
    SYNC = True

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.view: Today | None = None
        self.grid_id: UUID | None = None
        self._asking = self._again = False
        self._wide = True
        self._build()
        # after a defect nobody answers
        desk.tasks.broken.connect(self._answered)
        desk.look.changed.connect(self._arrange)

    def refresh(self) -> None:
        """Ask for the day; while an answer is under way, once more after it."""
        if self._asking:
            self._again = True
            return
        self._asking = True
        view = partial(today, grid_id=self.grid_id)
        self.desk.read(self, view, self._show, self._refused)

    def begin(self) -> None:
        """In the list of households: arrows choose, Enter records a visit."""
        if self.view is None:
            self.setFocus()  # until it is known what there is to do
        elif self.view.due:
            self.due.list.setFocus()
        else:
            self.big.visit.setFocus()

    def record_visit(self) -> bool:
        """Ctrl+1: to the household chosen in the list."""
        chosen = self.due.list.current_id() if self.due.list.hasFocus() else None
        if chosen:
            begin_visit(self.desk, self, chosen)
        return chosen is not None

    def show_post(self) -> None:
        """Who may not record a visit is offered none."""
        for rows_ in (self.due.list, self.suggestions.list):
            rows_.offer(offered=self.desk.may("visit"))

    def choose_grid(self, grid_id: UUID | None) -> None:
        """Only one grid, or (None) all of them."""
        self.grid_id = grid_id
        self.refresh()

    def _build(self) -> None:
        self.title = Elided("", "title")
        self.sentence = Elided("", "aside")
        head = QHBoxLayout()
        head.setSpacing(14)
        policy = QSizePolicy.Policy
        self.title.setSizePolicy(policy.Maximum, policy.Fixed)
        head.addWidget(self.title)
        head.addWidget(self.sentence, 1)
        self.changing = ChangingLine()
        self._chips = GridChips()
        self._chips.chosen.connect(self.choose_grid)
        self.due = DueCard(self.desk)
        self.suggestions = SuggestionsCard(self.desk)
        self.events = EventsCard(self.desk)
        lists = (self.due, self.suggestions, self.events)
        self._left = left = rows(head, self.changing, self._chips, *lists, gap=12)
        left.addStretch(1)
        self.big = BigActions(self.desk, self.record_visit)
        self.looks = LooksCard(self.desk)
        self.month = MonthCard()
        self._side = QWidget()
        self._right = rows(self.big, self.looks, self.month, gap=12)
        self._right.addStretch(1)
        self._side.setLayout(self._right)
        self._columns = QHBoxLayout()
        self._columns.setSpacing(16)
        self._columns.addLayout(left, 1)
        self._columns.addWidget(self._side)
        inner = QWidget()
        self._columns.setContentsMargins(18, 14, 18, 14)
        inner.setLayout(self._columns)
        self.setLayout(rows(scrolling(inner), gap=0))
        self.show_post()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the right column goes beneath where there is no room beside it, its big actions to the top."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        line = self.fontMetrics().height()
        wide = self.width() >= line * _WIDE
        if wide != self._wide:
            self._wide = wide
            self.big.lie_beside(not wide)
            (self._right if wide else self._left).insertWidget(0 if wide else 2, self.big)
        direction = QBoxLayout.Direction
        self._columns.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._side.setMinimumWidth(line * _SIDE if wide else 0)
        self._side.setMaximumWidth(line * _SIDE if wide else _MOST)
        self._share_room()

    def _share_room(self) -> None:
        """The lists fill the page; where it has no room for a few rows of each, it scrolls instead of them."""
        cards = (self.due, self.suggestions, self.events)
        lists = [card.fitted for card in cards if not card.isHidden()]
        wanted = [held.wanted for held in lists]
        weights = [w for w, card in zip(_WEIGHTS, cards, strict=True) if not card.isHidden()]
        row = lists[0].row
        room = self._room() - sum(held.around for held in lists)
        given = fitting(wanted, weights, room // row) if self._wide else None
        if given is None:
            given = grown(wanted, (self.height() - lists[0].around) // row)
        for held, count in zip(lists, given, strict=True):
            held.show_rows(count)

    def _room(self) -> int:
        """The px that the page has for the lists and what stands between them."""
        line = self.fontMetrics().height()
        edges = self._columns.contentsMargins()
        side = line * _SIDE
        across = self.width() - edges.left() - edges.right() - side - self._columns.spacing()
        beside = high(self._right, side) if self._wide else 0
        room = max(self.height() - edges.top() - edges.bottom(), beside)
        cards = (self.due, self.suggestions, self.events)
        items = map(self._left.itemAt, range(self._left.count()))
        shown = [item for item in items if not item.isEmpty()]
        others = [item for item in shown if item.widget() not in cards]
        gaps = self._left.spacing() * (len(shown) - 1)
        return room - gaps - sum(high(item, across) for item in others)

    def _show(self, view: Today) -> None:
        first = self.view is None
        if view != self.view:
            self.view = view
            self.title.setText(day_title(view))
            self.sentence.setText(day_sentence(view))
            self.changing.show_grids(view.changing, view.day)
            self._chips.show_grids(view.grids, self.grid_id)
            self.due.show_view(view)
            self.events.show_view(view)
            self.looks.show_view(view)
            self.month.show_view(view)
        if view.now:
            self._suggest(Suggestions())
        else:
            wanted = partial(suggestions, grid_id=self.grid_id)
            self.desk.read(self, wanted, self._suggest, only_latest="suggestions")
            self._share_room()
        if first and self.hasFocus():
            self.begin()
        self._answered()

    def _suggest(self, found: Suggestions) -> None:
        self.suggestions.show_found(found)
        self._share_room()

    def _refused(self, problem: Problem) -> None:
        self._answered()
        self.desk.tasks.refused.emit(problem)

    def _answered(self) -> None:
        self._asking = False
        if self._again:
            self._again = False
            self.refresh()


PAGE = PageSpec(
    "today",
    TodayPage,
    "今日",
    reach=frozenset({Reach.GRIDS}),
    guide="today",
)


def high(item: QLayoutItem, across: int) -> int:
    """The px that a part takes where it is ``across`` px wide."""
    wraps = item.hasHeightForWidth()
    return item.heightForWidth(across) if wraps else item.sizeHint().height()


def day_title(view: Today) -> str:
    """``11月20日 星期五``."""
    return f"{plain_day(view.day, view.day)} {tr(_WEEKDAYS[view.day.weekday()])}"


def day_sentence(view: Today) -> str:
    """The day in one sentence."""
    parts = []
    later = len(view.due) - view.now
    if view.now:
        parts.append(tr("今天 {count} 户要走访").format(count=view.now))
    else:
        parts.append(tr("今天没有到期的走访"))
    if later:
        parts.append(tr("一周内还有 {count} 户").format(count=later))
    if view.waiting:
        parts.append(tr("{count} 件事件等你").format(count=view.waiting))
    return (", " if language() == "en" else "，").join(parts)
