"""Work that came too late, case by case: what was recorded, what is registered now, and a decision."""

from __future__ import annotations

from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gridapp.domain.roles import Reach
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.views.reviews import ReviewPage as View
from gridapp.store.views.reviews import count_waiting, review_page
from gridapp.ui.desk import Desk
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.reviewing.case import CaseCard
from gridapp.ui.pages.reviewing.decided import DecidedCard
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.widgets.basic import Elided, empty, rows, words
from gridapp.ui.widgets.states import Switch, scrolling


class ReviewsPage(Page):
    """What waits for this user's decision, the oldest first; what was decided, folded away beneath."""

    KINDS = ("review", "attachment")  # photos come after what they are of

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._found: View | None = None
        self.cases: tuple[CaseCard, ...] = ()
        self.decided: DecidedCard | None = None
        self._count = words("", "secondary", wrap=True)
        self._places = [QVBoxLayout(), QVBoxLayout()]
        self._places[0].setSpacing(12)
        inner = QWidget()
        column = rows(self._count, *self._places, gap=12)
        column.addStretch(1)
        inner.setLayout(column)
        self.area: QScrollArea = scrolling(inner)
        hint = tr("别人晚传上来的记录会在这里等你决定。")
        self.content = Switch(self.area, tr("没有等着你定的"), hint)
        whole = rows(Elided(tr("待审"), "title"), self.content, gap=12)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        desk.look.changed.connect(self._fit)

    def refresh(self) -> None:
        """Ask for all of it."""
        self.desk.read(self, review_page, self._show, self._refuse, only_latest="reviews")

    def _fit(self) -> None:
        for card in self.cases:
            card.photos.fit()

    def _refuse(self, problem: Problem) -> None:
        self._found = None
        self.content.refuse(problem.said())

    def _show(self, found: View) -> None:
        if found == self._found:
            for card in self.cases:
                card.photos.refresh()
            return
        at = self.area.verticalScrollBar().value()
        self._found = found
        self._show_count(found)
        empty(self._places[0])
        self.cases = tuple(CaseCard(self.desk, case, found.names) for case in found.waiting)
        for card in self.cases:
            self._places[0].addWidget(card)
        open_ = self.decided is not None and not self.decided.folded
        empty(self._places[1])
        self.decided = DecidedCard(self.desk, found) if found.decided else None
        if self.decided:
            self._places[1].addWidget(self.decided)
            if open_:
                self.decided.toggle()
        self.content.show_content(empty=not (found.waiting or found.decided))
        self.area.verticalScrollBar().setValue(at)

    def _show_count(self, found: View) -> None:
        text = tr("没有等着你定的。") if not found.count else ""
        if found.count > len(found.waiting):
            text = tr("共 {count} 件，先列最早的 {shown} 件。").format(
                count=found.count, shown=len(found.waiting)
            )
        self._count.setText(text)
        self._count.setVisible(bool(text))


PAGE = PageSpec(
    "reviews",
    ReviewsPage,
    "待审",
    reach=frozenset({Reach.GRIDS}),
    writes="review",
    waiting=count_waiting,
    guide="reviews",
)
