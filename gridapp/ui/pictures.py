"""Pictures of the running window, screen by screen: for the guide, and for people to look at.

``python -m gridapp.ui.pictures OUTDIR --data DIR [--user NAME]`` opens a client's data (password in
``GRIDAPP_PASSWORD``) and grabs every screen at 100% and 150%.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication, QWidget

from gridapp.errors import Problem
from gridapp.store.opening import Profile, choose, open_store
from gridapp.store.store import Store
from gridapp.store.views.events import telling_event
from gridapp.store.views.household_list import telling_household
from gridapp.store.views.places import my_post
from gridapp.store.views.reference import reference
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.collector import Collector
from gridapp.ui.desk import Desk
from gridapp.ui.enrol import Enrol
from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.household import HouseholdPage
from gridapp.ui.shell import Shell
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look, Theme
from gridapp.ui.unlock import Unlock
from gridapp.ui.window import Window

WIDTH, HEIGHT = 1366, 768
_QUIET = 3  # turns of the event loop with nothing under way


def settle(tasks: Tasks, seconds: float = 20.0) -> None:
    """Run the event loop until nothing is under way any more."""
    deadline = QDeadlineTimer(int(seconds * 1000))
    quiet = 0
    while quiet < _QUIET and not deadline.hasExpired():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        quiet = 0 if tasks.busy else quiet + 1


def take(window: QWidget, tasks: Tasks, out: Path) -> Path:
    """One picture of the window as it is."""
    window.resize(WIDTH, HEIGHT)
    settle(tasks)
    window.grab().save(str(out))
    return out


def take_all(
    window: QWidget, shell: Shell, out: Path, name: str, household: UUID | None, event: UUID | None
) -> list[Path]:
    """Every screen of the main job; ``name`` ends each file's name (100, 150, en …)."""
    taken = []
    for screen, show in screens(shell, household, event):
        show()
        settle(shell.desk.tasks)
        taken.append(take(window, shell.desk.tasks, out / f"{screen}-{name}.png"))
    for form in shell.panel.forms():
        form.cancel()
    settle(shell.desk.tasks)
    return taken


def screens(
    shell: Shell, household: UUID | None, event: UUID | None
) -> Iterator[tuple[str, Callable[[], object]]]:
    """(name, what shows it) of every screen, to be shown one after the other."""
    desk = shell.desk
    page = shell.pages["household"]
    assert isinstance(page, HouseholdPage)
    yield "households", lambda: desk.go("households")
    yield "household", lambda: _file(shell, page, household)
    yield "visit", page.record_visit
    yield "visit-filled", lambda: _fill(shell)
    yield "members", lambda: _tab(shell, page, "members")
    yield "dwelling", lambda: page.choose("dwelling")
    yield "visits", lambda: page.choose("visits")
    yield "edit", page.edit
    yield "events", lambda: _leave(shell, "events")
    yield "event", lambda: desk.go("event", event)
    yield "event-form", lambda: desk.opening.emit(EventForm(desk, None))
    yield "event-form-filled", lambda: _choose_item(shell)
    yield "search", lambda: _search(shell)
    yield "sync", lambda: _leave(shell, "sync")


def _file(shell: Shell, page: HouseholdPage, household: UUID | None) -> None:
    shell.desk.go("household", household)
    page.choose("overview")


def _close(shell: Shell) -> None:
    for form in shell.panel.forms():
        form.cancel()


def _leave(shell: Shell, page: str) -> None:
    _close(shell)
    shell.desk.go(page)


def _tab(shell: Shell, page: HouseholdPage, tab: str) -> None:
    _close(shell)
    page.choose(tab)


def _fill(shell: Shell) -> None:
    form = shell.panel.currentWidget()
    if not isinstance(form, VisitForm):
        return
    form.situation.setPlainText("精神好，药已续上。")
    lines = form.checklist.lines()
    for line, answer in zip(lines[3:6], ("watch", "watch", "good"), strict=False):
        line.choice.button(answer).click()
    form.checklist.rest_button.click()


def _choose_item(shell: Shell) -> None:
    form = shell.panel.currentWidget()
    assert isinstance(form, EventForm)
    form.item.line.setText("xiaofang")
    form.item.line.textEdited.emit("xiaofang")


def _search(shell: Shell) -> None:
    _close(shell)
    shell.desk.go("households")
    shell.search.line.setFocus()
    shell.search.line.setText("z")
    shell.search.line.textEdited.emit("z")
    shell.search.ask()


class _AtRest:
    """Stands where the sync service would: pictures talk to nobody."""

    state = ServiceState(Phase.IDLE)

    def sync_now(self) -> None:
        """Nothing."""

    def fetch_history(self, household_id: UUID, *, older: bool = False) -> Future[bool]:
        """No answer."""
        future: Future[bool] = Future()
        future.set_result(False)
        return future


def main(arguments: Sequence[str] | None = None) -> int:
    """The command of this module; the exit status."""
    parser = argparse.ArgumentParser(prog="gridapp.ui.pictures")
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--user", default=None)
    args = parser.parse_args(arguments)
    app = QApplication.instance() or QApplication(["gridapp"])
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    args.out.mkdir(parents=True, exist_ok=True)
    collector, tasks, look = Collector(), Tasks(), Look(Theme())
    look.use(look.theme)
    window = Window()
    try:
        profile = choose(args.data, args.user)
        _entries(window, look, tasks, profile, args.out)
        password = os.environ.get("GRIDAPP_PASSWORD", "")
        store = open_store(profile.folder, password)
    except Problem as problem:
        print(problem.text(), file=sys.stderr)
        return 1
    _tour(window, look, tasks, store, args.out)
    store.close()
    tasks.close()
    collector.stop()
    return 0


def _entries(window: Window, look: Look, tasks: Tasks, profile: Profile, out: Path) -> None:
    def never(*_: object) -> Future[Store]:
        return Future()

    window.show_only(Enrol(look, tasks, never, others=False))
    window.show()
    take(window, tasks, out / "enrol-100.png")
    window.show_only(Unlock(look, tasks, (profile,), never))
    take(window, tasks, out / "unlock-100.png")


def _tour(window: Window, look: Look, tasks: Tasks, store: Store, out: Path) -> None:
    desk = Desk(store, look, tasks, _AtRest())
    desk.reference = store.read(reference).result()
    desk.post = store.read(my_post).result()
    household = store.read(telling_household).result()
    event = store.read(telling_event).result()
    for scale in (1.0, 1.5):
        look.use(Theme(scale))
        shell = Shell(desk)
        window.show_only(shell)
        shell.go(shell.where)
        window.resize(WIDTH, HEIGHT)
        settle(tasks)
        take_all(window, shell, out, f"{scale * 100:.0f}", household, event)
    desk.close()


if __name__ == "__main__":
    raise SystemExit(main())
