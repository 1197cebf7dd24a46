"""The frame of the window: navigation, search, the sync line, the user, a page and a form beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store import drafts, status
from gridapp.store.changes import Changes
from gridapp.store.reader import Reader
from gridapp.store.status import SyncStatus
from gridapp.store.views.household_page import HouseholdPage as HouseholdView
from gridapp.store.views.household_page import household_page
from gridapp.ui.desk import Desk, Where
from gridapp.ui.navigation import Navigation
from gridapp.ui.pages.event import EventPage
from gridapp.ui.pages.events import EventsPage
from gridapp.ui.pages.household import HouseholdPage
from gridapp.ui.pages.households import HouseholdsPage
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.sync import SyncPage
from gridapp.ui.preferences import Preferences
from gridapp.ui.search_box import SearchBox
from gridapp.ui.side_panel import SidePanel
from gridapp.ui.sync_line import SyncLine
from gridapp.ui.user_menu import UserMenu
from gridapp.ui.widgets.basic import Elided, button, mark

_SAID = 4000  # ms that 已保存 stays
_TOP = 70  # px between and around the parts of the top line
_CLOCK = 60_000  # ms after which times are said anew


@dataclass(frozen=True, slots=True)
class _Left:
    """A draft found at the start."""

    key: str
    view: HouseholdView | None


class Shell(QWidget):
    """The window of one user."""

    chosen = Signal(object)  # Preferences
    locked = Signal()

    def __init__(self, desk: Desk, preferences: Preferences) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(tr("网格工作台"))
        self.desk = desk
        self.where = Where("households")
        self._back: list[Where] = []
        self._build(preferences)
        desk.going.connect(self.go)
        desk.opening.connect(self.panel.open)
        self.panel.forms_changed.connect(self._say_forms)
        self.panel.forms_changed.connect(self._end_forms)
        self.panel.arranged.connect(self._arrange)
        self.panel.stepped_back.connect(self._begin_page)
        desk.changed.connect(self._on_changes)
        desk.said.connect(self._say_saved)
        desk.tasks.refused.connect(self._refused)
        desk.tasks.broken.connect(self._broken)
        desk.look.changed.connect(self._fit)
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK)
        self._clock.timeout.connect(self._ask_status)
        self._clock.start()
        self._fit()
        self._ask_status()
        self.go(self.where)

    def go(self, where: Where) -> None:
        """Show a page."""
        if where != self.where:
            self._back.append(self.where)
            del self._back[:-50]
        self.where = where
        self.panel.step_back()
        self.search.close_results()
        page = self.pages[where.page]
        page.arrive(where)
        self.stack.setCurrentWidget(page)
        page.begin()
        self._say_forms()
        self.navigation.mark(_SECTION[where.page])

    def back(self) -> None:
        """The page before, which may be beneath the form."""
        if self.panel.covers:
            self.panel.step_back()
        elif self._back:
            where = self._back.pop()
            self.where = where
            self.go(where)

    def say(self, text: str, tone: str = "") -> None:
        """One line that goes away by itself."""
        self._notice.setText(text)
        mark(self._bar, tone=tone)
        mark(self._notice, tone=tone)
        self._bar.show()
        self._hide.start()

    def _say_saved(self, _what: str) -> None:
        self.say(tr("已保存到本机"), "green")

    def find_drafts(self) -> None:
        """Offer what was not finished when the program ended."""
        self._read_drafts(self._offer)

    def resume(self, keys: Sequence[str]) -> None:
        """Open the forms of these drafts again, the last in front."""
        if keys:
            self._read_drafts(lambda left: self._open_again(left, keys))

    def _read_drafts(self, done: Callable[[tuple[_Left, ...]], None]) -> None:
        def read(reader: Reader) -> tuple[_Left, ...]:
            left = []
            for key in drafts.keys(reader):
                kind, _, rest = key.partition(":")
                named = kind in ("visit", "household", "event") and rest != "new"
                view = household_page(reader, UUID(rest)) if named else None
                if view or rest == "new":
                    left.append(_Left(key, view))
            return tuple(left)

        self.desk.read(self, read, done)

    def _build(self, preferences: Preferences) -> None:
        desk = self.desk
        self.navigation = Navigation(desk.post.place)
        self.navigation.chosen.connect(lambda page: self.go(Where(page)))
        self.search = SearchBox(desk, self)
        self.sync_line = SyncLine(desk)
        self.user = UserMenu(desk.store.who.name, preferences)
        self.user.chosen.connect(self.chosen)
        self.user.locked.connect(self.locked)
        top = QFrame()
        top.setObjectName("top")
        line = QHBoxLayout(top)
        line.setContentsMargins(20, 0, 18, 0)
        line.setSpacing(14)
        line.addWidget(self.search)
        line.addWidget(self.sync_line, 1)
        line.addWidget(self.user)
        self.pages: dict[str, Page] = {
            "households": HouseholdsPage(desk),
            "household": HouseholdPage(desk),
            "events": EventsPage(desk),
            "event": EventPage(desk),
            "sync": SyncPage(desk),
        }
        self.stack = QStackedWidget()
        for page in self.pages.values():
            self.stack.addWidget(page)
        self.panel = SidePanel(desk)
        self._build_frame(top)
        for keys, act in (
            ("Alt+Left", self.back),
            ("Ctrl+1", self._visit),
            ("Ctrl+2", self._event),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _build_frame(self, top: QFrame) -> None:
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.stack, 1)
        body.addWidget(self.panel)
        self._bar = self._notice_bar()
        self._waiting = self._waiting_bar()
        self._offers = QVBoxLayout()
        self._offers.setContentsMargins(18, 0, 18, 0)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(top)
        right.addWidget(self._bar)
        right.addWidget(self._waiting)
        right.addLayout(self._offers)
        right.addLayout(body, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.navigation)
        whole.addLayout(right, 1)

    def _notice_bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("look", "bar")
        self._notice = Elided("")
        line = QHBoxLayout(bar)
        line.setContentsMargins(18, 0, 8, 0)
        line.addWidget(self._notice)
        line.addWidget(button(tr("知道了"), bar.hide, "link"))
        bar.hide()
        self._hide = QTimer(self)
        self._hide.setSingleShot(True)
        self._hide.setInterval(_SAID)
        self._hide.timeout.connect(bar.hide)
        return bar

    def _waiting_bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("look", "bar")
        self._waiting_text = Elided("")
        line = QHBoxLayout(bar)
        line.setContentsMargins(18, 0, 8, 0)
        line.addWidget(self._waiting_text, 1)
        line.addWidget(button(tr("接着写"), self.panel.come_back, "link"))
        bar.hide()
        return bar

    def _offer(self, left: tuple[_Left, ...]) -> None:
        for found in left[:3]:
            bar = QFrame()
            bar.setProperty("look", "bar")
            line = QHBoxLayout(bar)
            line.setContentsMargins(18, 0, 8, 0)
            line.addWidget(Elided(_draft_text(found)), 1)
            line.addWidget(button(tr("接着写"), partial(self._resume, found, bar), "link"))
            line.addWidget(button(tr("不要了"), partial(self._drop, found, bar), "link"))
            self._offers.addWidget(bar)

    def _open_again(self, left: tuple[_Left, ...], keys: Sequence[str]) -> None:
        by_key = {found.key: found for found in left}
        for key in keys:
            if key in by_key:
                self._resume(by_key[key])

    def _resume(self, found: _Left, bar: QFrame | None = None) -> None:
        from gridapp.ui.forms.event import EventForm
        from gridapp.ui.forms.household import HouseholdEdit
        from gridapp.ui.forms.visit import VisitForm

        if bar:
            bar.deleteLater()
        kind, view = found.key.partition(":")[0], found.view
        if view:
            self.desk.go("household", view.household.id)
        if kind == "visit" and view:
            self.panel.open(VisitForm(self.desk, view))
        elif kind == "event":
            self.panel.open(EventForm(self.desk, view.household if view else None))
        elif kind == "household":
            self.panel.open(HouseholdEdit(self.desk, view.form() if view else None))

    def _drop(self, found: _Left, bar: QFrame) -> None:
        bar.deleteLater()
        self.desk.run(self, drafts.drop(self.desk.store, found.key))

    def _visit(self) -> None:
        page = self.pages["household"]
        if self.where.page == "household" and isinstance(page, HouseholdPage):
            page.record_visit()
        else:
            self.search.line.setFocus()

    def _event(self) -> None:
        from gridapp.ui.forms.event import EventForm

        page = self.pages["household"]
        if self.where.page == "household" and isinstance(page, HouseholdPage):
            page.report_event()
        else:
            self.panel.open(EventForm(self.desk, None))

    def _on_changes(self, changes: Changes) -> None:
        if changes.sync:
            self._ask_status()

    def _ask_status(self) -> None:
        self.desk.read(self, status.current, self._show_status, only_latest="status")

    def _show_status(self, found: SyncStatus) -> None:
        self.sync_line.show_status(found)
        self.navigation.show_sync(found)

    def _say_forms(self) -> None:
        page = self.pages["household"]
        if isinstance(page, HouseholdPage):
            forms = () if self.panel.waits else self.panel.forms()
            page.show_forms({form.draft_key for form in forms})

    def _arrange(self) -> None:
        """Page and form beside each other, or one of them where there is no room for both."""
        self.stack.setVisible(not self.panel.covers)
        self._waiting.setVisible(self.panel.waits)
        forms = self.panel.forms()
        if self.panel.waits:
            self._waiting_text.setText(tr("写到一半：{title}").format(title=forms[-1].title))
        self._say_forms()

    def _end_forms(self) -> None:
        """The keyboard goes on in the page, not in whatever stands next to the form."""
        if not self.panel.forms():
            self._begin_page()

    def _begin_page(self) -> None:
        self.pages[self.where.page].begin()

    def _refused(self, problem: Problem) -> None:
        self.say(problem.text())

    def _broken(self) -> None:
        self.say(tr("这一步没做成，已记下原因。请再试一次；已保存的内容都在。"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the search box leaves room for the sync line."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        theme = self.desk.look.theme
        room = self.width() - theme.size("nav")
        self.panel.fit(room)
        self.user.fit(theme.size("avatar"))
        # the sync line is read whole; the search box gives way, to a third
        free = room - self.user.width() - self.sync_line.sizeHint().width() - _TOP
        wanted = max(room // 3, min(room * 2 // 5, free))
        self.search.setFixedWidth(min(theme.size("search"), wanted))


_SECTION = {
    "households": "households",
    "household": "households",
    "events": "events",
    "event": "events",
    "sync": "sync",
}


def _draft_text(found: _Left) -> str:
    kind = found.key.partition(":")[0]
    names = {"visit": tr("记走访"), "event": tr("报事件"), "household": tr("修改住户")}
    name = found.view.household.name if found.view else ""
    text = tr("上次有没写完的：{what} {name}").format(what=names.get(kind, ""), name=name)
    return text.strip()
