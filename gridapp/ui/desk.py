"""What every page is given: the store, the look, a way to ask and a way to go somewhere.

One ``Desk`` per unlocked user, made by ``gridapp.app`` and handed down; nothing is global.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

from PySide6.QtCore import QObject, Qt, Signal

from gridapp.clock import Instant, day_of
from gridapp.errors import Problem
from gridapp.i18n import language
from gridapp.store.best_time import last_day, likely
from gridapp.store.changes import Changes
from gridapp.store.store import Store
from gridapp.store.views import View
from gridapp.store.views.places import MyPost, last_known, my_post
from gridapp.store.views.reference import Reference, reference
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.preferences import Preferences
from gridapp.ui.running.pace import Pace
from gridapp.ui.tasks import Failed, Tasks
from gridapp.ui.theme import Look
from gridapp.ui.widgets.row_list import Fetch, Row

T = TypeVar("T")
R = TypeVar("R")


class Syncing(Protocol):
    """What the window needs of the service that talks to the server."""

    @property
    def state(self) -> ServiceState:
        """What it is doing."""

    def sync_now(self) -> None:
        """Begin at once, in its own thread."""

    def fetch_history(
        self, record_id: UUID, *, older: bool = False, kind: str = "household"
    ) -> Future[bool]:
        """Ask what changed in a record; whether an answer was kept. Never on the caller's thread."""


@dataclass(frozen=True, slots=True)
class Where:
    """A page of the window, and what it shows: a record, a tab of it, an item there.

    ``what``: whatever else that page asks for, for example what to print.
    """

    page: str
    id: UUID | None = None
    tab: str = ""
    item: UUID | None = None
    what: object = None


class Desk(QObject):
    """The user's working place. ``changed`` follows every commit, on the GUI thread."""

    changed = Signal(object)  # Changes
    going = Signal(object)  # Where
    opening = Signal(object)  # a Form, to be shown beside the page
    said = Signal(str)  # a form was saved
    finding = Signal()  # somebody is to be found: the keyboard goes to the search box
    preferred = Signal(object)  # other Preferences
    posted = Signal()  # the user's roles or grids are others now
    day_changed = Signal()  # another day began while the window was open
    woken = Signal()  # the computer slept, or its clock was set
    locking = Signal()  # the user asks to lock
    sync_changed = Signal(object)  # ServiceState
    synced = Signal()  # a round with the server ended well
    _committed = Signal(object)
    _sync_state = Signal(object)

    def __init__(
        self,
        store: Store,
        look: Look,
        tasks: Tasks,
        sync: Syncing | None = None,
        preferences: Preferences | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.preferences = preferences or Preferences()
        self.store, self.look, self.tasks, self.sync = store, look, tasks, sync
        self.reference = Reference()
        self.post = MyPost(frozenset(), "")
        self.last_known: Instant = 0  # when the server was last heard, by its clock
        self._uses: Callable[[str], bool] = lambda _page: True
        self._pace = Pace(self)
        self._pace.due.connect(self._tell)
        self._committed.connect(self._pace.take, Qt.ConnectionType.QueuedConnection)
        self._sync_state.connect(self._pace.keep_up, Qt.ConnectionType.QueuedConnection)
        self._sync_state.connect(self.sync_changed, Qt.ConnectionType.QueuedConnection)
        self.sync_changed.connect(self._tell_synced)
        self._remove = store.listen(self._committed.emit)
        self.closed = False

    @property
    def today(self) -> date:
        """The day in China: by this computer's clock, unless that is plainly wrong."""
        return day_of(likely(self.store.clock(), self.last_known))

    @property
    def latest(self) -> date:
        """The last day on which something can have happened: any, where the clock is plainly wrong."""
        return last_day(self.store.clock(), self.last_known)

    def may(self, kind: str, grid_id: UUID | None = None) -> bool:
        """Whether the user writes records of this kind, in this grid or (None) anywhere: else it is not offered."""
        return self.post.may(kind, grid_id)

    def uses(self, page: str) -> bool:
        """Whether a page is the user's: else no way leads there."""
        return self._uses(page)

    def know_pages(self, uses: Callable[[str], bool]) -> None:
        """Which pages are the user's is known to the window."""
        self._uses = uses

    def read(
        self,
        owner: QObject,
        fn: View[T],
        done: Callable[[T], None],
        failed: Failed | None = None,
        *,
        only_latest: str = "",
    ) -> None:
        """Ask the store off the GUI thread; ``done(result)`` follows on it. Nothing once it is closed."""
        if self.closed:
            return
        self.tasks.run(owner, self.store.read(fn), done, failed, only_latest=only_latest)

    def run(
        self,
        owner: QObject,
        future: Future[T],
        done: Callable[[T], None] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Wait for an operation without waiting."""
        self.tasks.run(owner, future, done, failed)

    def rows(
        self,
        view: Callable[..., Mapping[UUID, R]],
        make: Callable[[R], Row],
    ) -> Fetch:
        """How a long list gets what is in sight: ``view(reader, ids)`` of the store, each made a row.

        Rows are made where they are read, off the GUI thread.
        """

        def fetch(ids: tuple[UUID, ...]) -> Future[Mapping[UUID, Row]]:
            return self.store.read(
                lambda reader: {id_: make(found) for id_, found in view(reader, ids).items()}
            )

        return fetch

    def prefer(self, **changes: Any) -> None:
        """Another setting of the window, by the names of ``Preferences``; kept and seen at once."""
        self.preferences = replace(self.preferences, **changes)
        self.preferred.emit(self.preferences)

    def go(
        self,
        page: str,
        id_: UUID | None = None,
        tab: str = "",
        item: UUID | None = None,
        what: object = None,
    ) -> None:
        """Show a page."""
        self.going.emit(Where(page, id_, tab, item, what))

    def say(self, table: str, code: str) -> str:
        """The word for a code in the user's language."""
        return self.reference.say(table, code, language())

    def care_name(self, code: str) -> str:
        """The word for a care group in the user's language."""
        return self.reference.care_name(code, language())

    def item_name(self, code: str) -> str:
        """The words for a catalogue item in the user's language."""
        return self.reference.item_name(code, language())

    def tell_sync(self, state: ServiceState) -> None:
        """Called by the sync service on its own thread; ``sync_changed`` follows on the GUI thread."""
        self._sync_state.emit(state)

    def stop_sync(self, problem: Problem) -> None:
        """Say, as the service would, that there is no syncing here any more."""
        self.tell_sync(ServiceState(Phase.STOPPED, problem))

    def close(self) -> None:
        """Listen no more. The store may be gone before what it still told arrives here."""
        self.closed = True
        self._remove()

    def _tell_synced(self, state: ServiceState) -> None:
        if state.phase is Phase.IDLE:
            self.synced.emit()

    def _tell(self, changes: Changes) -> None:
        if self.closed:
            return
        if changes.touches("code", "catalogue_item", "care_group"):
            self.read(self, reference, self._take_reference, only_latest="reference")
        if changes.touches("assignment", "unit"):
            self.read(self, my_post, self._take_post, only_latest="post")
        if changes.sync:
            self.read(self, last_known, self._take_time, only_latest="time")
        self.changed.emit(changes)

    def _take_post(self, found: MyPost) -> None:
        if found != self.post:
            self.post = found
            self.posted.emit()

    def _take_time(self, heard: Instant) -> None:
        self.last_known = heard

    def _take_reference(self, found: Reference) -> None:
        self.reference = found
