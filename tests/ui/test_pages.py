"""Pages follow what is committed, say truthfully what waits."""

import threading

import shiboken6
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QWidget

from gridapp.domain.record import new_id
from gridapp.errors import Problem
from gridapp.store.drafting import VisitDraft
from gridapp.ui.operations.visits import record_visit


def shown(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def record(desktop, text: str = "seen") -> None:
    draft = VisitDraft(desktop.sample.zhao, "2026-11-20", situation=text)
    record_visit(desktop.client.desk.store, draft).result()


def test_the_sync_line_says_what_waits(desktop, qtbot) -> None:
    line = desktop.shell.sync_line.text
    assert line.text() == "全部已上传 · 昨天 18:20"
    record(desktop)
    desktop.settle()
    assert line.text() == "已存本机 · 1 条待上传 · 上次同步 昨天 18:20"
    assert desktop.shell.navigation.waiting.text() == "1 待上传"


def test_a_hidden_page_asks_only_when_it_is_shown(desktop, qtbot) -> None:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages["household"]
    before = page.view
    desktop.client.desk.go("events")
    desktop.settle()
    record(desktop)
    desktop.settle()
    assert page.view is before
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    assert len(page.view.visits) == len(before.visits) + 1


def test_the_list_is_a_sound_model(desktop, qtbot) -> None:
    model = desktop.show("households").list.rows
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, desktop.shell
    )
    record(desktop)
    desktop.settle()
    assert tester.model() is model
    assert model.rowCount(QModelIndex()) == 12


def test_the_tree_narrows_the_list(desktop, qtbot) -> None:
    page = desktop.show("households")
    grid = page.tree.topLevelItem(1)
    building = next(
        grid.child(n) for n in range(grid.childCount()) if grid.child(n).text(0).startswith("3号楼")
    )
    page.tree.setCurrentItem(building)
    desktop.settle()
    count = int(building.text(0).split(" · ")[-1])
    assert 0 < page.list.rows.rowCount() == count < 12
    page.filter.setText("zhaogui")
    page.filter.textEdited.emit("zhaogui")
    qtbot.waitUntil(lambda: not page.switch.is_empty and page.list.rows.rowCount() == 1)


def test_a_file_that_left_this_computer_says_so(desktop, qtbot) -> None:
    desktop.client.desk.go("household", new_id())
    desktop.settle()
    page = desktop.shell.pages["household"]
    assert page.switch.is_empty
    assert any("已不在本机" in text for text in shown(page))


def test_work_for_a_page_that_is_gone_is_dropped(desktop, qtbot) -> None:
    tasks, told = desktop.client.tasks, []
    owner, gone = QLabel(), threading.Event()
    tasks.run(owner, tasks.start(gone.wait), told.append)
    shiboken6.delete(owner)
    gone.set()
    desktop.settle()
    assert told == []


def test_only_the_latest_answer_counts(desktop, qtbot) -> None:
    tasks, told = desktop.client.tasks, []
    for number in range(3):
        tasks.run(desktop.shell, tasks.start(lambda n=number: n), told.append, only_latest="x")
    desktop.settle()
    assert told == [2]


def test_a_problem_reaches_the_place_that_asked(desktop, qtbot) -> None:
    tasks, told = desktop.client.tasks, []

    def refuse() -> None:
        raise Problem("x", "坏了。")

    tasks.run(desktop.shell, tasks.start(refuse), None, told.append)
    tasks.run(desktop.shell, tasks.start(refuse))
    desktop.settle()
    assert [p.code for p in told] == ["x"]
    assert desktop.shell.notice.words.text() == "坏了。"


def test_a_defect_is_one_calm_message_and_the_log_holds_no_values(desktop, qtbot, caplog) -> None:
    tasks = desktop.client.tasks

    def broken() -> None:
        raise ValueError("410702194603011234")

    tasks.run(desktop.shell, tasks.start(broken))
    desktop.settle()
    assert "没做成" in desktop.shell.notice.words.text()
    assert "ValueError" in caplog.text
    assert "410702194603011234" not in caplog.text


def test_another_text_size_is_kept_for_the_next_start(desktop, qtbot) -> None:
    import dataclasses

    from gridapp.ui import preferences

    before = desktop.shell.navigation.width()
    chosen = dataclasses.replace(desktop.client.preferences, scale=1.5)
    desktop.client.desk.prefer(scale=1.5)
    desktop.settle()
    assert desktop.shell.navigation.width() > before
    assert preferences.load(desktop.client.data_dir) == chosen
    (desktop.client.data_dir / "window.json").write_text("{", encoding="utf-8")
    assert preferences.load(desktop.client.data_dir).scale == 1.0
