"""Pages follow what is committed, say truthfully what waits, and print."""

import json
import re
import threading
from datetime import date
from pathlib import Path
from uuid import UUID

import pypdfium2
import shiboken6
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from sample import citizen_id

from gridapp.domain.record import new_id
from gridapp.errors import Problem
from gridapp.store.drafting import VisitDraft
from gridapp.ui.operations.visits import record_visit
from gridapp.ui.pages.sync import _REASONS
from gridapp.ui.print_dialog import PrintDialog

JARGON = re.compile("outbox|conflict|operation|commit|数据库|冲突|发件箱|操作记录", re.IGNORECASE)


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


def test_what_was_not_accepted_is_told_with_reason_and_goes_when_seen(desktop, qtbot) -> None:
    record(desktop)
    store = desktop.client.desk.store

    def refuse(uow) -> None:
        uow.connection.execute(
            "UPDATE outbox SET state='parked', code='moved_away' WHERE state='waiting'"
        )
        uow.touch_sync()

    store.write(refuse).result()
    desktop.client.desk.go("sync")
    desktop.settle()
    page = desktop.shell.pages["sync"]
    said = " ".join(shown(page))
    assert "没有收下 1" in said
    assert "这一户已划到别的网格" in said
    assert "请导出给网格长" in said
    assert "赵桂兰" in said
    assert not JARGON.search(said)
    assert desktop.shell.navigation.refused.text() == "1"
    dismiss = next(b for b in page.findChildren(QPushButton) if b.text() == "知道了")
    dismiss.click()
    desktop.settle()
    assert "没有收下 1" not in " ".join(shown(page))
    assert desktop.sql("SELECT count(*) FROM outbox WHERE state='parked'") == [(1,)]


def test_an_unknown_reason_still_says_something(desktop, qtbot) -> None:
    record(desktop)

    def refuse(uow) -> None:
        uow.connection.execute(
            "UPDATE outbox SET state='rejected', code='brand_new' WHERE state='waiting'"
        )
        uow.touch_sync()

    desktop.client.desk.store.write(refuse).result()
    desktop.client.desk.go("sync")
    desktop.settle()
    assert "brand_new" in " ".join(shown(desktop.shell.pages["sync"]))


def change_twice(desktop, *changes: tuple[str, UUID, str, dict, dict]) -> str:
    """(kind, record, field or group, standing, other) as the server sends them; what the page says."""

    def write(uow) -> None:
        for kind, id_, name, standing, other in changes:
            values = (kind, id_.bytes, name, json.dumps(standing), json.dumps(other))
            uow.connection.execute(
                "INSERT INTO conflict (id,version,epoch,deleted,target_kind,target_id,field,standing,"
                "other,state) VALUES (?,1,0,0,?,?,?,?,?,'open')",
                (new_id().bytes, *values),
            )
        uow.touch("conflict", [changes[0][1].bytes])
        uow.touch_sync()

    desktop.client.desk.store.write(write).result()
    desktop.client.desk.go("sync")
    desktop.settle()
    return " ".join(shown(desktop.shell.pages["sync"]))


def test_changed_twice_is_shown_with_both_values(desktop, qtbot) -> None:
    zhao = desktop.sample.zhao
    said = change_twice(
        desktop,
        ("household", zhao, "own_number", {"own_number": "A"}, {"own_number": "B"}),
        ("household", zhao, "deleted", {"deleted": 0}, {"deleted": 1}),
    )
    assert "“自编号”现在是“A”，另一个是“B”。" in said
    assert "赵桂兰" in said
    assert "一个人想删掉" in said
    assert "{" not in said
    assert not JARGON.search(said)
    page = desktop.shell.pages["sync"]
    next(b for b in page.findChildren(QPushButton) if b.text() == "看看").click()
    desktop.settle()
    assert desktop.shell.pages["household"].household_id == zhao


