"""After kill -9 in the middle of a form, the next start shows the page again and offers the draft."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from form_filler import TEXT
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from sample import NOW, PASSWORD, TODAY, end, sweep

from gridapp.app import Client
from gridapp.domain.record import new_id
from gridapp.store.views.last_place import LAST_PLACE, Ended, LastPlace, as_text, last_place
from gridapp.ui.desk import Where
from gridapp.ui.entering.unlock import Unlock
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.operations.place import remember
from gridapp.ui.pages.every import PAGES
from gridapp.ui.pictures import settle
from gridapp.ui.running.continuity import Beginning, beginning

SPECS = {spec.key: spec for spec in PAGES}
HOUSEHOLD = UUID(int=7)
THERE = Where("household", HOUSEHOLD, "visits")
MINUTE = 60_000


def place(ended: Ended, **changes: object) -> LastPlace:
    given = {"id": HOUSEHOLD, "tab": "visits", "forms": ("visit:x",), "day": TODAY} | changes
    return LastPlace("household", ended=ended, **given)


def offers(client: Client) -> list[QPushButton]:
    return [b for b in client.shell.unfinished.findChildren(QPushButton) if b.text() == "接着写"]


def test_kill_in_the_middle_of_a_form(
    qapp, tmp_path: Path, templates: Callable, start: Callable
) -> None:
    folder, sample = templates(households=12)
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    filler = Path(__file__).with_name("form_filler.py")
    process = subprocess.Popen(
        [sys.executable, str(filler), str(tmp_path), str(sample.zhao)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline().strip() == b"ready"
    process.kill()
    process.communicate()
    again = Client(tmp_path, clock=lambda: NOW, sync=False)
    again.start("lixiuying", PASSWORD)
    settle(again.tasks)
    where = again.shell.where
    assert (where.page, where.id) == ("household", sample.zhao)
    assert again.shell.panel.forms() == ()  # offered, not thrust upon her
    [go_on] = offers(again)
    go_on.click()
    settle(again.tasks)
    form = again.shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    assert form.situation.text() == TEXT
    end(again)


@pytest.mark.parametrize(
    ("last", "found"),
    [
        (None, Beginning()),
        (place(Ended.NOT), Beginning(THERE)),
        (place(Ended.LOCKED), Beginning(THERE, ("visit:x",))),
        (place(Ended.CLOSED), Beginning(Where("households"))),
        (place(Ended.CLOSED, day=TODAY - timedelta(days=1)), Beginning()),
        (place(Ended.NOT, id=None), Beginning(Where("households"))),
        (LastPlace("of another version"), Beginning()),
    ],
    ids=["first", "crash", "lock", "same day", "next morning", "nothing kept", "unknown"],
)
def test_where_to_begin(last: LastPlace | None, found: Beginning) -> None:
    assert beginning(last, TODAY, SPECS, {"worker"}) == found


def test_a_page_that_is_not_theirs_any_more_is_not_shown() -> None:
    last = LastPlace("households", ended=Ended.NOT)
    assert beginning(last, TODAY, SPECS, {"worker"}).where == Where("households")
    assert beginning(last, TODAY, SPECS, {"handler"}).where is None


def test_the_place_is_kept_whole(desktop) -> None:
    store = desktop.client.desk.store
    whole = LastPlace(
        "event", new_id(), "t", new_id(), ("visit:1", "event:new"), date(2026, 1, 2), Ended.LOCKED
    )
    remember(store, whole).result()
    assert store.read(last_place).result() == whole


def test_where_the_user_went_is_kept_soon(desktop, qtbot) -> None:
    store = desktop.client.desk.store

    def kept() -> str:
        found = store.read(last_place).result()
        return found.page if found else ""

    qtbot.waitUntil(lambda: kept() == "today", timeout=5000)
    desktop.shell.desk.go("sync")
    qtbot.waitUntil(lambda: kept() == "sync", timeout=5000)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"page": "x"}'])
def test_a_place_of_another_version_is_none(desktop, text: str) -> None:
    store = desktop.client.desk.store
    store.write(lambda uow: uow.set_meta(LAST_PLACE, text)).result()
    assert store.read(last_place).result() is None


def test_nothing_of_the_place_lies_in_plain_files(desktop, tmp_path: Path) -> None:
    id_ = desktop.sample.zhao
    desktop.shell.desk.go("household", id_)
    desktop.settle()
    desktop.client.window.close()
    desktop.client.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(id_).encode() not in data, path
            assert id_.bytes not in data, path
            assert as_text(LastPlace("household", id_)).encode() not in data, path


class TestNobodyThere:
    """The clock of the client is the test's."""

    @pytest.fixture
    def left(self, desktop, qtbot):
        desktop.shell.desk.go("household", desktop.sample.zhao)
        desktop.settle()
        desktop.shell.pages["household"].record_visit()
        qtbot.keyClicks(desktop.shell.panel.currentWidget().situation, TEXT)
        desktop.settle()
        self.now = NOW
        desktop.client.idle._clock = lambda: self.now
        desktop.client.idle.touch()
        return desktop

    def go_away(self, desktop, minutes: int) -> None:
        self.now += minutes * MINUTE
        desktop.client.idle.look()
        desktop.settle()

    def test_four_minutes_are_nothing(self, left) -> None:
        self.go_away(left, 4)
        assert left.client.shell

    def test_five_lock_and_the_password_brings_everything_back(self, left) -> None:
        self.go_away(left, 5)
        screen = left.client.window.currentWidget()
        assert isinstance(screen, Unlock)
        assert left.client.desk is None
        screen.password.inner.setText(PASSWORD)
        screen.submit()
        left.settle()
        assert left.shell.where.id == left.sample.zhao
        form = left.shell.panel.currentWidget()
        assert isinstance(form, VisitForm)
        assert form.situation.text() == TEXT
        assert offers(left.client) == []

    def test_another_user_sees_nothing_of_it(self, left) -> None:
        self.go_away(left, 5)
        texts = [w.text() for w in left.client.window.findChildren(QPushButton)]
        assert not any("接着写" in text for text in texts)

    def test_a_long_work_is_not_cut_off(self, left) -> None:
        import threading

        go_on = threading.Event()
        left.client.tasks.run(left.client, left.client.tasks.start(go_on.wait))
        self.now += 5 * MINUTE
        left.client.idle.look()
        QTest.qWait(0)
        locked = left.client.shell is None
        go_on.set()
        assert not locked
        left.settle()
        left.client.idle.look()
        left.settle()
        assert left.client.shell is None

    def test_who_comes_back_during_a_long_work_is_not_locked_out(self, left) -> None:
        import threading

        go_on = threading.Event()
        left.client.tasks.run(left.client, left.client.tasks.start(go_on.wait))
        self.now += 5 * MINUTE
        left.client.idle.look()
        QTest.keyClick(left.client.window.windowHandle(), Qt.Key.Key_Shift)
        go_on.set()
        left.settle()
        left.client.idle.look()
        left.settle()
        assert left.client.shell

    def test_a_dialog_in_front_is_closed_first(self, left) -> None:
        from PySide6.QtWidgets import QDialog

        dialog = QDialog(left.client.window)
        dialog.setModal(True)
        dialog.show()
        self.go_away(left, 5)
        assert isinstance(left.client.window.currentWidget(), Unlock)
        assert not dialog.isVisible()


