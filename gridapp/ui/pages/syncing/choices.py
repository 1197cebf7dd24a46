"""What was changed twice: both values side by side, who set them and when, and a button for each."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from gridapp.domain.choice import DELETION, Choice
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.views.twice import Twice
from gridapp.ui.desk import Desk
from gridapp.ui.operations import conflicts as operations
from gridapp.ui.pages.syncing.saying import about_words
from gridapp.ui.widgets.basic import Card, button, columns, rows, tag, words
from gridapp.ui.words.choice_words import hides_numbers, side, start_words, twice_label
from gridapp.ui.words.deletion_words import deletion_asides
from gridapp.ui.words.wording import joined


class ChoicesCard(Card):
    """Everything that was changed twice."""

    def __init__(self, desk: Desk, found: tuple[Twice, ...]) -> None:
        super().__init__(tr("改了两次，选一个 {count}").format(count=len(found)))
        self.choices = {one.stake.conflict.id: ChoiceBlock(desk, one) for one in found}
        for block in self.choices.values():
            self.body.addWidget(block)
        after = tr("选好以后大家都用它，另一个不再用。没有网络也能选，连上后再传上去。")
        hint = words(after, "hint", wrap=True)
        hint.setContentsMargins(16, 8, 16, 10)
        self.body.addWidget(hint)

    def block(self, conflict_id: UUID) -> ChoiceBlock | None:
        """One of them."""
        return self.choices.get(conflict_id)


class ChoiceBlock(QFrame):
    """One choice."""

    def __init__(self, desk: Desk, found: Twice) -> None:
        super().__init__()
        self.setProperty("look", "line")
        self.desk, self.found = desk, found
        self.buttons: dict[Choice, QPushButton] = {}
        self._body = QWidget()
        self.problem = words("", "error", wrap=True)
        self.problem.hide()
        box = rows(self._head(), *self._asides(), self._body, self.problem, gap=6)
        box.setContentsMargins(16, 10, 16, 12)
        self.setLayout(box)
        self._show(revealed=False)

    def begin(self) -> None:
        """Put the keyboard on the first button."""
        for made in self.buttons.values():
            made.setFocus()
            return

    def _head(self) -> QWidget:
        about = self.found.about
        title = joined(about_words(self.desk, about), twice_label(self.found))
        self.whole = button(tr("显示号码（会记录）"), self._reveal, "link")
        self.whole.setAccessibleName(f"{self.whole.text()} {title}")
        self.whole.setVisible(hides_numbers(self.found) and self.desk.post.holds_file())
        parts: list[QWidget] = [words(title, "strong", wrap=True), self.whole]
        if about and about.page and self.desk.uses(about.page):
            look = button(tr("看看"), partial(self.desk.go, about.page, about.id), "link")
            look.setAccessibleName(f"{tr('看看')} {title}")
            parts.append(look)
        head = QWidget()
        line = columns(*parts)
        line.setStretch(0, 1)
        head.setLayout(line)
        return head

    def _asides(self) -> list[QWidget]:
        found = self.found
        said: list[QWidget] = []
        if found.stake.again:
            said.append(words(tr("你选过以后又有人改了，请再选一次。"), "notice", wrap=True))
        if found.stake.conflict.field == DELETION:
            told = deletion_asides(self.desk, found)
            said += [words(text, "secondary", wrap=True) for text in told]
        if found.stake.deleted:
            text = tr("这一条已经删除。用现在的就不恢复；用另一个，就恢复这一条。")
            said.append(words(text, "notice", wrap=True))
        if not found.may_decide:
            said.append(words(tr("由管这一户的人来选。"), "hint", wrap=True))
        return said

    def _show(self, *, revealed: bool) -> None:
        both = columns(*(self._panel(one, revealed=revealed) for one in Choice), gap=12)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        before: tuple[str, ...] = ()
        if self.found.stake.conflict.field != DELETION:
            before = start_words(self.desk, self.found, revealed=revealed)
        panels = QWidget()
        panels.setLayout(rows(*(words(t, "secondary", wrap=True) for t in before), both, gap=6))
        old, self._body = self._body, panels
        layout = self.layout()
        assert layout is not None
        layout.replaceWidget(old, panels)
        old.hide()
        old.deleteLater()

    def _panel(self, choice: Choice, *, revealed: bool) -> QFrame:
        said = side(self.desk, self.found, choice, revealed=revealed)
        panel = QFrame()
        panel.setProperty("look", "card")
        caption = QWidget()
        which = tr("现在用的") if said.in_use else tr("另一个")
        tags = () if self.found.stake.conflict.field == DELETION else (tag(which),)
        head = columns(words(said.caption, "label", wrap=True), *tags)
        head.setStretch(0, 1)
        caption.setLayout(head)
        parts = [caption, *(words(text, "strong", wrap=True) for text in said.values)]
        box = rows(*parts, gap=4)
        box.addStretch(1)
        if self.found.may_decide:
            made = button(said.act, partial(self._choose, choice))
            made.setAccessibleName(f"{said.act} {' '.join(said.values)}")
            self.buttons[choice] = made
            box.addSpacing(4)
            box.addLayout(columns(made, None))
        box.setContentsMargins(12, 8, 12, 10)
        panel.setLayout(box)
        return panel

    def _choose(self, choice: Choice) -> None:
        self._wait(waiting=True)
        saving = operations.decide(self.desk.store, self.found.stake, choice)
        self.desk.run(self, saving, None, self._refuse)

    def _refuse(self, problem: Problem) -> None:
        self._wait(waiting=False)
        self.problem.setText(problem.said())
        self.problem.show()

    def _wait(self, *, waiting: bool) -> None:
        for made in self.buttons.values():
            made.setEnabled(not waiting)

    def _reveal(self) -> None:
        logged = operations.reveal(self.desk.store, self.found.stake)
        self.desk.run(self, logged, lambda _: self._show_whole())

    def _show_whole(self) -> None:
        self.whole.hide()
        self._show(revealed=True)
