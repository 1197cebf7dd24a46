"""A morning without a mouse: unlock, the first household of the day, a visit, search, a form put aside."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from sample import PASSWORD

from gridapp.ui.forms.visit import VisitForm

NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    widget = QApplication.focusWidget()
    assert widget, "nothing has the keyboard"
    QTest.keyClick(widget, key, modifiers)


def write(text: str) -> None:
    QTest.keyClicks(QApplication.focusWidget(), text)


def test_from_the_password_to_a_saved_visit(desktop) -> None:
    desktop.client.lock()
    desktop.settle()
    write(PASSWORD)
    press(Qt.Key.Key_Return)
    desktop.settle()
    desktop.shell.desk.go("today")
    desktop.settle()
    before = desktop.sql("SELECT count(*) FROM visit")[0][0]
    press(Qt.Key.Key_Return)  # the first of the list
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    assert form.isAncestorOf(QApplication.focusWidget())
    for _ in range(20):
        if QApplication.focusWidget() is form.situation:
            break
        press(Qt.Key.Key_Tab)
    write("Well.")
    press(Qt.Key.Key_Return, CONTROL)
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM visit")[0][0] == before + 1
    assert desktop.shell.panel.forms() == ()
    assert isinstance(QApplication.focusWidget(), QWidget)  # the keyboard is somewhere of use


def test_search_opens_a_file_and_alt_left_comes_back(desktop) -> None:
    here = desktop.shell.where
    press(Qt.Key.Key_K, CONTROL)
    write("zhaoguilan")
    desktop.settle()
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Up)
    press(Qt.Key.Key_Return)
    desktop.settle()
    assert desktop.shell.where.id == desktop.sample.zhao
    press(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    desktop.settle()
    assert desktop.shell.where == here


def test_esc_leaves_the_search_and_then_the_form(desktop) -> None:
    press(Qt.Key.Key_2, CONTROL)
    desktop.settle()
    [form] = desktop.shell.panel.forms()
    press(Qt.Key.Key_K, CONTROL)
    write("zhao")
    desktop.settle()
    press(Qt.Key.Key_Escape)
    desktop.settle()
    assert desktop.shell.panel.forms() == (form,)
    form.begin()
    press(Qt.Key.Key_Escape)
    desktop.settle()
    assert desktop.shell.panel.forms() == ()
