"""The bar that says on a household's page that something was changed twice, and leads to choosing."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QFrame

from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.views.twice import Twice, twice_in_household
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Elided, button, columns
from gridapp.ui.words.choice_words import twice_label


class TwiceBar(QFrame):
    """Hidden while there is nothing to choose. It asks for itself; ``about`` says whose file is shown."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setProperty("look", "bar")
        self.desk = desk
        self._household: UUID | None = None
        self._found: tuple[Twice, ...] = ()
        self.text = Elided("")
        self.go = button(tr("去选"), self._go, "small")
        line = columns(self.text, self.go)
        line.setContentsMargins(12, 4, 6, 4)
        self.setLayout(line)
        self.hide()
        desk.changed.connect(self._on_changes)

    def about(self, household_id: UUID | None) -> None:
        """Another household is shown."""
        self._household = household_id
        self.hide()
        self._ask()

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches("conflict") or (self._found and changes.sync):
            self._ask()

    def _ask(self) -> None:
        if self._household is not None:
            asked = self._household
            view = partial(twice_in_household, household_id=asked)
            self.desk.read(self, view, lambda found: self._show(asked, found), only_latest="twice")

    def _show(self, asked: UUID, found: tuple[Twice, ...]) -> None:
        if asked != self._household:
            return
        self._found = found
        if found:
            self.text.setText(_words(found))
            self.go.setAccessibleName(f"{tr('去选')} {self.text.text()}")
        self.setVisible(bool(found))

    def _go(self) -> None:
        if self._found:
            self.desk.go("sync", item=self._found[0].stake.conflict.id)


def _words(found: tuple[Twice, ...]) -> str:
    if len(found) == 1:
        return tr("{field}改了两次，选一个").format(field=twice_label(found[0]))
    return tr("{count} 处改了两次，选一个").format(count=len(found))
