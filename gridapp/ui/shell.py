"""The frame of the window: navigation, search, the sync line, the user, a page and a form beside it."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import date
from functools import partial

from PySide6.QtCore import QPoint, QRect, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

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
from gridapp.ui.sync_line import SyncLine, wrong_clock
from gridapp.ui.thrown import Thrown
from gridapp.ui.unfinished import Unfinished
from gridapp.ui.user_menu import UserMenu
from gridapp.ui.widgets.basic import Elided, button, inside
from gridapp.ui.widgets.notice import Notice

_TOP = 70  # px between and around the parts of the top line
_SEARCH = 8  # heights of the text that the search box takes at the least
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
        desk.know_pages(self._uses)
        self.where = Where(self.pages.home(desk.post.roles))
        self._back: list[Where] = []
        self._wrong_day: date | None = None
        self._build()
        desk.going.connect(self.go)
        desk.opening.connect(self.panel.open)
        desk.finding.connect(self.search.line.setFocus)
        self.panel.forms_changed.connect(self._say_forms)
        self.panel.forms_changed.connect(self._end_forms)
        self.panel.forms_changed.connect(self.offer)
        self.panel.thrown.connect(self.thrown.throw)
        self.unfinished.thrown.connect(self.thrown.throw)
        self.thrown.returned.connect(self.unfinished.go_on)
        self.panel.arranged.connect(self._arrange)
        self.panel.stepped_back.connect(self._begin_page)
        self.panel.put_by.connect(self._put_by)
        desk.changed.connect(self._on_changes)
        desk.said.connect(self._say_saved)
        desk.tasks.refused.connect(self._refused)
        desk.tasks.broken.connect(self._broken)
        desk.look.changed.connect(lambda: self._fit(page_stays=True))
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
        """Show a page. To one that is not this user's no way leads."""
        if not self._uses(where.page):
            return
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
            return
        while self._back:
            where = self._back.pop()
            if self._uses(where.page):
                self.where = where
                self.go(where)
                return

    def say(self, text: str, tone: str = "", *, stays: bool = False) -> None:
        """One line that goes away by itself, or ``stays`` until it was read."""
        self.notice.say(text, tone, stays=stays)
        self._place_notice()

    def _say_saved(self, _what: str) -> None:
        self.thrown.settle()
        self.say(tr("已保存到本机"), "green")

    def _build(self) -> None:
        desk = self.desk
        self.navigation = Navigation([spec for spec in PAGES if spec.title])
        self.navigation.chosen.connect(lambda page: self.go(Where(page)))
        self.search = SearchBox(desk, self)
        self.sync_line = SyncLine(desk)
        self.sync_line.reworded.connect(self._fit_top)
        self.user = UserMenu(desk.store.who.name)
        self.user.settings.connect(lambda: desk.go("settings"))
        self.user.locked.connect(self.locked)
        self.unfinished, self.thrown = Unfinished(desk), Thrown(desk)
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
        self._waiting = self._waiting_bar()
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(top)
        right.addWidget(self._waiting)
        right.addWidget(self.thrown)
        right.addWidget(self.unfinished)
        right.addLayout(body, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.navigation)
        whole.addLayout(right, 1)
        self.notice = Notice(self)

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

    def _uses(self, page: str) -> bool:
        return self.pages.specs[page].is_for(self.desk.post.roles)

    def _visit(self) -> None:
        if self.desk.may("visit") and not self.pages[self.where.page].record_visit():
            self.search.line.setFocus()

    def _event(self) -> None:
        if self.desk.may("event") and not self.pages[self.where.page].report_event():
            self.panel.open(EventForm(self.desk, None))

    def _put_by(self, kept: Future[None]) -> None:
        """What was put aside can be gone on with, once it is kept."""
        self.desk.run(self, kept, lambda _: self.offer())

    def offer(self) -> None:
        """Offer what was not finished, is not open and was not thrown away just now."""
        open_ = {form.draft_key for form in self.panel.forms()}
        if self.thrown.key in open_:
            self.thrown.settle()
        self.unfinished.offer(but=open_ | {self.thrown.key})

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
        if found.wrong_day != self._wrong_day:
            self._wrong_day = found.wrong_day
            if found.wrong_day:
                self.say(wrong_clock(found.wrong_day), "amber", stays=True)

    def _say_forms(self) -> None:
        forms = () if self.panel.waits else self.panel.forms()
        self.pages[self.where.page].show_forms({form.draft_key for form in forms})
        for form in self.panel.forms():
            form.stand_beside(self.where)

    def _arrange(self) -> None:
        """Page and form beside each other, or one of them where there is no room for both."""
        self.pages.setVisible(not self.panel.covers)
        self._waiting.setVisible(self.panel.waits)
        self._place_notice()
        forms = self.panel.forms()
        if self.panel.waits:
            self._waiting_text.setText(tr("写到一半：{title}").format(title=forms[-1].what))
        self._say_forms()

    def _end_forms(self) -> None:
        """The keyboard goes on in the page, not in whatever stands next to the form."""
        if self.panel.waits or not self.panel.forms():
            self._begin_page()

    def _begin_page(self) -> None:
        self.pages[self.where.page].begin()

    def _refused(self, problem: Problem) -> None:
        self.say(problem.said())

    def _broken(self) -> None:
        self.say(tr("这一步没做成，已记下原因。请再试一次；已保存的内容都在。"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the search box leaves room for the sync line."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self, *, page_stays: bool = False) -> None:
        theme = self.desk.look.theme
        room = self.width() - theme.size("nav")
        self.panel.fit(room, page_stays=page_stays)
        self.user.fit(theme.size("avatar"))
        self._fit_top()
        self._place_notice()

    def _fit_top(self) -> None:
        theme = self.desk.look.theme
        room = self.width() - theme.size("nav")
        # the search box gives way to the sync line; where that is not enough the line says less
        free = room - self.user.width() - _TOP
        least, most = theme.size("base") * _SEARCH, theme.size("search")
        search = max(least, min(most, free - self.sync_line.wanted()))
        self.search.setFixedWidth(search)
        self.sync_line.fit(free - search)

    def _place_notice(self) -> None:
        """At the bottom of the page, or of the form that covers it; what is to be pressed stays in sight."""
        if self.notice.isHidden():
            return
        over = self.panel if self.panel.covers else self.pages
        shown = [b for b in inside(over, QPushButton) if b.isVisible()]
        first = [area_in(b, self) for b in shown if b.property("role") == "primary"]
        self.notice.place(area_in(over, self), [area_in(b, self) for b in shown], first)


def area_in(widget: QWidget, frame: QWidget) -> QRect:
    """Where a widget stands in the one that holds it."""
    return QRect(widget.mapTo(frame, QPoint(0, 0)), widget.size())
