"""The composition root of the desktop client: the one place that builds everything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from gridapp.clock import Clock, system_clock
from gridapp.i18n import set_language
from gridapp.store.opening import Profile, open_store, profiles
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.views.places import MyPost, my_post
from gridapp.store.views.reference import Reference, reference
from gridapp.sync.enrolment import enrol
from gridapp.sync.schedule import SyncService
from gridapp.ui import preferences
from gridapp.ui.collector import Collector
from gridapp.ui.desk import Desk, Where
from gridapp.ui.enrol import Enrol
from gridapp.ui.preferences import Preferences
from gridapp.ui.shell import Shell
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look, Theme
from gridapp.ui.unlock import Unlock
from gridapp.ui.window import Window

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
        self._collector = Collector(self)
        self.tasks = Tasks(self)
        self.look = Look(Theme(self.preferences.scale, self.preferences.dark), self)
        self.look.use(self.look.theme)
        self.window = Window(note)
        self.window.closing.connect(self._keep_drafts)
        self.desk: Desk | None = None
        self.shell: Shell | None = None
        self._service: SyncService | None = None

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

    def show_unlock(self, user: str = "") -> Unlock:
        """Choose a user of this computer."""
        users = profiles(self.data_dir)
        screen = Unlock(self.look, self.tasks, users, self._open, user, note=self.note)
        screen.opened.connect(self.show_shell)
        screen.enrolling.connect(self.show_enrol)
        self.window.show_only(screen, note=False)
        return screen

    def _ask_who(self) -> None:
        self.show_unlock()

    def show_enrol(self) -> Enrol:
        """Register one more user."""
        others = bool(profiles(self.data_dir))
        screen = Enrol(self.look, self.tasks, self._enrol, others=others)
        screen.opened.connect(self.show_shell)
        screen.back.connect(self.show_unlock)
        self.window.show_only(screen)
        return screen

    def show_shell(self, store: Store) -> None:
        """The window of the user whose store was opened."""
        self.desk = desk = Desk(
            store, self.look, self.tasks, preferences=self.preferences, parent=self
        )
        desk.preferred.connect(self.choose)
        if self._sync:
            self._service = desk.sync = SyncService(store, desk.tell_sync)
            self._service.start()

        def read(reader: Reader) -> tuple[Reference, MyPost]:
            return reference(reader), my_post(reader)

        desk.read(self, read, lambda found: self._ready(*found))

    def lock(self) -> None:
        """Close the user's database, keeping drafts, and ask who is next."""
        self._keep_drafts()
        closing = self.tasks.start(self._parts_closer())
        self.tasks.run(self, closing, lambda _: self._ask_who())

    def close(self) -> None:
        """End: what is being saved is finished first."""
        self._keep_drafts()
        self._parts_closer()()
        self.tasks.close()
        self._collector.stop()

    def choose(self, chosen: Preferences) -> None:
        """Another text size or colour scheme is seen at once; another language builds the window anew."""
        old, self.preferences = self.preferences, chosen
        if self.desk:
            self.desk.preferences = chosen
        preferences.keep(self.data_dir, chosen)
        if (old.scale, old.dark) != (chosen.scale, chosen.dark):
            self.look.use(Theme(chosen.scale, chosen.dark))
        if old.language != chosen.language and self.desk:
            self._keep_drafts()
            # drafts are written before the new window reads them
            written = self.desk.store.write(lambda _uow: None)
            self.desk.run(self, written, lambda _: self._speak(chosen.language))

    def _ready(self, found: Reference, post: MyPost) -> None:
        assert self.desk
        self.desk.reference, self.desk.post = found, post
        self._show()
        assert self.shell
        self.shell.unfinished.offer()

    def _show(self, where: Where | None = None, resume: tuple[str, ...] = ()) -> None:
        assert self.desk
        self.shell = shell = Shell(self.desk)
        shell.locked.connect(self.lock)
        self.window.show_only(shell)
        shell.go(where or shell.where)
        shell.unfinished.reopen(resume)

    def _speak(self, language: str) -> None:
        assert self.shell
        open_forms = tuple(form.draft_key for form in self.shell.panel.forms())
        where = self.shell.where
        set_language(language)
        self._show(where, open_forms)

    def _keep_drafts(self) -> None:
        if self.shell:
            self.shell.panel.put_aside()

    def _parts_closer(self) -> _Closer:
        closer = _Closer(self._service, self.desk)
        if self.desk:
            self.desk.close()
        self._service = self.desk = self.shell = None
        return closer

    def _open(self, profile: Profile, password: str) -> Future[Store]:
        return self.tasks.start(lambda: open_store(profile.folder, password, clock=self.clock))

    def _enrol(self, server: str, code: str, password: str, digits: str) -> Future[Store]:
        return self.tasks.start(
            lambda: enrol(
                self.data_dir, server, code, password, fingerprint=digits, clock=self.clock
            )
        )


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

    ``password`` unlocks without being typed; ``watch`` is handed the client before it starts.
    """
    # While the store reads much, the window waits for its turn this long, and painting asks for many.
    sys.setswitchinterval(_TURN)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("gridapp")
    app.setStyle("Fusion")
    client = Client(data_dir, note=note)
    watched = watch(client) if watch else None
    client.start(user, password)
    status = app.exec()
    del watched
    client.close()
    return status
