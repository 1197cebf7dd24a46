"""Changes: who changed what, from what to what and when, as the server last told and as it is here."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from uuid import UUID

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QShowEvent

from gridapp.i18n import tr
from gridapp.store.views.history import History, HistoryLine, household_history
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.change_rows import change_facts, change_row
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.widgets.basic import Card, button, words
from gridapp.ui.widgets.beside import Beside
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.row_list import Row, RowList
from gridapp.ui.widgets.states import Switch, scrolling
from gridapp.ui.words.wording import short_instant

_NOTHING = History((), None, more=False, names={})


class ChangesPart(Part):
    """The past of the file. It is asked of the server when it is looked at, and told from here meanwhile."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self._household: UUID | None = None
        self._asking = False
        self._answered: bool | None = None  # None: not asked yet
        self._history = _NOTHING
        self._lines: dict[UUID, HistoryLine] = {}
        self._build()
        self.desk.synced.connect(self._synced)

    def show_view(self, view: View) -> None:
        """The past of another household, or more of the same."""
        another = view.household.id != self._household
        self._household = view.household.id
        if another:
            self._answered = None
            self._history, self._lines = _NOTHING, {}
            self.list.show_ids(())
        if self.isVisible():
            self._read()
            if another:
                self.ask()

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: somebody looks."""
        super().showEvent(event)
        self._read()
        self.ask()

    def ask(self, *, older: bool = False) -> None:
        """Ask the server, in its own time; what is here is shown meanwhile."""
        sync, wanted = self.desk.sync, self._household
        if wanted is None or self._asking:
            return
        if sync is None:
            self._answered = False
            self._say()
            return
        self._asking = True
        self._say()
        answer = sync.fetch_history(wanted, older=older)
        self.desk.run(self, answer, lambda kept: self._take_answer(wanted, kept))

    def _build(self) -> None:
        self.note = words("", "secondary", wrap=True)
        self.again = button(tr("再取一次"), self.ask, "link")
        self.older = button(tr("更早的"), lambda: self.ask(older=True), "link")
        self.list = RowList(tr("变更记录"), self.desk.tasks, self.desk.look, self._fetch)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._show_one(now))
        self.switch = Switch(self.list, "")
        card = Card(tr("变更"), self.older, self.again)
        card.body.addWidget(self.switch, 1)
        self.detail = Facts()
        self._detail_card = Card(tr("这处变更"))
        self._detail_card.body.addWidget(scrolling(self.detail))
        self._detail_card.hide()
        self.box.addWidget(self.note)
        self.box.addWidget(scrolling(Beside(card, self._detail_card, lines=8)), 1)

    def _synced(self) -> None:
        # what others sent has just come in: what they changed may be asked as well
        if self.isVisible():
            self.ask()

    def _take_answer(self, household: UUID, kept: bool) -> None:
        self._asking = False
        if household != self._household:
            if self.isVisible():
                self.ask()
            return
        self._answered = kept
        self._read()

    def _read(self) -> None:
        if self._household is not None:
            view = partial(household_history, household_id=self._household)
            self.desk.read(self, view, self._show, only_latest="history")

    def _show(self, history: History) -> None:
        self._history = history
        self._lines = {line.id: line for line in history.lines}
        self.list.rows.forget()
        self.list.show_ids([line.id for line in history.lines])
        self.older.setVisible(history.more)
        self._say()
        self._show_one(self.list.currentIndex())

    def _fetch(self, ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
        """Rows of the lines in sight: a long past is put into words as it is scrolled to."""
        future: Future[Mapping[UUID, Row]] = Future()
        lines, names = self._lines, self._history.names
        future.set_result({i: change_row(self.page, lines[i], names) for i in ids if i in lines})
        return future

    def _say(self) -> None:
        history = self._history
        asked_at = history.asked_at
        when = "" if asked_at is None else short_instant(asked_at, self.desk.today)
        offline = self._answered is False and not self._asking
        if asked_at is None:
            text = tr("有信号时会取来别人改的。这里先显示本机改的。") if offline else tr("正在取…")
        elif offline:
            text = tr("现在没有信号。这是截至 {when} 的变更。").format(when=when)
        else:
            text = tr("截至 {when} 的变更。").format(when=when)
        self.note.setText(text)
        self.again.setVisible(offline)
        self.switch.show_content(empty=not history.lines)
        if not history.lines:
            self._say_empty(offline)

    def _say_empty(self, offline: bool) -> None:
        if self._history.asked_at is not None:
            self.switch.refuse(tr("还没有人改过"))
        else:
            self.switch.refuse(tr("还没取到这户的变更") if offline else tr("正在取…"))

    def _show_one(self, index: QModelIndex) -> None:
        id_ = self.list.rows.id_at(index)
        line = self._lines.get(id_) if id_ else None
        self._detail_card.setVisible(line is not None)
        if line:
            self.detail.show_pairs(change_facts(self.page, line, self._history.names))


TAB = TabSpec("changes", "变更", ChangesPart, file=True)
