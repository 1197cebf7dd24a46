"""A form says whose it is, and never passes for one about the file beside it."""

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from two_households import file_of, front, other, visit

from gridapp.ui.forms.event import EventForm

LEFT = Qt.MouseButton.LeftButton


def test_name_and_address_stand_in_the_head_of_every_form_about_a_household(desktop) -> None:
    page = file_of(desktop, desktop.sample.zhao)
    home = page.view.household
    for open_form in (page.record_visit, page.report_event, page.edit):
        open_form()
        desktop.settle()
        form = front(desktop)
        assert home.name in form.head.title.text()
        assert form.head.place.isVisible()
        assert form.head.place.text() == home.address


def test_beside_another_file_the_form_says_so_with_a_way_back(desktop, qtbot) -> None:
    form = visit(desktop, desktop.sample.zhao)
    home = form.view.household
    assert not form.head.elsewhere.isVisible()
    desktop.show("households")
    assert not form.head.elsewhere.isVisible()
    file_of(desktop, other(desktop))
    assert form.head.elsewhere.isVisible()
    assert home.name in form.head.elsewhere_text.text()
    assert home.address in form.head.elsewhere_text.text()
    qtbot.mouseClick(form.head.there, LEFT)
    desktop.settle()
    assert desktop.shell.where.id == home.id
    assert not form.head.elsewhere.isVisible()


def test_the_form_that_reappears_says_whose_it_is_and_has_the_keyboard(desktop, qtbot) -> None:
    first = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(first.situation, "one")
    second = visit(desktop, other(desktop))
    qtbot.keyClicks(second.situation, "two")
    second.save_button.setFocus()
    qtbot.keyClick(second.save_button, Qt.Key.Key_Return)
    desktop.settle()
    assert front(desktop) is first
    assert first.head.elsewhere.isVisible()
    assert first.isAncestorOf(QApplication.focusWidget())
    qtbot.keyClicks(QApplication.focusWidget(), ", three")
    qtbot.keyClick(
        QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
    )
    desktop.settle()
    page = desktop.shell.pages["household"]
    assert QApplication.focusWidget() is page or page.isAncestorOf(QApplication.focusWidget())
    told = desktop.sql("SELECT situation, household_id FROM visit ORDER BY id DESC LIMIT 2")
    assert told == [
        ("one, three", desktop.sample.zhao.bytes),
        ("two", other(desktop).bytes),
    ]


def test_cancel_and_esc_leave_the_keyboard_in_the_form_beneath(desktop, qtbot) -> None:
    first = visit(desktop, desktop.sample.zhao)
    for way in ("cancel", "put_aside"):
        second = visit(desktop, other(desktop))
        getattr(second, way)()
        desktop.settle()
        assert first.isAncestorOf(QApplication.focusWidget())


def test_a_form_that_waits_is_named_with_whom_it_is_about(desktop, qtbot) -> None:
    desktop.client.choose(dataclasses.replace(desktop.client.preferences, scale=2.0))
    form = visit(desktop, desktop.sample.zhao)
    assert form.view.household.address in form.head.title.text()
    qtbot.mouseClick(form.back, LEFT)
    desktop.settle()
    assert desktop.shell._waiting.isVisible()
    assert desktop.shell._waiting_text.text() == f"写到一半：记走访 {form.view.household.name}"


def test_in_large_text_the_form_that_reappears_says_whose_it_is_too(desktop, qtbot) -> None:
    desktop.client.choose(dataclasses.replace(desktop.client.preferences, scale=2.0))
    first = visit(desktop, desktop.sample.zhao)
    qtbot.keyClicks(first.situation, "one")
    second = visit(desktop, other(desktop))
    assert not second.head.elsewhere.isVisible()
    qtbot.keyClicks(second.situation, "two")
    second.save()
    desktop.settle()
    assert front(desktop) is first
    assert first.head.elsewhere.isVisible()
    assert first.isAncestorOf(QApplication.focusWidget())


def test_an_event_form_about_nobody_clashes_with_no_file(desktop) -> None:
    form = EventForm(desktop.client.desk, None)
    desktop.client.desk.opening.emit(form)
    file_of(desktop, other(desktop))
    assert not form.head.elsewhere.isVisible()
    assert not form.head.place.isVisible()


def test_a_step_beside_another_event_says_so(desktop) -> None:
    desktop.client.desk.go("event", desktop.sample.event)
    desktop.settle()
    page = desktop.shell.pages["event"]
    page.take(page.view.allowed[0])
    desktop.settle()
    form = front(desktop)
    assert not form.head.elsewhere.isVisible()
    [(another,)] = desktop.sql(
        "SELECT id FROM event WHERE id<>? LIMIT 1", desktop.sample.event.bytes
    )
    desktop.client.desk.go("event", type(desktop.sample.event)(bytes=another))
    desktop.settle()
    assert form.head.elsewhere.isVisible()
