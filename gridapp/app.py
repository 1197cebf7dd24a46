"""The composition root of the desktop client: the one place that builds everything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication

from gridapp.clock import Clock, system_clock
from gridapp.errors import Problem
from gridapp.i18n import set_language, tr
from gridapp.store.opening import Profile, open_store, profiles
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.views.last_place import Ended, LastPlace, last_place
from gridapp.store.views.places import MyPost, my_post
from gridapp.store.views.reference import Reference, reference
from gridapp.ui import preferences, window_place
from gridapp.ui.ahead import Ahead
from gridapp.ui.collector import Collector
from gridapp.ui.day_watch import DayWatch
from gridapp.ui.defects import Defects, keep_log
from gridapp.ui.entry import Entry
from gridapp.ui.idle import Idle
from gridapp.ui.preferences import Preferences
from gridapp.ui.qt_words import QtWords
from gridapp.ui.second_start import claim, say_open
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look, Theme
from gridapp.ui.unlock import Unlock
from gridapp.ui.window import Window

if TYPE_CHECKING:
    from gridapp.sync.schedule import SyncService
    from gridapp.ui.continuity import Beginning, Continuity
    from gridapp.ui.desk import Desk
    from gridapp.ui.enrol import Enrol
    from gridapp.ui.guide import Guide
    from gridapp.ui.shell import Shell

_TURN = 0.001  # seconds; Python's own is 5 ms
_FIRST_SYNC = 300  # ms after the window, which has what it needs first


class Client(QObject):
    """The running client of one data folder: who is at the computer, and what is shown."""

    def __init__(
        self,
        data_dir: Path,
        *,
        clock: Clock = system_clock,
        sync: bool = True,
        note: str = "",
    ) -> None:
        """``note`` stands where people unlock, and at the bottom of the window."""
        super().__init__()
        self.data_dir, self.clock, self._sync, self.note = data_dir, clock, sync, note
        self.preferences = preferences.load(data_dir)
        set_language(self.preferences.language)
        self._qt_words = QtWords()
        self._qt_words.speak(self.preferences.language)
        self._collector = Collector(self)
        self.tasks = Tasks(self)
        self.look = Look(self._theme(), self)
        self.look.use(self.look.theme)
        self.window = Window(note, window_place.load(data_dir))
        self.window.closing.connect(self._closing)
        self.window.placed.connect(partial(window_place.keep, data_dir))
        self.desk: Desk | None = None
        self.shell: Shell | None = None
        self.guide: Guide | None = None
        self._continuity: Continuity | None = None
        self._service: SyncService | None = None
        self._ahead = Ahead(self)
        self._watch()

    def start(self, user: str | None = None, password: str | None = None) -> None:
        """Show the window: enrolment, unlocking, or with ``user`` and ``password`` their households."""
        users = profiles(self.data_dir)
        if not users:
            self.show_enrol()
        else:
            screen = self.show_unlock(user or "")
            chosen = next((p for p in users if user in (p.user_name, p.name, None)), None)
            if chosen and password is not None:
                opening = self._open(chosen, password)
                self.tasks.run(self, opening, self.show_shell, screen.refuse)
        self.window.show()
        self._ahead.begin()

    def show_unlock(self, user: str = "", *, note: str = "") -> Unlock:
        """Choose a user of this computer; ``note`` stands in place of the client's own."""
        users = profiles(self.data_dir)
        screen = Unlock(self.look, self.tasks, users, self._open, user, note=note or self.note)
        screen.opened.connect(self.show_shell)
        screen.enrolling.connect(self.show_enrol)
        self._show_entry(screen, note=False)
        return screen

    def show_enrol(self) -> Enrol:
        """Register one more user."""
        from gridapp.ui.enrol import Enrol

        others = bool(profiles(self.data_dir))
        screen = Enrol(self.look, self.tasks, self._enrol, others=others)
        screen.opened.connect(self.show_shell)
        screen.back.connect(self.show_unlock)
        self._show_entry(screen)
        return screen

    def show_shell(self, store: Store) -> None:
        """The window of the user whose store was opened."""
        from gridapp.sync.schedule import SyncService
        from gridapp.ui.desk import Desk

        self.desk = desk = Desk(
            store, self.look, self.tasks, preferences=self.preferences, parent=self
        )
        desk.preferred.connect(self.choose)
        if self._sync:
            self._service = desk.sync = service = SyncService(store, desk.tell_sync)
            QTimer.singleShot(_FIRST_SYNC, desk, partial(self._begin_sync, service))

        def read(reader: Reader) -> tuple[Reference, MyPost, LastPlace | None]:
            return reference(reader), my_post(reader), last_place(reader)

        desk.read(self, read, lambda found: self._ready(*found))

    def show_guide(self, chapter: str) -> None:
        """The guide, at a chapter, in a window of its own."""
        if self.guide is None:
            from gridapp.ui.guide import Guide

            self.guide = Guide(self.look)
        self.guide.open(chapter)
        self.guide.show()
        self.guide.raise_()
        self.guide.activateWindow()

    def lock(self) -> None:
        """Close the user's database, keeping drafts and place, and ask who is next."""
        if self.desk is None:
            return
        user = self.desk.store.who.user_name
        self._leave(Ended.LOCKED)
        closing = self.tasks.start(self._parts_closer())
        self.tasks.run(self, closing, lambda _: self._ask_who(user))

    def close(self) -> None:
        """End: what is being saved is finished first."""
        self._leave(Ended.CLOSED)
        self._drop_guide()
        self._parts_closer()()
        self.tasks.close()
        self._collector.stop()

    def choose(self, chosen: Preferences) -> None:
        """Another text size or colour scheme is seen at once; another language builds the window anew."""
        old, self.preferences = self.preferences, chosen
        if self.desk:
            self.desk.preferences = chosen
        preferences.keep(self.data_dir, chosen)
        self.idle.minutes = chosen.lock_after
        self._colour()
        if old.language != chosen.language and self.desk:
            self._keep_drafts()
            # drafts are written before the new window reads them
            written = self.desk.store.write(lambda _uow: None)
            self.desk.run(self, written, lambda _: self._speak(chosen.language))

    def _ask_who(self, user: str) -> None:
        kept = tr("已锁定，写到一半的都还在。")
        self.show_unlock(user, note=f"{self.note} {kept}".strip())

    def _watch(self) -> None:
        """What happens to the computer meanwhile."""
        self.idle = Idle(self.clock, self.preferences.lock_after, self)
        self.idle.left.connect(self._lock_left)
        self.day_watch = DayWatch(self.clock, self)
        self.day_watch.woken.connect(self._wake)
        self.day_watch.day_changed.connect(self._another_day)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._colour)
        self.tasks.broken.connect(self._broken)

    def _ready(self, found: Reference, post: MyPost, last: LastPlace | None) -> None:
        assert self.desk
        self.desk.reference, self.desk.post = found, post
        self.idle.touch()
        self._show(last)

    def _begin_sync(self, service: SyncService) -> None:
        if service is self._service:
            service.start()

    def _show(self, last: LastPlace | None) -> None:
        from gridapp.ui.continuity import Continuity, beginning
        from gridapp.ui.shell import Shell

        assert self.desk
        self.shell = shell = Shell(self.desk)
        shell.locked.connect(self.lock)
        shell.helping.connect(self.show_guide)
        begin = beginning(last, self.desk.today, shell.pages.specs, self.desk.post.roles)
        shell.go(begin.where or shell.where)
        self.window.show_only(shell)  # once its page is chosen, so that this asks the store once
        shell.pages[shell.where.page].begin()
        self._continuity = Continuity(self.desk, shell)
        self._resume(begin)
        self._collector.spare_what_is_there()

    def _resume(self, begin: Beginning) -> None:
        assert self.shell
        self.shell.unfinished.reopen(begin.forms)
        self.shell.unfinished.offer(but=begin.forms)

    def _speak(self, language: str) -> None:
        assert self.shell
        assert self._continuity
        here = self._continuity.place(Ended.LOCKED)  # forms that are open come back
        set_language(language)
        self._qt_words.speak(language)
        self._drop_guide()
        self._show(here)

    def _show_entry(self, screen: Entry, *, note: bool = True) -> None:
        help_key = QShortcut(QKeySequence("F1"), screen)
        help_key.activated.connect(lambda: self.show_guide("unlock"))
        self.window.show_only(screen, note=note)

    def _theme(self) -> Theme:
        dark = self.preferences.dark
        if self.preferences.follow_system:
            dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return Theme(self.preferences.scale, dark)

    def _colour(self) -> None:
        theme = self._theme()
        if theme != self.look.theme:
            self.look.use(theme)

    def _wake(self) -> None:
        if self.desk:
            self.desk.woken.emit()
            if self.desk.sync:
                self.desk.sync.sync_now()

    def _another_day(self) -> None:
        if self.desk:
            self.desk.day_changed.emit()

    def _lock_left(self) -> None:
        """Nobody is there: lock, but never in the middle of a long work."""
        if self.shell is None:
            return
        if self.tasks.busy:
            self.idle.postpone()
            return
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            dialog.close()
        QTimer.singleShot(0, self, self.lock)

    def _broken(self) -> None:
        screen = self.window.currentWidget()
        if isinstance(screen, Entry):
            screen.refuse(Problem("defect", "这一步没做成，已记下原因。请再试一次。"))

    def _closing(self) -> None:
        self._keep_drafts()
        self._drop_guide()

    def _drop_guide(self) -> None:
        if self.guide:
            self.guide.close()
            self.guide.deleteLater()
            self.guide = None

    def _leave(self, ended: Ended) -> None:
        """Keep what is open: drafts first, then where the user was."""
        if self.shell and self._continuity:
            self._keep_drafts()
            self._continuity.keep(ended)

    def _keep_drafts(self) -> None:
        if self.shell:
            self.shell.panel.put_aside()

    def _parts_closer(self) -> _Closer:
        closer = _Closer(self._service, self.desk)
        if self.desk:
            self.desk.close()
        self._service = self.desk = self.shell = self._continuity = None
        return closer

    def _open(self, profile: Profile, password: str) -> Future[Store]:
        return self.tasks.start(lambda: open_store(profile.folder, password, clock=self.clock))

    def _enrol(self, server: str, code: str, password: str, digits: str) -> Future[Store]:
        def work() -> Store:
            from gridapp.sync.enrolment import enrol

            return enrol(
                self.data_dir, server, code, password, fingerprint=digits, clock=self.clock
            )

        return self.tasks.start(work)


