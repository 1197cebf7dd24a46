"""A form keeps the day that was meant, over midnight and over nights in a drawer."""

from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from sample import NOW
from two_households import front, visit

from gridapp.domain.workflow import Action
from gridapp.ui.forms.event import EventForm

DAY = 86_400_000
LEFT = Qt.MouseButton.LeftButton


def nights_pass(desktop, nights: int = 1) -> None:
    """The clock of the computer goes on, and the window notices."""
    desktop.client.desk.store.clock = lambda: NOW + nights * DAY
    desktop.client.desk.day_changed.emit()
    desktop.settle()


def saved(desktop, form) -> str:
    form.save()
    desktop.settle()
    table = "event" if isinstance(form, EventForm) else "visit"
    [(when,)] = desktop.sql(f"SELECT happened_at FROM {table} ORDER BY id DESC LIMIT 1")
    return when


def test_a_visit_that_is_open_over_midnight_says_and_saves_its_day(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(form.situation, "late")
    nights_pass(desktop)
    assert form.when.value() == "yesterday"
    assert form.when.button("yesterday").text() == "昨天 11月20日"
    assert saved(desktop, form) == "2026-11-20"


def test_an_empty_form_is_about_the_new_day(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    nights_pass(desktop)
    assert form.when.value() == "today"
    qtbot.keyClicks(form.situation, "early")
    assert saved(desktop, form) == "2026-11-21"


@pytest.mark.parametrize(
    ("nights", "chosen", "shown"),
    [(0, "today", ""), (1, "yesterday", ""), (2, "pick", "2026-11-20"), (40, "pick", "2026-11-20")],
)
def test_a_draft_keeps_its_day(desktop, qtbot, nights: int, chosen: str, shown: str) -> None:
    form = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(form.situation, "half")
    form.put_aside()
    desktop.settle()
    nights_pass(desktop, nights)
    again = visit(desktop, desktop.sample.zhao)
    assert again.when.value() == chosen
    assert again.date.line.text() == shown
    assert again.date.isVisible() == bool(shown)
    assert saved(desktop, again) == "2026-11-20"


def test_words_for_a_day_mean_the_day_on_which_they_were_said(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(form.situation, "half")
    qtbot.mouseClick(form.when.button("pick"), LEFT)
    form.date.line.setText("前天 15:30")
    qtbot.mouseClick(form.next.button("pick"), LEFT)
    form.following.date.line.setText("3天后")
    nights_pass(desktop)
    assert form.date.line.text() == "2026-11-18 15:30"
    assert form.following.date.line.text() == "2026-11-23"
    form.date.line.setText("前天")
    form.edited()
    form.put_aside()
    desktop.settle()
    nights_pass(desktop, 3)
    again = visit(desktop, desktop.sample.zhao)
    assert again.date.line.text() == "2026-11-19"
    assert saved(desktop, again) == "2026-11-19"


def test_a_draft_of_an_older_version_can_be_gone_on_with(desktop) -> None:
    form = visit(desktop, desktop.sample.zhao)
    old = {"when": "pick", "date": "昨天", "situation": "x", "next": "7", "next_date": ""}
    form.restore(old | {"next_said": True})
    assert form.next.value() == "7"
    form.restore(old | {"next_said": False})
    assert form.next.value() == ""  # proposed, never agreed
    assert saved(desktop, form) == "2026-11-19"


@pytest.mark.parametrize("away", [False, True], ids=["open", "put aside"])
def test_an_event_keeps_its_day(desktop, qtbot, away: bool) -> None:
    form = EventForm(desktop.client.desk, None)
    desktop.client.desk.opening.emit(form)
    desktop.settle()
    form.item.set_value("0101")
    qtbot.keyClicks(form.text, "Blocked lane")
    if away:
        form.put_aside()
        desktop.settle()
    nights_pass(desktop)
    if away:
        desktop.client.desk.opening.emit(EventForm(desktop.client.desk, None))
        desktop.settle()
        form = front(desktop)
    assert form.when.line.text() == "2026-11-20"
    assert saved(desktop, form) == "2026-11-20"


def test_an_event_that_is_only_begun_is_of_the_new_day(desktop) -> None:
    form = EventForm(desktop.client.desk, None)
    desktop.client.desk.opening.emit(form)
    desktop.settle()
    nights_pass(desktop)
    assert form.when.line.text() == "今天"
    form.item.set_value("0101")
    form.text.setPlainText("Blocked lane")
    assert saved(desktop, form).startswith("2026-11-21T")


def test_a_step_keeps_its_day(desktop, qtbot) -> None:
    from gridapp.store.views.event_page import event_page
    from gridapp.ui.forms.step import StepForm

    id_: UUID = desktop.sample.event
    view = desktop.client.desk.store.read(lambda r: event_page(r, id_)).result()
    form = StepForm(desktop.client.desk, view, Action.HANDLE)
    desktop.client.desk.opening.emit(form)
    desktop.settle()
    qtbot.keyClicks(form.text, "done")
    nights_pass(desktop)
    assert form.when.line.text() == "2026-11-20"
    form.put_aside()
    desktop.settle()
    nights_pass(desktop, 2)
    desktop.client.desk.opening.emit(StepForm(desktop.client.desk, view, Action.HANDLE))
    desktop.settle()
    assert front(desktop).when.line.text() == "2026-11-20"
