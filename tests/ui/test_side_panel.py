"""A form beside the page, or in its place where the text is too large for both."""

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.tour import HEIGHT, WIDTH


@pytest.fixture
def large(desktop):
    desktop.client.choose(dataclasses.replace(desktop.client.preferences, scale=2.0))
    desktop.client.window.resize(WIDTH, HEIGHT)
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    return desktop


def resume(desktop) -> QPushButton:
    return next(b for b in desktop.shell._waiting.findChildren(QPushButton))


def test_at_100_percent_page_and_form_stand_beside_each_other(desktop, qtbot) -> None:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    assert desktop.shell.pages.isVisible()
    assert form.isVisible()
    assert not form.back.isVisible()


def test_at_200_percent_the_form_covers_the_page_and_there_is_a_way_back(large, qtbot) -> None:
    shell = large.shell
    page = shell.pages["household"]
    page.record_visit()
    large.settle()
    form = shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    assert not shell.pages.isVisible()
    assert form.width() > (shell.width() - shell.navigation.width()) * 0.9
    assert page.view.household.name in form.head.title.text()
    qtbot.keyClicks(form.situation, "half a sentence")
    qtbot.mouseClick(form.back, Qt.MouseButton.LeftButton)
    large.settle()
    assert page.isVisible()
    assert not form.isVisible()
    assert page.visit.isVisible()
    assert large.sql("SELECT count(*) FROM draft") == [(1,)]
    qtbot.mouseClick(resume(large), Qt.MouseButton.LeftButton)
    assert form.isVisible()
    assert not page.isVisible()
    qtbot.keyClicks(form.situation, ", whole")
    qtbot.keyClick(form.situation, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    large.settle()
    assert page.isVisible()
    assert large.sql("SELECT count(*) FROM visit WHERE situation='half a sentence, whole'") == [
        (1,)
    ]


def test_going_elsewhere_shows_that_page_and_the_form_waits(large, qtbot) -> None:
    shell = large.shell
    shell.pages["household"].record_visit()
    large.settle()
    form = shell.panel.currentWidget()
    qtbot.mouseClick(shell.navigation.button("events"), Qt.MouseButton.LeftButton)
    large.settle()
    assert shell.pages["events"].isVisible()
    assert resume(large).isVisible()
    large.client.desk.go("household", large.sample.zhao)
    large.settle()
    shell.pages["household"].record_visit()
    large.settle()
    assert shell.panel.currentWidget() is form
    assert form.isVisible()
    qtbot.keyClick(shell, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert shell.pages["household"].isVisible()
    # room for both again
    large.client.choose(dataclasses.replace(large.client.preferences, scale=1.0))
    large.settle()
    assert form.isVisible()
    assert shell.pages.isVisible()
    assert not resume(large).isVisible()