class _Closer:
    """Ends the service and closes the store, on whatever thread it is called."""

    def __init__(self, service: SyncService | None, desk: Desk | None) -> None:
        self._service = service
        self._store = desk.store if desk else None

    def __call__(self) -> None:
        if self._service:
            self._service.stop()
        if self._store:
            self._store.close()


def run(
    data_dir: Path,
    *,
    user: str | None = None,
    note: str = "",
    password: str | None = None,
    watch: Callable[[Client], object] | None = None,
) -> int:
    """Run the desktop client until its window is closed; the exit status.

    Where it is open already, that window comes to the front instead. Raises ``Problem`` ``already_open`` where
    that window does not answer. ``password`` unlocks without being typed; ``watch`` is handed the client before
    it starts.
    """
    # While the store reads much, the window waits for its turn this long, and painting asks for many.
    sys.setswitchinterval(_TURN)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("gridapp")
    app.setStyle("Fusion")
    try:
        first = claim(data_dir)
    except Problem as problem:
        say_open(problem)
        raise
    if first is None:
        return 0
    log = keep_log(data_dir)
    defects = Defects()
    defects.catch()
    client = Client(data_dir, note=note)
    defects.met.connect(client.tasks.broken)
    first.asked.connect(client.window.come_forward)
    watched = watch(client) if watch else None
    client.start(user, password)
    status = app.exec()
    del watched
    client.close()
    defects.release()
    first.release()
    if log:
        log.close()
    return status
