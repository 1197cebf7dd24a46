"""Pictures of the running window, screen by screen: for the guide, and for people to look at.

``python -m gridapp.ui.pictures OUTDIR --data DIR [--user NAME]`` opens a client's data (password in
``GRIDAPP_PASSWORD``) and grabs every screen at 100% and 150%, or as ``--looks`` says.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from uuid import UUID

from PySide6.QtWidgets import QApplication, QWidget

from gridapp.errors import Problem
from gridapp.store.opening import Profile, choose, open_store
from gridapp.store.store import Store
from gridapp.store.views.events import telling_event
from gridapp.store.views.household_list import telling_household
from gridapp.store.views.places import my_post
from gridapp.store.views.reference import reference
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.desk import Desk
from gridapp.ui.entering.enrol import Enrol
from gridapp.ui.entering.unlock import Unlock
from gridapp.ui.running.collector import Collector
from gridapp.ui.shell import Shell
from gridapp.ui.tasks import Tasks
from gridapp.ui.theme import Look, Theme
from gridapp.ui.tour import close_forms, screens, settle, take
from gridapp.ui.window import Window

LOOKS = ("100", "150")


def take_all(window: QWidget, shell: Shell, out: Path, look: str) -> list[Path]:
    """Every screen of a user; ``look`` ends each file's name (100, 150, dark …)."""
    store, taken = shell.desk.store, []
    household = store.read(telling_household).result()
    event = store.read(telling_event).result()
    for screen, show in screens(shell, household, event):
        show()
        settle(shell.desk.tasks)
        taken.append(take(window, shell.desk.tasks, out / f"{screen}-{look}.png"))
    close_forms(shell)
    return taken


def theme_of(look: str) -> Theme:
    """``150``: the text size in percent; ``dark``: dark at 100%; ``dark150``: both."""
    size = look.removeprefix("dark") or "100"
    return Theme(int(size) / 100 if size.isdigit() else 1.0, look.startswith("dark"))


class _AtRest:
    """Stands where the sync service would: pictures talk to nobody."""

    state = ServiceState(Phase.IDLE)

    def sync_now(self) -> None:
        """Nothing."""

    def fetch_history(
        self, record_id: UUID, *, older: bool = False, kind: str = "household"
    ) -> Future[bool]:
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
    parser.add_argument("--looks", nargs="*", default=LOOKS, help="100 150 200 dark dark150")
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
    _tour(window, look, tasks, store, args.out, args.looks)
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


def _tour(
    window: Window, look: Look, tasks: Tasks, store: Store, out: Path, looks: Sequence[str]
) -> None:
    desk = Desk(store, look, tasks, _AtRest())
    desk.reference = store.read(reference).result()
    desk.post = store.read(my_post).result()
    for name in looks:
        look.use(theme_of(name))
        shell = Shell(desk)
        window.show_only(shell)
        shell.go(shell.where)
        take_all(window, shell, out, name)
    desk.close()


if __name__ == "__main__":
    raise SystemExit(main())
