"""A computer that was revoked while its window was open: nobody stays at work there, and why is said."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtTest import QTest
from sample import NOW, PASSWORD, end, make_store

from gridapp.app import Client
from gridapp.errors import Problem
from gridapp.store import erasing
from gridapp.sync.schedule import Phase, ServiceState
from gridapp.ui.entering.enrol import Enrol
from gridapp.ui.entering.unlock import Unlock
from gridapp.ui.tour import settle

REVOKED = ServiceState(Phase.STOPPED, Problem("revoked", "这台电脑的登记已被停用。"))


def at_work(folder: Path, user: str) -> Client:
    client = Client(folder, clock=lambda: NOW, sync=False)
    client.start(user, PASSWORD)
    assert QTest.qWaitForWindowExposed(client.window)
    settle(client.tasks)
    assert client.desk is not None
    return client


def revoked(client: Client) -> None:
    erasing.erase(client.desk.store)
    client.desk.tell_sync(REVOKED)
    settle(client.tasks)


def test_the_window_asks_for_a_new_enrolment_and_says_why(tmp_path, qtbot) -> None:
    store = make_store(tmp_path, households=1)[0]
    user, folder = store.who.user_name, store.folder
    store.close()
    client = at_work(tmp_path, user)
    revoked(client)
    screen = client.window.currentWidget()
    assert isinstance(screen, Enrol)
    assert "已被停用" in screen.trouble.text()
    assert screen.trouble.isVisibleTo(screen)
    assert not folder.exists()
    end(client)


def test_another_user_of_the_computer_goes_on(tmp_path, qtbot) -> None:
    stores = [
        make_store(tmp_path, households=1, user=user, name=name)[0]
        for user, name in (("lixiuying", "李秀英"), ("wangfang", "王芳"))
    ]
    for store in stores:
        store.close()
    client = at_work(tmp_path, "lixiuying")
    revoked(client)
    screen = client.window.currentWidget()
    assert isinstance(screen, Unlock)
    assert "已被停用" in screen.trouble.text()
    assert not stores[0].folder.exists()
    assert stores[1].folder.exists()
    end(client)
