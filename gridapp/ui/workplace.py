"""What there is for one unlocked user, from opening the database to closing it: desk, sync, shell, where to go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from gridapp.clock import Instant
from gridapp.store.erasing import is_erased
from gridapp.store.reader import Reader
from gridapp.store.store import Store
from gridapp.store.views.last_place import Ended, LastPlace, last_place
from gridapp.store.views.places import MyPost, last_known, my_post
from gridapp.store.views.reference import Reference, reference
from gridapp.ui.desk import Desk
from gridapp.ui.preferences import Preferences
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look

if TYPE_CHECKING:
    from gridapp.sync.schedule import ServiceState, SyncService
    from gridapp.ui.running.continuity import Beginning, Continuity
    from gridapp.ui.shell import Shell

_FIRST_SYNC = 300  # ms after the window, which has what it needs first


class Workplace(QObject):
    """One user at work. ``opened`` follows each time that a shell is shown."""

    opened = Signal()
    locked = Signal()
    helping = Signal(str)

    def __init__(
        self,
        store: Store,
        look: Look,
        tasks: Tasks,
        preferences: Preferences,
        show: Callable[[QWidget], None],
        *,
        sync: bool,
        parent: QObject,
    ) -> None:
        """``show`` puts a shell into the window; ``sync``: whether to talk to the server."""
        super().__init__(parent)
        self.store = store
        self.desk = Desk(store, look, tasks, preferences=preferences, parent=self)
        self.shell: Shell | None = None
        self._put = show
        self._continuity: Continuity | None = None
        self._service: SyncService | None = None
        self.desk.sync_changed.connect(self._heard)
        if sync:
            self._prepare_sync()
        self.desk.read(self.desk, _beginning, lambda found: self._begin(*found))

    def speak(self) -> None:
        """Another language: the window is built anew where it stood, forms that are open come back."""
        assert self._continuity
        self._show(self._continuity.place(Ended.LOCKED))

    def wake(self) -> None:
        """The computer slept."""
        self.desk.woken.emit()
        if self.desk.sync:
            self.desk.sync.sync_now()

    def keep_drafts(self) -> None:
        """What is typed in open forms is kept."""
        if self.shell:
            self.shell.panel.put_aside()

    def leave(self, ended: Ended) -> None:
        """Keep what is open: drafts first, then where the user was. The desk hears of nothing any more."""
        if self._continuity:
            self.keep_drafts()
            self._continuity.keep(ended)
        self.desk.close()
        self.shell = self._continuity = None

    def close(self) -> None:
        """End the service and close the database, on whatever thread this is called."""
        if self._service:
            self._service.stop()
        self.store.close()

    def _heard(self, state: ServiceState) -> None:
        """A revoked computer has handed over what waited and is empty: nobody stays at work there."""
        if state.problem and is_erased(self.store.folder):
            self.locked.emit()

    def _prepare_sync(self) -> None:
        from gridapp.sync.schedule import SyncService

        self._service = self.desk.sync = SyncService(self.store, self.desk.tell_sync)
        QTimer.singleShot(_FIRST_SYNC, self.desk, partial(self._begin_sync, self._service))

    def _begin_sync(self, service: SyncService) -> None:
        if not self.desk.closed:
            service.start()

    def _begin(
        self, found: Reference, post: MyPost, heard: Instant, last: LastPlace | None
    ) -> None:
        self.desk.reference, self.desk.post, self.desk.last_known = found, post, heard
        self._show(last)

    def _show(self, last: LastPlace | None) -> None:
        from gridapp.ui.running.continuity import Continuity, beginning
        from gridapp.ui.shell import Shell

        self.shell = shell = Shell(self.desk)
        shell.locked.connect(self.locked)
        shell.helping.connect(self.helping)
        begin = beginning(last, self.desk.today, shell.pages.specs, self.desk.post.roles)
        shell.go(begin.where or shell.where)
        self._put(shell)  # once its page is chosen, so that this asks the store once
        shell.pages[shell.where.page].begin()
        self._continuity = Continuity(self.desk, shell)
        self._resume(begin)
        self.opened.emit()

    def _resume(self, begin: Beginning) -> None:
        assert self.shell
        self.shell.unfinished.reopen(begin.forms)
        self.shell.unfinished.offer(but=begin.forms)


def _beginning(reader: Reader) -> tuple[Reference, MyPost, Instant, LastPlace | None]:
    return reference(reader), my_post(reader), last_known(reader), last_place(reader)