def test_changed_twice_masks_numbers_and_says_codes_in_words(desktop, qtbot) -> None:
    [(dwelling, person)] = desktop.sql(
        "SELECT h.dwelling_id, f.id FROM household h JOIN person_file f ON f.person_id=h.head_id "
        "WHERE h.id=?",
        desktop.sample.zhao.bytes,
    )
    numbers = citizen_id(date(1946, 1, 1), 2), citizen_id(date(1946, 1, 2), 4)
    births = "1946-01-01", "1946-01-02"
    identity = [
        {"id_kind": "citizen", "id_number": n, "birth_date": b, "sex": "2"}
        for n, b in zip(numbers, births, strict=True)
    ]
    phones = {"phones": {"13800002000": "Ann"}}, {"phones": {"13911112222": "Ben"}}
    said = change_twice(
        desktop,
        ("dwelling", UUID(bytes=dwelling), "gas", {"gas": "piped"}, {"gas": None}),
        ("dwelling", UUID(bytes=dwelling), "gas_alarm", {"gas_alarm": 1}, {"gas_alarm": 0}),
        ("person_file", UUID(bytes=person), "identity", *identity),
        ("person_file", UUID(bytes=person), "phones", *phones),
    )
    assert "现在是“管道天然气”，另一个是空白" in said
    assert "现在是“有”，另一个是“没有”" in said
    assert "1946年1月1日" in said
    assert "Ben 139****2222" in said
    assert "证件类型" not in said  # the same on both sides
    assert not any(n in said for n in (*numbers, "13800002000", "13911112222", "piped"))


def test_the_list_is_a_sound_model(desktop, qtbot) -> None:
    model = desktop.shell.pages["households"].list.rows
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, desktop.shell
    )
    record(desktop)
    desktop.settle()
    assert tester.model() is model
    assert model.rowCount(QModelIndex()) == 12


def test_the_tree_narrows_the_list(desktop, qtbot) -> None:
    page = desktop.shell.pages["households"]
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


def test_several_households_are_printed_to_one_pdf(desktop, qtbot, tmp_path) -> None:
    page = desktop.shell.pages["households"]
    page.several.click()
    for number in (0, 3):
        page.list.setCurrentIndex(page.list.rows.index(number))
    assert "2" in page.print.text()
    dialog = PrintDialog(desktop.client.desk, page.list.chosen_ids(), page)
    out = tmp_path / "files.pdf"
    dialog.start(out)
    desktop.settle()
    pdf = pypdfium2.PdfDocument(out)
    assert len(pdf) >= 2
    pdf.close()
    assert desktop.sql("SELECT what, count(*) FROM access_log GROUP BY 1") == [("print", 2)]


def test_a_cancelled_print_leaves_no_file(desktop, qtbot, tmp_path) -> None:
    dialog = PrintDialog(desktop.client.desk, (desktop.sample.zhao,), desktop.shell)
    out = tmp_path / "files.pdf"
    dialog.start(out)
    dialog.cancel()
    desktop.settle()
    assert not out.exists()
    assert not list(tmp_path.glob("*.part"))
    assert dialog.said.text()


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
    assert desktop.shell._notice.text() == "坏了。"


def test_a_defect_is_one_calm_message_and_the_log_holds_no_values(desktop, qtbot, caplog) -> None:
    tasks = desktop.client.tasks

    def broken() -> None:
        raise ValueError("410702194603011234")

    tasks.run(desktop.shell, tasks.start(broken))
    desktop.settle()
    assert "没做成" in desktop.shell._notice.text()
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


def test_every_refusal_of_the_server_has_its_words() -> None:
    """The codes stand in the server's sources; the window may not read them, so they are compared here."""
    root = Path(__file__).resolve().parents[2] / "gridapp" / "server"
    sent = set()
    for file in root.glob("*.py"):
        sent |= set(re.findall(r'(?:REJECTED|PARKED), (?:code=)?"(\w+)"', file.read_text("utf-8")))
    assert "moved_away" in sent
    assert sent <= set(_REASONS)
