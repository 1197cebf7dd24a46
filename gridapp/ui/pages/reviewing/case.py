"""One case: who recorded it and when, why it waits, what it says, and three ways to decide."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.views.reviews import ReviewCase
from gridapp.ui.desk import Desk
from gridapp.ui.forms.review import ReviewForm, can_change
from gridapp.ui.operations import reviewing as operations
from gridapp.ui.pages.reviewing.fields import hides_numbers, record_block, records_of
from gridapp.ui.pages.reviewing.photos import CasePhotos
from gridapp.ui.widgets.basic import Card, button, empty, rows, words
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.words.values import Names
from gridapp.ui.words.wording import joined, short_instant


class CaseCard(Card):
    """A case that waits."""

    def __init__(self, desk: Desk, case: ReviewCase, names: Names) -> None:
        self.desk, self.case, self.names = desk, case, names
        title = joined(case.author, about_words(desk, case))
        self.whole = button(tr("显示号码（会记录）"), self._reveal, "link")
        self.whole.setAccessibleName(f"{self.whole.text()} {title}")
        self.whole.setVisible(hides_numbers(case) and desk.post.holds_file())
        self.look = button(tr("看看"), self._look, "link")
        self.look.setAccessibleName(f"{tr('看看')} {title}")
        about = case.about
        self.look.setVisible(bool(about and about.page and desk.uses(about.page)))
        super().__init__(title, self.whole, self.look)
        self.buttons: list[QPushButton] = []
        self.problem = words("", "error", wrap=True)
        self.problem.hide()
        self.photos = CasePhotos(desk, case)
        self._records = rows(gap=12)
        held = QWidget()
        held.setLayout(self._records)
        box = rows(
            words(self._when(), "secondary", wrap=True),
            words(case.why, "hint", wrap=True),
            held,
            self.photos,
            self.problem,
            gap=8,
        )
        if case.may_decide:
            box.addSpacing(4)
            box.addWidget(self._acts(title))
        box.setContentsMargins(16, 8, 16, 12)
        inner = QWidget()
        inner.setLayout(box)
        self.body.addWidget(inner)
        self._show(revealed=False)

    def _when(self) -> str:
        today, case = self.desk.today, self.case
        return joined(
            tr("{when}记的").format(when=f"{short_instant(case.stated_at, today)} ").strip(),
            tr("{when}传上来").format(when=f"{short_instant(case.arrived_at, today)} ").strip(),
            case.grid,
        )

    def _acts(self, title: str) -> QWidget:
        made = [button(tr("收下"), self._accept, "primary")]
        if can_change(self.case):
            made.append(button(tr("改了再收"), partial(self._open, give_back=False)))
        made.append(button(tr("退回"), partial(self._open, give_back=True)))
        for each in made:
            each.setAccessibleName(f"{each.text()} {title}")
        self.buttons = made
        return Flow(*made)

    def _show(self, *, revealed: bool) -> None:
        empty(self._records)
        for record in records_of(self.case):
            self._records.addWidget(record_block(self.desk, record, self.names, revealed=revealed))

    def _accept(self) -> None:
        self._wait(waiting=True)
        saving = operations.accept(self.desk.store, self.case.records)
        self.desk.run(self, saving, None, self._refuse)

    def _open(self, *, give_back: bool) -> None:
        case = self.case
        self.desk.opening.emit(ReviewForm(self.desk, case, give_back=give_back))

    def _refuse(self, problem: Problem) -> None:
        self._wait(waiting=False)
        self.problem.setText(problem.said())
        self.problem.show()

    def _wait(self, *, waiting: bool) -> None:
        for made in self.buttons:
            made.setEnabled(not waiting)

    def _look(self) -> None:
        about = self.case.about
        if about and about.page:
            self.desk.go(about.page, about.id)

    def _reveal(self) -> None:
        logged = operations.reveal(self.desk.store, records_of(self.case))
        self.desk.run(self, logged, lambda _: self._show_whole())

    def _show_whole(self) -> None:
        self.whole.hide()
        self._show(revealed=True)


def about_words(desk: Desk, case: ReviewCase) -> str:
    """Whom or what a case is about."""
    about = case.about
    if about is None:
        return ""
    return desk.item_name(about.name) if about.page == "event" else about.name
