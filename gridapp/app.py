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
from gridapp.store.store import Store
from gridapp.store.views.last_place import Ended
from gridapp.ui import preferences
from gridapp.ui.entering.entry import Entry
from gridapp.ui.entering.unlock import Unlock
from gridapp.ui.preferences import Preferences
from gridapp.ui.running import window_place
from gridapp.ui.running.ahead import Ahead
from gridapp.ui.running.collector import Collector
from gridapp.ui.running.day_watch import DayWatch
from gridapp.ui.running.defects import Defects, keep_log
from gridapp.ui.running.idle import Idle
from gridapp.ui.running.second_start import claim, say_open
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look, Theme
from gridapp.ui.window import Window
from gridapp.ui.words.qt_words import QtWords

if TYPE_CHECKING:
    from gridapp.ui.desk import Desk
    from gridapp.ui.entering.enrol import Enrol
    from gridapp.ui.help.guide import Guide
    from gridapp.ui.shell import Shell
    from gridapp.ui.workplace import Workplace

_TURN = 0.001  # seconds; Python's own is 5 ms


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
        self.workplace: Workplace | None = None
        self.guide: Guide | None = None
        self._ahead = Ahead(self)
        self._watch()

    @property
    def desk(self) -> Desk | None:
        """The desk of the user who is there."""
        return self.workplace.desk if self.workplace else None

    @property
    def shell(self) -> Shell | None:
        """The window of the user who is there, once it is shown."""
        return self.workplace.shell if self.workplace else None

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
        from gridapp.ui.entering.enrol import Enrol

        others = bool(profiles(self.data_dir))
        screen = Enrol(self.look, self.tasks, self._enrol, others=others)
        screen.opened.connect(self.show_shell)
        screen.back.connect(self.show_unlock)
        self._show_entry(screen)
        return screen

    def show_shell(self, store: Store) -> None:
        """The window of the user whose store was opened."""
        from gridapp.ui.workplace import Workplace

        self.workplace = place = Workplace(
            store,
            self.look,
            self.tasks,
            self.preferences,
            self.window.show_only,
            sync=self._sync,
            parent=self,
        )
        place.desk.preferred.connect(self.choose)
        place.locked.connect(self.lock)
        place.helping.connect(self.show_guide)
        place.opened.connect(self.idle.touch)
        place.opened.connect(self._collector.spare_what_is_there)

    def show_guide(self, chapter: str) -> None:
        """The guide, at a chapter, in a window of its own."""
        if self.guide is None:
            from gridapp.ui.help.guide import Guide

            self.guide = Guide(self.look)
        self.guide.open(chapter)
        self.guide.show()
        self.guide.raise_()
        self.guide.activateWindow()

    def lock(self) -> None:
        """Close the user's database, keeping drafts and place, and ask who is next."""
        place = self._leave(Ended.LOCKED)
        if place:
            user = place.store.who.user_name
            closing = self.tasks.start(place.close)
            self.tasks.run(self, closing, lambda _: self._ask_who(user))

    def close(self) -> None:
        """End: what is being saved is finished first."""
        place = self._leave(Ended.CLOSED)
        self._drop_guide()
        if place:
            place.close()
        self.tasks.close()
        self._qt_words.end()
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
        users = profiles(self.data_dir)
        if all(profile.user_name != user for profile in users):
            from gridapp.store.erasing import erased

            screen = self.show_unlock() if users else self.show_enrol()
            screen.refuse(erased())  # the computer was revoked while it was open
            return
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

    def _speak(self, language: str) -> None:
        set_language(language)
        self._qt_words.speak(language)
        self._drop_guide()
        if self.workplace:
            self.workplace.speak()

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
        if self.workplace:
            self.workplace.wake()

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

    def _leave(self, ended: Ended) -> Workplace | None:
        """Nobody is at work any more; what is still to be closed."""
        place, self.workplace = self.workplace, None
        if place:
            place.leave(ended)
        return place

    def _keep_drafts(self) -> None:
        if self.workplace:
            self.workplace.keep_drafts()

    def _open(self, profile: Profile, password: str) -> Future[Store]:
        return self.tasks.start(lambda: open_store(profile.folder, password, clock=self.clock))

    def _enrol(self, server: str, code: str, password: str, digits: str) -> Future[Store]:
        def work() -> Store:
            from gridapp.sync.enrolment import enrol

            return enrol(
                self.data_dir, server, code, password, fingerprint=digits, clock=self.clock
            )

        return self.tasks.start(work)


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
