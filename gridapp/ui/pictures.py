"""Pictures of the running window, screen by screen: for the guide, and for people to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication, QWidget

from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.household import HouseholdPage
from gridapp.ui.shell import Shell
from gridapp.ui.tasks import Tasks

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
    window: QWidget, shell: Shell, out: Path, name: str, household: UUID, event: UUID
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
    shell: Shell, household: UUID, event: UUID
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


def _file(shell: Shell, page: HouseholdPage, household: UUID) -> None:
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
    assert isinstance(form, VisitForm)
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
