"""What is said in passing moves nothing, hides nothing to be pressed, and the sync line is never cut."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.errors import Problem
from gridapp.i18n import set_language
from gridapp.store.status import SyncStatus
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.household import HouseholdPage
from gridapp.ui.widgets.basic import inside

OFFLINE = ServiceState(Phase.OFFLINE, Problem("server", "服务器现在连不上，稍后会自己再试。"))


def places(desktop) -> dict[int, QRect]:
    """Where everything stands in the window, but the notice."""
    window: QWidget = desktop.client.window
    notice = desktop.shell.notice
    return {
        id(w): QRect(w.mapTo(window, QPoint(0, 0)), w.size())
        for w in inside(window, QWidget)
        if w.isVisible() and w is not notice and not notice.isAncestorOf(w)
    }


def visit_form(desktop) -> VisitForm:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages["household"]
    assert isinstance(page, HouseholdPage)
    page.record_visit()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    return form


def test_a_notice_moves_nothing_and_goes_by_itself(desktop) -> None:
    desktop.show("households")
    before = places(desktop)
    desktop.shell.say("已保存到本机", "green")
    desktop.settle()
    assert desktop.shell.notice.isVisible()
    assert places(desktop) == before
    desktop.shell.notice._hide.timeout.emit()
    assert not desktop.shell.notice.isVisible()
    assert places(desktop) == before


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_notice_never_hides_what_saves(desktop, scale) -> None:
    desktop.client.desk.prefer(scale=scale)
    form = visit_form(desktop)
    desktop.shell.say("这一步没做成，已记下原因。请再试一次；已保存的内容都在。" * 2)
    desktop.settle()
    notice, shell = desktop.shell.notice, desktop.shell
    assert shell.rect().contains(notice.geometry())
    save = QRect(form.save_button.mapTo(shell, QPoint(0, 0)), form.save_button.size())
    assert not notice.geometry().intersects(save)
    assert notice.words.height() >= notice.words.heightForWidth(notice.words.width())


def test_a_notice_hides_no_button_where_there_is_room_above(desktop) -> None:
    desktop.client.desk.go("print", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.say("已保存到本机", "green")
    desktop.settle()
    shell, notice = desktop.shell, desktop.shell.notice
    for made in inside(shell.pages, QPushButton):
        held = QRect(made.mapTo(shell, QPoint(0, 0)), made.size())
        assert not made.isVisible() or not notice.geometry().intersects(held)
    assert notice.y() > shell.height() // 2


def test_a_notice_that_was_read_is_put_away_by_hand(desktop, qtbot) -> None:
    desktop.shell.say("这台电脑的日期好像不对", "amber", stays=True)
    assert not desktop.shell.notice._hide.isActive()
    close = next(iter(inside(desktop.shell.notice, QPushButton)))
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not desktop.shell.notice.isVisible()


def test_a_screen_reader_is_told(desktop, monkeypatch) -> None:
    heard = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", heard.append)
    desktop.shell.say("已保存到本机", "green")
    assert [event.message() for event in heard] == ["已保存到本机"]


def test_an_answer_that_is_to_be_watched_moves_no_line(desktop, qtbot) -> None:
    form = visit_form(desktop)
    line = form.checklist.lines()[3]
    before = places(desktop)
    qtbot.mouseClick(line.choice.button("watch"), Qt.MouseButton.LeftButton)
    desktop.settle()
    assert line.report.isVisible()
    after = places(desktop)
    assert {k: after[k] for k in before} == before


def test_a_round_under_way_moves_nothing(desktop) -> None:
    before = places(desktop)
    desktop.client.desk.tell_sync(ServiceState(Phase.RUNNING))
    desktop.settle()
    assert desktop.shell.sync_line.now.text() == "正在同步…"
    assert places(desktop) == before


LONG = SyncStatus(12, 3, 0, 0, 0, 1_795_155_600_000 - 20 * 3_600_000)
SENT = SyncStatus(0, 0, 0, 0, 0, 1_795_155_600_000 - 20 * 3_600_000)


@pytest.mark.parametrize("width", [1366, 1920])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_sync_line_is_never_cut(desktop, scale, width, language) -> None:
    desk = desktop.client.desk
    desk.prefer(scale=scale, language=language)
    desktop.client.window.resize(width, 768)
    desktop.settle()
    line = desktop.shell.sync_line
    for state in (ServiceState(Phase.IDLE), OFFLINE):
        for found in (SENT, LONG):
            desktop.client.desk.tell_sync(state)
            line.show_status(found)
            desktop.settle()
            said = line.text
            assert said.text()
            assert said.width() >= said.fontMetrics().horizontalAdvance(said.text())
            # its whole sentence is to be had
            assert said.text() in line._wordings
            if state is OFFLINE:
                assert "服务器现在连不上，稍后会自己再试。" in line.toolTip()
    set_language("zh_CN")


def test_at_200_percent_the_time_of_the_last_sync_is_whole(desktop) -> None:
    desktop.client.desk.prefer(scale=2.0)
    desktop.settle()
    assert desktop.shell.sync_line.text.text() == "全部已上传 · 昨天 18:20"


def test_offline_at_100_percent_says_so_and_what_waits(desktop) -> None:
    desktop.client.desk.tell_sync(OFFLINE)
    desktop.shell.sync_line.show_status(LONG)
    desktop.settle()
    said = desktop.shell.sync_line.text.text()
    assert said.startswith("连不上服务器 · ")
    assert "15 条待上传" in said


def test_another_text_size_leaves_the_settings_in_sight(desktop, qtbot) -> None:
    form = visit_form(desktop)
    qtbot.keyClicks(form.situation, "half")
    desktop.client.desk.go("settings")
    desktop.settle()
    page = desktop.shell.pages["settings"]
    qtbot.mouseClick(page.scale.button("2.0"), Qt.MouseButton.LeftButton)
    desktop.settle()
    assert page.isVisible()
    assert page.scale.button("2.0").isVisible()
    assert not form.isVisible()
    assert desktop.shell._waiting.isVisible()
    assert desktop.sql("SELECT count(*) FROM draft") == [(1,)]
    qtbot.mouseClick(page.scale.button("1.0"), Qt.MouseButton.LeftButton)
    desktop.settle()
    assert page.isVisible()
    assert form.isVisible()
    assert form.situation.text() == "half"
