"""The frame of the window: navigation, search, the sync line, the user, a page and a form beside it."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store import status
from gridapp.store.changes import Changes
from gridapp.store.status import SyncStatus
from gridapp.ui.desk import Desk, Where
from gridapp.ui.forms.event import EventForm
from gridapp.ui.navigation import Navigation
from gridapp.ui.pages.book import Pages
from gridapp.ui.pages.every import PAGES
from gridapp.ui.search_box import SearchBox
from gridapp.ui.side_panel import SidePanel
from gridapp.ui.sync_line import SyncLine
from gridapp.ui.unfinished import Unfinished
from gridapp.ui.user_menu import UserMenu
from gridapp.ui.widgets.basic import Elided, button, mark

_SAID = 4000  # ms that 已保存 stays
_TOP = 70  # px between and around the parts of the top line
_CLOCK = 60_000  # ms after which times are said anew


class Shell(QWidget):
    """The window of one user."""

    locked = Signal()
    helping = Signal(str)  # F1: the chapter of the guide about what is shown
    went = Signal(object)  # Where: a page is shown

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(tr("网格工作台"))
        self.desk = desk
        self.pages = Pages(desk, PAGES)
        self.where = Where(self.pages.home(desk.post.roles))
        self._back: list[Where] = []
        self._build()
        desk.going.connect(self.go)
        desk.opening.connect(self.panel.open)
        desk.finding.connect(self.search.line.setFocus)
        self.panel.forms_changed.connect(self._say_forms)
        self.panel.forms_changed.connect(self._end_forms)
        self.panel.arranged.connect(self._arrange)
        self.panel.stepped_back.connect(self._begin_page)
        self.panel.put_by.connect(self._put_by)
        desk.changed.connect(self._on_changes)
        desk.said.connect(self._say_saved)
        desk.tasks.refused.connect(self._refused)
        desk.tasks.broken.connect(self._broken)
        desk.look.changed.connect(self._fit)
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK)
        self._clock.timeout.connect(self._ask_status)
        self._clock.start()
        desk.posted.connect(self._take_post)
        desk.woken.connect(self._ask_status)
        desk.day_changed.connect(self._ask_status)
        desk.locking.connect(self.locked)
        self._fit()
        self._ask_status()
        self._take_post()

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
        self.pages.setCurrentWidget(page)
        page.begin()
        self._say_forms()
        self.navigation.mark(self.pages.section(where.page))
        self.went.emit(where)

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

    def _build(self) -> None:
        desk = self.desk
        self.navigation = Navigation([spec for spec in PAGES if spec.title])
        self.navigation.chosen.connect(lambda page: self.go(Where(page)))
        self.search = SearchBox(desk, self)
        self.sync_line = SyncLine(desk)
        self.user = UserMenu(desk.store.who.name)
        self.user.settings.connect(lambda: desk.go("settings"))
        self.user.locked.connect(self.locked)
        self.unfinished = Unfinished(desk)
        top = QFrame()
        top.setObjectName("top")
        line = QHBoxLayout(top)
        line.setContentsMargins(20, 0, 18, 0)
        line.setSpacing(14)
        line.addWidget(self.search)
        line.addWidget(self.sync_line, 1)
        line.addWidget(self.user)
        self.panel = SidePanel(desk)
        self._build_frame(top)
        for keys, act in (
            ("Alt+Left", self.back),
            ("Ctrl+1", self._visit),
            ("Ctrl+2", self._event),
            ("Ctrl+L", self.locked.emit),
            ("F1", self._help),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _build_frame(self, top: QFrame) -> None:
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.pages, 1)
        body.addWidget(self.panel)
        self._bar = self._notice_bar()
        self._waiting = self._waiting_bar()
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(top)
        right.addWidget(self._bar)
        right.addWidget(self._waiting)
        right.addWidget(self.unfinished)
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

    def _visit(self) -> None:
        if not self.pages[self.where.page].record_visit():
            self.search.line.setFocus()

    def _event(self) -> None:
        if not self.pages[self.where.page].report_event():
            self.panel.open(EventForm(self.desk, None))

    def _put_by(self, kept: Future[None]) -> None:
        """What was put aside can be gone on with, once it is kept."""
        self.desk.run(self, kept, lambda _: self.offer())

    def offer(self) -> None:
        """Offer what was not finished and is not open."""
        self.unfinished.offer(but={form.draft_key for form in self.panel.forms()})

    def _help(self) -> None:
        forms = () if self.panel.waits else self.panel.forms()
        chapter = forms[-1].GUIDE if forms else ""
        self.helping.emit(chapter or self.pages.specs[self.where.page].guide)

    def _on_changes(self, changes: Changes) -> None:
        if changes.sync:
            self._ask_status()
        if changes.kinds:
            self._ask_counts()

    def _take_post(self) -> None:
        """Only what this user's roles use is offered."""
        post = self.desk.post
        mine = [spec for spec in PAGES if spec.is_for(post.roles)]
        self.navigation.show_post(post.place, {spec.key for spec in mine})
        self._counted = [spec for spec in mine if spec.title and spec.waiting]
        self._ask_counts()
        if self.where.page not in {spec.key for spec in mine}:
            self.go(Where(self.pages.home(post.roles)))

    def _ask_counts(self) -> None:
        for spec in self._counted:
            assert spec.waiting
            show = partial(self.navigation.show_count, spec.key)
            self.desk.read(self, spec.waiting, show, only_latest=f"count {spec.key}")

    def _ask_status(self) -> None:
        self.desk.read(self, status.current, self._show_status, only_latest="status")

    def _show_status(self, found: SyncStatus) -> None:
        self.sync_line.show_status(found)
        self.navigation.show_sync(found)

    def _say_forms(self) -> None:
        forms = () if self.panel.waits else self.panel.forms()
        self.pages[self.where.page].show_forms({form.draft_key for form in forms})

    def _arrange(self) -> None:
        """Page and form beside each other, or one of them where there is no room for both."""
        self.pages.setVisible(not self.panel.covers)
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
