"""Enrolment and unlocking at the real window."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from sample import NOW, PASSWORD, end, make_store

from gridapp.app import Client
from gridapp.ui.entering.enrol import Enrol
from gridapp.ui.entering.unlock import Unlock
from gridapp.ui.shell import Shell
from gridapp.ui.tour import settle


def client_at(folder: Path, qtbot) -> Client:
    client = Client(folder, clock=lambda: NOW, sync=False)
    client.start()
    client.window.activateWindow()
    assert QTest.qWaitForWindowActive(client.window)
    settle(client.tasks)
    return client


def test_a_wrong_password_is_told_beside_it_and_the_right_one_opens(tmp_path, qtbot) -> None:
    for user, name in (("lixiuying", "李秀英"), ("wangfang", "王芳")):
        make_store(tmp_path, households=1, user=user, name=name)[0].close()
    client = client_at(tmp_path, qtbot)
    unlock = client.window.currentWidget()
    assert isinstance(unlock, Unlock)
    unlock.user.button("wangfang").click()
    line = unlock.password.inner
    qtbot.keyClicks(line, "not this one")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(client.tasks)
    assert unlock.password.error
    assert line.text() == ""
    qtbot.keyClicks(line, PASSWORD)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(client.tasks)
    assert isinstance(client.window.currentWidget(), Shell)
    assert client.desk.store.who.name == "王芳"
    client.lock()
    settle(client.tasks)
    assert isinstance(client.window.currentWidget(), Unlock)
    end(client)


def test_a_second_copy_gets_one_clear_message(tmp_path, qtbot) -> None:
    store, _ = make_store(tmp_path, households=1)
    client = client_at(tmp_path, qtbot)
    unlock = client.window.currentWidget()
    line = unlock.password.inner
    qtbot.keyClicks(line, PASSWORD)
    unlock.submit()
    settle(client.tasks)
    assert unlock.trouble.isVisibleTo(unlock)
    assert unlock.trouble.text()
    store.close()
    qtbot.keyClicks(line, PASSWORD)
    unlock.submit()
    settle(client.tasks)
    assert isinstance(client.window.currentWidget(), Shell)
    end(client)


def test_enrolment_says_what_is_missing_and_that_there_is_no_server(tmp_path, qtbot) -> None:
    client = client_at(tmp_path, qtbot)
    enrol = client.window.currentWidget()
    assert isinstance(enrol, Enrol)
    enrol.submit()
    assert enrol.server.error
    assert enrol.code.error
    assert enrol.password.error
    enrol.server.inner.setText("http://127.0.0.1:9")
    enrol.code.inner.setText("ABCD-EFGH")
    enrol.password.inner.setText(PASSWORD)
    enrol.again.inner.setText("something else")
    enrol.submit()
    assert enrol.again.error
    enrol.again.inner.setText(PASSWORD)
    enrol.submit()
    settle(client.tasks)
    assert "登记要有网络" in enrol.server.error
    assert not list(tmp_path.glob("users/*"))
    end(client)


def test_a_note_stands_where_people_unlock_and_beneath_the_window(tmp_path, qtbot) -> None:
    make_store(tmp_path, households=1)[0].close()
    client = Client(tmp_path, clock=lambda: NOW, sync=False, note="All invented")

    def told() -> int:
        found = client.window.findChildren(QLabel)
        return sum(label.isVisible() and label.text() == "All invented" for label in found)

    client.start()
    settle(client.tasks)
    assert told() == 1
    client.start("lixiuying", PASSWORD)
    settle(client.tasks)
    assert isinstance(client.window.currentWidget(), Shell)
    assert told() == 1
    end(client)
