"""A window on a computer whose clock is years off: it says so once, shows a believable day, and saves."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from sample import NOW

from gridapp.clock import day_of
from gridapp.ui.forms.visit import VisitForm

DAY = 86_400_000
LAST = date(2026, 11, 19)  # when the sample last heard the server
CLOCKS = {
    "1970": (0, LAST),
    "400 days back": (NOW - 400 * DAY, LAST),
    "a year ahead": (NOW + 365 * DAY, date(2027, 11, 20)),  # which it may be
    "2099": (4_086_950_400_000, LAST),
}
WRONG = "这台电脑的日期好像不对"


def shown(widget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def set_clock(desktop, now: int) -> None:
    """As when the computer starts with that clock: the window asks again."""
    store = desktop.client.desk.store
    store.clock = lambda: now
    store.write(lambda uow: uow.touch("assignment", [])).result()
    desktop.client.desk.woken.emit()
    desktop.client.desk.day_changed.emit()
    desktop.settle()


@pytest.mark.parametrize(("now", "day"), CLOCKS.values(), ids=CLOCKS)
def test_a_visit_is_saved_and_the_clock_is_told_once(desktop, qtbot, now: int, day: date) -> None:
    def ends(uow) -> None:
        uow.connection.execute("UPDATE assignment SET to_date='2026-12-31'")

    shell, desk = desktop.shell, desktop.client.desk
    desk.store.write(ends).result()
    set_clock(desktop, now)
    told = [text for text in shown(shell) if text.startswith(WRONG)]
    assert len(told) == 1
    assert day_of(now).isoformat() in told[0]
    assert desk.today == day
    assert shell.pages["today"].view.day == day
    desk.go("household", desktop.sample.zhao)
    desktop.settle()
    QTest.keyClick(desktop.client.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    (form,) = shell.panel.forms()
    assert isinstance(form, VisitForm)
    form.situation.setPlainText("都好")
    form.when.button("pick").click()
    form.date.line.setText("2026-11-20")  # the day by the calendar on the wall
    form.save_button.click()
    desktop.settle()
    assert not shell.panel.forms()
    assert desktop.sql("SELECT happened_at FROM visit WHERE situation='都好'") == [("2026-11-20",)]


def test_it_is_not_told_again_and_stands_on_the_page_of_sync(desktop) -> None:
    shell = desktop.shell
    set_clock(desktop, NOW - 400 * DAY)
    assert [t for t in shown(shell) if t.startswith(WRONG)]
    shell.notice.hide()
    shell._ask_status()
    desktop.settle()
    assert not [t for t in shown(shell) if t.startswith(WRONG)]
    desktop.client.desk.go("sync")
    desktop.settle()
    assert [t for t in shown(shell.pages["sync"]) if t.startswith(WRONG)]
    set_clock(desktop, NOW)
    assert not [t for t in shown(shell.pages["sync"]) if t.startswith(WRONG)]


def test_a_clock_that_is_right_says_nothing_and_the_future_is_refused(desktop) -> None:
    assert not [t for t in shown(desktop.shell) if t.startswith(WRONG)]
    assert desktop.client.desk.latest == desktop.client.desk.today == date(2026, 11, 20)
