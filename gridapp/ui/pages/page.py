"""What all pages do: ask again when something of theirs changed, but only while they are seen."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gridapp.store.changes import Changes
from gridapp.ui.desk import Desk, Where


class Page(QWidget):
    """One page. A hidden page remembers that it is stale and asks when it is shown."""

    KINDS: tuple[str, ...] = ()  # kinds of records that it shows
    SYNC = False  # whether it shows what waits

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.desk = desk
        self._stale = True
        desk.changed.connect(self._on_changes)
        desk.day_changed.connect(self._on_another_day)
        desk.posted.connect(self.show_post)

    def arrive(self, where: Where) -> None:
        """The user came here; ``where`` says what to show."""
        self._stale = True
        if self.isVisible():
            self._refresh_now()

    def begin(self) -> None:
        """Put the keyboard where the user goes on from."""
        self.setFocus()

    def refresh(self) -> None:
        """Ask the store for what is shown."""
        raise NotImplementedError

    def record_visit(self) -> bool:
        """Ctrl+1: record a visit to what is shown; False where that is nothing to visit."""
        return False

    def report_event(self) -> bool:
        """Ctrl+2: report an event about what is shown; False where it is about nothing here."""
        return False

    def show_post(self) -> None:
        """The user's roles or grids are others: what can be done is offered anew."""

    def show_forms(self, draft_keys: Collection[str]) -> None:
        """These forms are open beside the page."""

    def concerns(self, changes: Changes) -> bool:
        """Whether a commit touched what is shown here."""
        return changes.touches(*self.KINDS) or (self.SYNC and changes.sync)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: catches up with what changed while it was hidden."""
        super().showEvent(event)
        if self._stale:
            self._refresh_now()

    def _on_changes(self, changes: Changes) -> None:
        if not self.concerns(changes):
            return
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def _on_another_day(self) -> None:
        """What is due, and “yesterday”, are other things now."""
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def _refresh_now(self) -> None:
        self._stale = False
        self.refresh()
