"""Printing from the window: through the dialog and the system's file dialog to a PDF that is read back."""

from pathlib import Path

import pypdfium2
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from gridapp.ui.print_dialog import PrintDialog


def dialog_of(desktop) -> PrintDialog:
    return next(d for d in desktop.client.window.findChildren(PrintDialog) if d.isVisible())


def save_as(dialog: PrintDialog, path: Path | None) -> None:
    """Press 存为 PDF and answer the file dialog that opens: with a name, or by closing it."""

    def answer() -> None:
        asked = QApplication.activeModalWidget()
        assert isinstance(asked, QFileDialog)
        if path is None:
            asked.reject()
        else:
            asked.selectFile(str(path))
            asked.accept()

    QTimer.singleShot(0, answer)
    dialog.save.click()


def text_of(path: Path) -> tuple[int, str]:
    """Pages, and all the text on them without spaces."""
    document = pypdfium2.PdfDocument(path)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    pages = len(document)
    document.close()
    return pages, "".join(text.split())


def names(desktop) -> list[str]:
    return [row[0] for row in desktop.sql("SELECT name FROM household WHERE deleted=0")]


def test_one_file_from_its_page_with_numbers_masked(desktop, qtbot, tmp_path) -> None:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages["household"]
    next(b for b in page.findChildren(QPushButton) if b.text() == "打印").click()
    dialog, out = dialog_of(desktop), tmp_path / "one.pdf"
    save_as(dialog, None)
    assert not dialog._working
    save_as(dialog, out)
    desktop.settle()
    _, text = text_of(out)
    member = page.view.members[0]
    assert member.person.name in text
    assert "3号楼" in text
    assert member.file.id_number not in text
    assert member.file.id_number[-4:] in text
    assert "李秀英" in text  # the watermark
    assert "1 户" in dialog.said.text()
    assert desktop.sql("SELECT what FROM access_log") == [("print",)]
    dialog.close_button.click()
    assert not dialog.isVisible()


def test_whole_numbers_need_a_reason_that_is_kept(desktop, qtbot, tmp_path) -> None:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages["household"]
    page._print()
    dialog, out = dialog_of(desktop), tmp_path / "whole.pdf"
    dialog.numbers.button("whole").click()
    dialog.save.click()
    assert dialog.why.error
    qtbot.keyClicks(dialog.reason, "asked for a copy")
    save_as(dialog, out)
    desktop.settle()
    assert page.view.members[0].file.id_number in text_of(out)[1]
    assert desktop.sql("SELECT reason FROM access_log WHERE reason<>''") == [("asked for a copy",)]


def test_chosen_ones_and_no_others(desktop, qtbot, tmp_path) -> None:
    page = desktop.shell.pages["households"]
    page.several.click()
    for number in (1, 4, 7):
        page.list.setCurrentIndex(page.list.rows.index(number))
    chosen = page.list.chosen_ids()
    assert page.list.chosen_count() == len(chosen) == 3
    page.print.click()
    dialog, out = dialog_of(desktop), tmp_path / "three.pdf"
    save_as(dialog, out)
    desktop.settle()
    pages, text = text_of(out)
    assert pages >= 3
    marks = ",".join("?" * 3)
    inside = desktop.sql(
        f"SELECT address FROM household WHERE id IN ({marks})", *(i.bytes for i in chosen)
    )
    for (address,) in inside:
        assert address in text
    others = desktop.sql(
        f"SELECT address FROM household WHERE id NOT IN ({marks})", *(i.bytes for i in chosen)
    )
    held = {address for (address,) in inside}
    assert not [a for (a,) in others if a in text and not any(a in h for h in held)]


def test_the_whole_grid_and_a_cancel_that_leaves_nothing(desktop, qtbot, tmp_path) -> None:
    page = desktop.shell.pages["households"]
    page.tree.setCurrentItem(page.tree.topLevelItem(1))
    desktop.settle()
    page.print.click()
    dialog, out = dialog_of(desktop), tmp_path / "grid.pdf"
    assert "12 户" in " ".join(label.text() for label in dialog.findChildren(type(dialog.said)))
    # the work waits until the button was pressed: however slow the window, the cancel is in time
    waiting = Qt.ConnectionType.BlockingQueuedConnection
    stop = dialog.progressed.connect(dialog.close_button.click, waiting)
    save_as(dialog, out)
    desktop.settle()
    assert not out.exists()
    assert not list(tmp_path.glob("*.part"))
    assert dialog.isVisible()
    assert dialog.save.isEnabled()
    dialog.progressed.disconnect(stop)
    save_as(dialog, out)
    desktop.settle()
    pages, text = text_of(out)
    assert pages >= 12
    assert all(name in text for name in names(desktop))
    assert dialog.bar.value() == 12
