"""One line that says that this household may be registered twice, with the way there and to one of them."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QFrame

from gridapp.i18n import tr
from gridapp.store.views.duplicates import Duplicate
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.operations import households
from gridapp.ui.pages.file.part import File
from gridapp.ui.widgets.basic import Elided, button, columns
from gridapp.ui.words.wording import joined


class DuplicateBar(QFrame):
    """Hidden where there is no such hint. Merging is asked once more in the same place."""

    def __init__(self, page: File) -> None:
        super().__init__()
        self.setProperty("look", "bar")
        self.page, self.desk = page, page.desk
        self._household: UUID | None = None
        self._found: Duplicate | None = None
        self._asked = False
        self.text = Elided("")
        self.look = button(tr("看看"), self._look, "small")
        self.merge = button(tr("合并到那一户"), partial(self._ask, True), "small")
        self.yes = button(tr("确定合并"), self._merge, "small")
        self.no = button(tr("先不合并"), partial(self._ask, False), "small")
        line = columns(self.text, self.look, self.merge, self.yes, self.no)
        line.setContentsMargins(12, 4, 6, 4)
        self.setLayout(line)
        self.hide()

    def show_view(self, view: View) -> None:
        """Another state of the file."""
        before = (self._household, self._found.id if self._found else None)
        self._household = view.household.id
        self._found = view.duplicates[0] if view.duplicates else None
        if before != (self._household, self._found.id if self._found else None):
            self._asked = False
        self._say()

    def _say(self) -> None:
        found = self._found
        self.setVisible(found is not None)
        if found is None:
            return
        other = joined(found.name, found.number)
        if self._asked:
            said = tr("把这一户并到“{other}”？成员、走访、事件都归到那一户。")
            self.text.setText(said.format(other=other))
        elif found.person:
            said = tr("{person}还登记在另一户：{other}")
            self.text.setText(said.format(person=found.person, other=other))
        else:
            self.text.setText(tr("这里还登记着另一户：{other}").format(other=other))
        self.look.setVisible(not self._asked)
        self.merge.setVisible(not self._asked and self.page.may("household"))
        for each in (self.yes, self.no):
            each.setVisible(self._asked)

    def _ask(self, asked: bool) -> None:
        self._asked = asked
        self._say()
        (self.no if asked else self.merge).setFocus()

    def _look(self) -> None:
        if self._found:
            self.desk.go("household", self._found.id)

    def _merge(self) -> None:
        if self._found and self._household:
            into = self._found.id
            done = households.merge(self.desk.store, self._household, into)
            self.desk.run(self, done, lambda _: self.desk.go("household", into))
