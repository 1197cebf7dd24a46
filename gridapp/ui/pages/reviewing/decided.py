"""What was decided about late work: by whom, when, with which words. Folded away until somebody looks."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gridapp.i18n import tr
from gridapp.store.views.reviews import ReviewCase, ReviewPage
from gridapp.ui.desk import Desk
from gridapp.ui.pages.reviewing.case import about_words
from gridapp.ui.pages.reviewing.fields import record_title
from gridapp.ui.pages.syncing.lines import line
from gridapp.ui.widgets.basic import Card, button, columns, rows, tag, words
from gridapp.ui.words.wording import joined, short_instant


class DecidedCard(Card):
    """The newest decisions."""

    def __init__(self, desk: Desk, found: ReviewPage) -> None:
        self.fold = button(tr("打开看"), self.toggle, "link")
        title = tr("已经定了 {count}").format(count=len(found.decided))
        self.fold.setAccessibleName(title)
        super().__init__(title, self.fold)
        self.desk = desk
        self._lines = QWidget()
        self._lines.setLayout(rows(*(self._line(case) for case in found.decided), gap=0))
        self._lines.hide()
        self.body.addWidget(self._lines)

    @property
    def folded(self) -> bool:
        """Whether the lines are folded away."""
        return self._lines.isHidden()

    def toggle(self) -> None:
        """Unfold, or fold again."""
        self._lines.setVisible(self.folded)
        self.fold.setText(tr("打开看") if self.folded else tr("收起"))

    def _line(self, case: ReviewCase) -> QWidget:
        when = short_instant(case.decided_at, self.desk.today) if case.decided_at else ""
        state = QWidget()
        state.setLayout(
            columns(
                tag(_said(case), "green" if case.accepted else "grey"),
                words(joined(case.decided_by, when), "secondary"),
                None,
            )
        )
        what = "；".join(record_title(record) for record in case.records[:3])
        return line(joined(case.author, about_words(self.desk, case)), what, case.note, state)


def _said(case: ReviewCase) -> str:
    first = case.records[0].review
    if case.accepted:
        # What was decided here and has not gone up yet says neither by whom nor when.
        nobody = first.decided_by is None and first.decided_at is not None
        return tr("已由本人重新提交并登记") if nobody else tr("收下了")
    # Who gives something back always says why.
    own = first.decided_by == first.author_id and not case.note
    return tr("已由本人重新提交") if own else tr("退回了")
