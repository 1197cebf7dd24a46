"""How it stands with the server, what the user is asked, what was not accepted or taken later, and what waits."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.views.saves import Save, Which
from gridapp.store.views.sync_page import Limits, sync_page
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
        self._limits = Limits()
        self._told: dict[Which, tuple[tuple[Save, ...], int]] = {}
        self._cards: dict[Which, RefusedCard | None] = {}
        self.told: ToldCard | None = None
        self._inner = QWidget()
        # asked about, to choose, not accepted, not yet, taken later, waiting, onto a stick, seen
        self._places = [QVBoxLayout() for _ in range(8)]
        self.stick = StickCard(desk, self._show_stick)
        self._places[6].addWidget(self.stick)
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

    @property
    def refused(self) -> RefusedCard | None:
        """What was not accepted."""
        return self._cards.get(Which.REFUSED)

    @property
    def parked(self) -> RefusedCard | None:
        """What waits for somebody else."""
        return self._cards.get(Which.PARKED)

    @property
    def seen(self) -> RefusedCard | None:
        """What was not accepted, and the user knows."""
        return self._cards.get(Which.SEEN)

    def arrive(self, where: Where) -> None:
        """The user came here; ``where.item`` is what was changed twice."""
        self._wanted, self._found, self._limits = where.item, None, Limits()
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
        asked = partial(sync_page, limits=self._limits)
        self.desk.read(self, asked, self._show, self._refuse, only_latest="sync")

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
        self._put(5, waiting_card(self.desk, found) if waits else None)
        asked = found.braked or found.twice
        self._holds = bool(asked or _answered(found) or waits)
        self._show_stick()
        # Sizes are known only after the cards were laid out.
        QTimer.singleShot(0, self, lambda: self._scroll(at))

    def _show_answers(self, found: View, old: View | None) -> None:
        state = found.status
        for place, which, saves, count in (
            (2, Which.REFUSED, found.refused, state.rejected),
            (3, Which.PARKED, found.parked, state.parked),
            (7, Which.SEEN, found.seen, state.seen),
        ):
            if old is None or (saves, count) != self._told[which]:
                self._told[which] = saves, count
                self._cards[which] = self._answers(place, which, saves, count)
        if old is None or (found.told, state.told) != (old.told, old.status.told):
            more = partial(self._more, Which.TOLD)
            self.told = ToldCard(self.desk, found.told, state.told, more) if found.told else None
            self._put(4, self.told)

    def _answers(
        self, place: int, which: Which, saves: tuple[Save, ...], count: int
    ) -> RefusedCard | None:
        """The card of a list: the one that stands where there is only more to tell."""
        card = self._cards.get(which)
        if card is not None and card.extend(saves, count):
            return card
        more = partial(self._more, which)
        made = RefusedCard(self.desk, which, saves, count, more) if saves else None
        self._put(place, made)
        return made

    def _more(self, which: Which) -> None:
        """The user wants to see more of one list."""
        self._limits = self._limits.more(which)
        self.refresh()

    def _show_stick(self) -> None:
        self.stick.setVisible(self.stick.wanted)
        if self._found is not None:
            self.content.show_content(empty=not (self._holds or self.stick.wanted))

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


def _answered(found: View) -> bool:
    return bool(found.refused or found.parked or found.told or found.seen)


PAGE = PageSpec("sync", SyncPage, "同步", bottom=True, guide="sync")
