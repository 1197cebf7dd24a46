"""How it stands with the server, what the user is asked, what was not accepted or taken later, and what waits."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.views.sync_page import Save, sync_page
from gridapp.store.views.sync_page import SyncPage as View
from gridapp.ui.desk import Desk, Where
from gridapp.ui.pages.changing import ChangingLine
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.pages.syncing.brake import BrakeCard
from gridapp.ui.pages.syncing.choices import ChoicesCard
from gridapp.ui.pages.syncing.refused import RefusedCard
from gridapp.ui.pages.syncing.stick import StickCard
from gridapp.ui.pages.syncing.told import ToldCard
from gridapp.ui.pages.syncing.waiting import waiting_card
from gridapp.ui.widgets.basic import Elided, empty, rows
from gridapp.ui.widgets.states import Switch, scrolling
from gridapp.ui.words.sync_state import SyncState


class SyncPage(Page):
    """The one truth about sync, save by save."""

    SYNC = True
    KINDS = ("conflict", "unit", "assignment")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._found: View | None = None
        self._holds = False
        self._wanted: UUID | None = None  # what was changed twice, to be shown first
        self.state = SyncState(desk)
        self.changing = ChangingLine()
        self.brake: BrakeCard | None = None
        self.choices: ChoicesCard | None = None
        self.refused: RefusedCard | None = None
        self.seen: RefusedCard | None = None
        self.told: ToldCard | None = None
        self._inner = QWidget()
        # to be asked about, to choose, not accepted, taken later, waiting, onto a stick, seen
        self._places = [QVBoxLayout() for _ in range(7)]
        self.stick = StickCard(desk, self._show_stick)
        self._places[5].addWidget(self.stick)
        column = rows(*self._places, gap=12)
        column.addStretch(1)
        self._inner.setLayout(column)
        self.area: QScrollArea = scrolling(self._inner)
        hint = tr("没有等着上传的，没有退回的，也没有要选的。")
        self.content = Switch(self.area, tr("都好了"), hint)
        title = Elided(tr("同步"), "title")
        whole = rows(title, self.changing, self.state, self.content, gap=12)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(3, 1)
        self.setLayout(whole)

    def arrive(self, where: Where) -> None:
        """The user came here; ``where.item`` is what was changed twice."""
        self._wanted, self._found = where.item, None
        super().arrive(where)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: sticks are looked for only while somebody sees the page."""
        super().showEvent(event)
        self.stick.watch(on=True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt."""
        super().hideEvent(event)
        self.stick.watch(on=False)

    def refresh(self) -> None:
        """Ask for all of it."""
        self.desk.read(self, sync_page, self._show, self._refuse, only_latest="sync")

    def _refuse(self, problem: Problem) -> None:
        self._found = None
        self.content.refuse(problem.said())

    def _show(self, found: View) -> None:
        self.state.show_status(found.status)
        self.changing.show_grids(found.changing, self.desk.today)
        self.stick.show_status(found.status, found.written)
        if found == self._found:
            return
        old, self._found = self._found, found
        at = self.area.verticalScrollBar().value()
        # A card that says the same stays, with the keyboard and what is revealed in it.
        # Folded or not, the same question stays as the user left it.
        if found.braked != (self.brake.found if self.brake else None):
            self.brake = BrakeCard(self.desk, found.braked) if found.braked else None
            self._put(0, self.brake)
        if old is None or found.twice != old.twice:
            self.choices = ChoicesCard(self.desk, found.twice) if found.twice else None
            self._put(1, self.choices)
        self._show_answers(found, old)
        waits = bool(found.status.to_send or found.status.broken_photos)
        self._put(4, waiting_card(self.desk, found) if waits else None)
        asked = found.braked or found.twice
        self._holds = bool(asked or found.refused or found.told or found.seen or waits)
        self._show_stick()
        # Sizes are known only after the cards were laid out.
        QTimer.singleShot(0, self, lambda: self._scroll(at))

    def _show_answers(self, found: View, old: View | None) -> None:
        if old is None or found.refused != old.refused:
            self.refused = self._refusals(found.refused, found.status.not_accepted)
            self._put(2, self.refused)
        if old is None or found.told != old.told:
            self.told = ToldCard(self.desk, found.told, found.status.told) if found.told else None
            self._put(3, self.told)
        if old is None or found.seen != old.seen:
            self.seen = self._refusals(found.seen, found.status.seen, seen=True)
            self._put(6, self.seen)

    def _show_stick(self) -> None:
        self.stick.setVisible(self.stick.wanted)
        if self._found is not None:
            self.content.show_content(empty=not (self._holds or self.stick.wanted))

    def _refusals(
        self, saves: tuple[Save, ...], count: int, *, seen: bool = False
    ) -> RefusedCard | None:
        return RefusedCard(self.desk, saves, count, seen=seen) if saves else None

    def _put(self, place: int, card: QWidget | None) -> None:
        """Another card, or none, in its place."""
        empty(self._places[place])
        if card is not None:
            self._places[place].addWidget(card)

    def _scroll(self, at: int) -> None:
        """To what was asked for, else to where it was."""
        wanted, self._wanted = self._wanted, None
        block = self.choices.block(wanted) if self.choices and wanted else None
        if block is None:
            self.area.verticalScrollBar().setValue(at)
        else:
            self.area.ensureWidgetVisible(block)
            block.begin()


PAGE = PageSpec("sync", SyncPage, "同步", bottom=True, guide="sync")
