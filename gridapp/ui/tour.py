"""A walk through every screen of a window: for the tests that look at each of them, and for pictures.

Pages, tabs and forms are taken from where they are listed, so a new one is walked without being named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from gridapp.domain.workflow import Action
from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.event import EventPage
from gridapp.ui.pages.every import PAGES
from gridapp.ui.pages.file.every import TABS
from gridapp.ui.pages.household import HouseholdPage
from gridapp.ui.shell import Shell
from gridapp.ui.tasks import Tasks

WIDTH, HEIGHT = 1366, 768
_BEAT = 5  # ms
_QUIET = 3  # turns of the event loop with nothing under way

Screens = Iterator[tuple[str, Callable[[], object]]]


def settle(tasks: Tasks, seconds: float = 20.0) -> None:
    """Run the event loop until nothing is under way any more."""
    deadline = QDeadlineTimer(int(seconds * 1000))
    every, waiting = (
        QEventLoop.ProcessEventsFlag.AllEvents,
        QEventLoop.ProcessEventsFlag.WaitForMoreEvents,
    )
    beat = (
        QTimer()
    )  # a wait ends with an event; asking again and again would keep the others from working
    beat.start(_BEAT)
    quiet = 0
    while quiet < _QUIET and not deadline.hasExpired():
        if tasks.busy:
            QApplication.processEvents(every | waiting)
        else:
            QApplication.processEvents(every, 20)  # and what these bring about
        quiet = 0 if tasks.busy else quiet + 1


def take(
    window: QWidget, tasks: Tasks, out: Path, width: int = WIDTH, height: int = HEIGHT
) -> Path:
    """One picture of the window as it is."""
    window.resize(width, height)
    settle(tasks)
    window.grab().save(str(out))
    return out


def screens(shell: Shell, household: UUID | None, event: UUID | None) -> Screens:
    """(name, what shows it) of every screen of this user, to be shown one after the other."""
    for spec in PAGES:
        if not spec.is_for(shell.desk.post.roles):
            continue
        if spec.key == "print":
            yield "print-empty", partial(_page, shell, spec.key, None, None)
        yield spec.key, partial(_page, shell, spec.key, household, event)
        if spec.key == "household" and household:
            yield from _file(shell, household)
        if spec.key == "event" and event:
            yield from _steps(shell)
    yield "event-form", partial(_event_form, shell)
    yield "event-form-filled", partial(_choose_item, shell)
    yield "search", partial(_search, shell)


def close_forms(shell: Shell) -> None:
    """No form is left open."""
    for form in shell.panel.forms():
        form.cancel()
    shell.thrown.settle()
    settle(shell.desk.tasks)


def _page(shell: Shell, key: str, household: UUID | None, event: UUID | None) -> None:
    close_forms(shell)
    record = {"household": household, "print": household, "event": event}.get(key)
    shell.desk.go(key, record, TABS[0].key if key == "household" else "")


def _file(shell: Shell, household: UUID) -> Screens:
    page = shell.pages["household"]
    assert isinstance(page, HouseholdPage)
    yield "visit", page.record_visit
    yield "visit-filled", partial(_fill, shell)
    for tab in TABS[1:]:
        yield f"household-{tab.key}", partial(_tab, shell, household, tab.key)
    yield "edit", page.edit


def _steps(shell: Shell) -> Screens:
    """The form of every step that the user may take about the event that is shown."""
    page = shell.pages["event"]
    assert isinstance(page, EventPage)
    for action in page.view.allowed if page.view else ():
        yield f"step-{action}", partial(_step, shell, page, action)


def _step(shell: Shell, page: EventPage, action: Action) -> None:
    close_forms(shell)
    page.take(action)


def _tab(shell: Shell, household: UUID, tab: str) -> None:
    close_forms(shell)
    shell.desk.go("household", household, tab)


def _fill(shell: Shell) -> None:
    form = shell.panel.currentWidget()
    if not isinstance(form, VisitForm):
        return
    form.situation.setPlainText("精神好，药已续上。")
    lines = form.checklist.lines()
    for line, answer in zip(lines[3:6], ("watch", "watch", "good"), strict=False):
        line.choice.button(answer).click()
    form.checklist.rest_button.click()


def _event_form(shell: Shell) -> None:
    close_forms(shell)
    shell.desk.go("events")
    shell.desk.opening.emit(EventForm(shell.desk, None))


def _choose_item(shell: Shell) -> None:
    form = shell.panel.currentWidget()
    assert isinstance(form, EventForm)
    form.item.line.setText("xiaofang")
    form.item.line.textEdited.emit("xiaofang")


def _search(shell: Shell) -> None:
    close_forms(shell)
    shell.desk.go("households")
    shell.search.line.setFocus()
    shell.search.line.setText("z")
    shell.search.line.textEdited.emit("z")
    shell.search.ask()