def test_esc_puts_a_form_aside_and_it_can_be_gone_on_with(desktop, qtbot, qapp) -> None:
    desktop.shell.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    form = desktop.shell.panel.currentWidget()
    qtbot.keyClicks(form.situation, TEXT)
    QTest.keyClick(form.situation, Qt.Key.Key_Escape)
    desktop.settle()
    assert desktop.shell.panel.forms() == ()
    [go_on] = offers(desktop.client)
    go_on.click()
    desktop.settle()
    assert desktop.shell.panel.currentWidget().situation.text() == TEXT
    sweep(qapp)
    assert offers(desktop.client) == []


def test_esc_in_an_empty_form_only_closes_it(desktop) -> None:
    desktop.shell.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    QTest.keyClick(desktop.shell.panel.currentWidget().situation, Qt.Key.Key_Escape)
    desktop.settle()
    assert desktop.shell.panel.forms() == ()
    assert offers(desktop.client) == []


def test_waking_and_midnight_reach_the_open_page(desktop) -> None:
    seen = []
    page = desktop.shell.pages[desktop.shell.where.page]
    page.refresh = lambda: seen.append("refresh")
    desktop.client.desk.woken.connect(lambda: seen.append("woken"))
    now = NOW
    watch = desktop.client.day_watch
    watch._clock = lambda: now
    now += 20 * 60 * MINUTE
    watch.look()
    assert seen == ["woken", "refresh"]


def test_waking_asks_for_a_round_of_sync(desktop) -> None:
    asked = []

    class Service:
        def sync_now(self) -> None:
            asked.append(1)

    desktop.client.desk.sync = Service()
    desktop.client.day_watch.woken.emit()
    assert asked == [1]


def test_a_defect_while_unlocking_gives_the_button_back(desktop) -> None:
    desktop.client.lock()
    desktop.settle()
    screen = desktop.client.window.currentWidget()
    screen.working(True)
    desktop.client.tasks.broken.emit()
    assert screen.go.isEnabled()
    assert screen.trouble.isVisible()
