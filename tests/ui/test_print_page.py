"""The print page: what is chosen, what is seen before it is printed, and what comes of it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from sample import NOW

from gridapp.errors import Problem
from gridapp.store import recording
from gridapp.store.drafting import VisitDraft
from gridapp.ui.pages.paper.page import PrintPage
from gridapp.ui.pages.printing import PrintRequest
from gridapp.ui.printer import PaperChoice, PrinterInfo, prepared

DPI = 150


class PdfPrinters:
    """A printer whose paper is PDF files, one for each job."""

    def __init__(self, folder: Path, *, duplex: bool = True) -> None:
        self.folder = folder
        self.infos: tuple[PrinterInfo, ...] = (PrinterInfo("office", duplex, True),)
        self.opened: list[tuple[PaperChoice, str]] = []
        self.refuse = False

    def all(self) -> tuple[PrinterInfo, ...]:
        return self.infos

    def open(self, choice: PaperChoice, title: str) -> QPrinter:
        if self.refuse:
            raise Problem("no_printer", "找不到打印机“{name}”。", name=choice.printer)
        self.opened.append((choice, title))
        printer = QPrinter()
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(self.folder / f"job-{len(self.opened):02}.pdf"))
        printer.setResolution(DPI)
        return prepared(printer, choice, title)

    @property
    def jobs(self) -> list[list[Image.Image]]:
        """Every side of each job as a picture."""
        found = []
        for path in sorted(self.folder.glob("job-*.pdf")):
            with pypdfium2.PdfDocument(path) as document:
                found.append([page.render(scale=2).to_pil().convert("L") for page in document])
        return found

    @property
    def paper(self) -> list[Image.Image]:
        """Every side that was printed."""
        return [side for job in self.jobs for side in job]


def gray(picture: QImage) -> Image.Image:
    """What is seen, as a picture in shades of gray."""
    plain = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    size = plain.width(), plain.height()
    return Image.frombuffer(
        "L", size, bytes(plain.constBits()), "raw", "L", plain.bytesPerLine(), 1
    )


def ink(picture: Image.Image) -> float:
    """How much of a picture is dark."""
    return sum(picture.histogram()[:128]) / (picture.width * picture.height)


def left_edge(picture: Image.Image) -> float:
    """Where the frames of the tables begin in mm of an A4 page: the leftmost long line, the watermark apart."""
    dark = picture.point(lambda value: 255 * (value < 222))
    columns = dark.resize((picture.width, 1), Image.Resampling.BOX).tobytes()
    return next(x for x, share in enumerate(columns) if share > 25) / picture.width * 210


@pytest.fixture
def printers(tmp_path: Path) -> PdfPrinters:
    folder = tmp_path / "paper"
    folder.mkdir()
    return PdfPrinters(folder)


@pytest.fixture
def page(desktop, printers) -> PrintPage:
    made = desktop.shell.pages["print"]
    assert isinstance(made, PrintPage)
    made.printers = printers
    return made


def go(desktop, request: PrintRequest | None = None) -> None:
    desktop.client.desk.go("print", what=request)
    desktop.settle()


def one(desktop) -> PrintRequest:
    return PrintRequest((desktop.sample.zhao,), "赵桂兰 户")


def text_of(path: Path) -> tuple[int, str]:
    with pypdfium2.PdfDocument(path) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
        return len(document), "".join(text.split())


def save_as(page: PrintPage, path: Path | None) -> None:
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
    page.foot.save.click()


def choose(page: PrintPage, box, key: str) -> None:
    """Choose as a person does: the box tells that it was used."""
    box.set_value(key)
    box.activated.emit(box.currentIndex())


def grid_key(desktop) -> str:
    return str(desktop.sample.grid)


def test_a_file_is_seen_before_it_is_printed_and_its_pages_are_turned(desktop, page, qtbot) -> None:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    file = desktop.shell.pages["household"]
    next(b for b in file.findChildren(QPushButton) if b.text() == "打印").click()
    desktop.settle()
    assert page.isVisible()
    assert page.title.text() == "打印：赵桂兰 户"
    preview = page.preview
    pages = len(preview.shown.sizes)
    assert pages >= 3
    assert preview.number.text() == f"第 1 页，共 {pages} 页"
    first = preview.paper.picture
    assert 0.005 < ink(gray(first)) < 0.4
    QTest.keyClick(desktop.client.window, Qt.Key.Key_PageDown)
    desktop.settle()
    assert preview.number.text() == f"第 2 页，共 {pages} 页"
    assert preview.paper.picture != first
    QTest.keyClick(desktop.client.window, Qt.Key.Key_PageUp)
    desktop.settle()
    assert preview.paper.picture == first
    assert desktop.sql("SELECT count(*) FROM access_log") == [(0,)]
    assert "赵桂兰" in preview.paper.accessibleDescription()


def test_the_page_is_seen_whole_or_as_large_as_wanted(desktop, page) -> None:
    go(desktop, one(desktop))
    paper = page.preview.paper
    assert paper.picture.height() <= paper.viewport().height()
    page.preview.zoom.button("100").click()
    desktop.settle()
    assert paper.picture.width() == 794  # 210 mm at 96 px an inch
    assert paper.verticalScrollBar().maximum() > 0
    page.preview.zoom.button("150").click()
    desktop.settle()
    assert paper.picture.width() == 1191
    page.preview.zoom.button("fit").click()
    desktop.client.window.resize(1500, 1000)
    desktop.settle()
    room = paper.viewport().height()
    assert room - 40 < paper.picture.height() <= room


def test_many_files_are_laid_out_only_when_they_are_looked_at(desktop, page, monkeypatch) -> None:
    laid_out = []
    real = page.preview._previews.lay_out
    monkeypatch.setattr(
        page.preview._previews,
        "lay_out",
        lambda planned, options: laid_out.append(planned.id) or real(planned, options),
    )
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    assert len(page.chosen) == 12
    assert laid_out == [page.chosen[0].id]
    assert page.preview.whose.text().startswith("1 / 12")
    page.preview.after.click()
    desktop.settle()
    QTest.keyClick(desktop.client.window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert laid_out == [planned.id for planned in page.chosen[:3]]
    assert page.preview.whose.text().startswith("3 / 12")
    assert page.chosen[2].name in page.preview.whose.text()


def test_nothing_chosen_a_grid_or_building_is_chosen_here(desktop, page) -> None:
    go(desktop)
    assert page.right.currentWidget() is page.nothing
    assert not page.foot.save.isEnabled()
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    assert page.title.text() == "打印：第三网格"
    whole = len(page.chosen)
    key = page.choices.building.itemData(1)
    choose(page, page.choices.building, key)
    desktop.settle()
    assert 0 < len(page.chosen) < whole
    inside = "SELECT count(*) FROM household h JOIN dwelling d ON d.id=h.dwelling_id"
    assert desktop.sql(f"{inside} WHERE d.building_id=?", UUID(key).bytes) == [(len(page.chosen),)]
    assert "1号楼" in page.title.text()
    assert page.right.currentWidget() is page.preview


def test_those_chosen_in_the_list_and_no_others(desktop, page, tmp_path) -> None:
    desktop.client.desk.go("households")
    desktop.settle()
    households = desktop.shell.pages["households"]
    households.several.click()
    for number in (1, 4, 7):
        households.list.setCurrentIndex(households.list.rows.index(number))
    chosen = tuple(households.list.chosen_ids())
    households.print.click()
    desktop.settle()
    assert page.title.text() == "打印：选好的 3 户"
    assert {planned.id for planned in page.chosen} == set(chosen)
    out = tmp_path / "three.pdf"
    save_as(page, out)
    desktop.settle()
    pages, text = text_of(out)
    assert pages >= 3
    assert all(planned.address in text for planned in page.chosen)
    assert desktop.sql("SELECT what, count(*) FROM access_log GROUP BY 1") == [("print", 3)]


def test_the_building_that_the_list_shows_is_printed_under_its_name(desktop, page) -> None:
    desktop.client.desk.go("households")
    desktop.settle()
    households = desktop.shell.pages["households"]
    households.tree.setCurrentItem(households.tree.topLevelItem(1).child(0))
    desktop.settle()
    households.print.click()
    desktop.settle()
    assert page.title.text() == "打印：1号楼"
    assert 0 < len(page.chosen) < 12


def test_another_choice_begins_with_its_first_file(desktop, page) -> None:
    go(desktop, one(desktop))
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    assert page.preview.whose.text().startswith("1 / 12")
    page.preview.step(4)
    desktop.settle()
    page.choices.sides.button("both").click()
    desktop.settle()
    assert page.preview.whose.text().startswith("5 / 12")


def test_one_file_becomes_a_pdf_with_numbers_masked(desktop, page, tmp_path) -> None:
    go(desktop, one(desktop))
    out = tmp_path / "one.pdf"
    save_as(page, None)
    assert not page.foot.working
    save_as(page, out)
    desktop.settle()
    _, text = text_of(out)
    (number,) = desktop.sql(
        "SELECT f.id_number FROM person_file f JOIN household h ON h.head_id=f.person_id "
        "WHERE h.id=?",
        desktop.sample.zhao.bytes,
    )[0]
    assert "赵桂兰" in text
    assert number not in text
    assert number[-4:] in text
    assert "李秀英laptop2026-11-20" in text  # the watermark
    assert "已存好 1 户" in page.foot.said.text()
    assert desktop.sql("SELECT what FROM access_log") == [("print",)]


def test_whole_numbers_need_a_reason_that_is_kept(desktop, page, qtbot, tmp_path) -> None:
    go(desktop, one(desktop))
    page.choices.numbers.button("whole").click()
    page.foot.save.click()  # opens no dialog
    assert page.choices.why.error
    page.foot.print.click()
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM access_log") == [(0,)]
    qtbot.keyClicks(page.choices.reason, "asked for a copy")
    assert not page.choices.why.error
    page.choices.sides.button("both").click()
    desktop.settle()
    with pypdfium2.PdfDocument(page.preview.shown.pdf) as document:
        assert "****" in document[0].get_textpage().get_text_range()  # seen masked all the same
    out = tmp_path / "whole.pdf"
    save_as(page, out)
    desktop.settle()
    assert "*" not in text_of(out)[1]
    assert desktop.sql("SELECT reason FROM access_log") == [("asked for a copy",)]


def test_both_sides_are_seen_and_saved(desktop, page, tmp_path) -> None:
    go(desktop, one(desktop))
    page.preview.zoom.button("100").click()
    QTest.keyClick(desktop.client.window, Qt.Key.Key_PageDown)
    desktop.settle()
    one_side = left_edge(gray(page.preview.paper.picture))
    page.choices.sides.button("both").click()
    desktop.settle()
    assert page.preview.number.text().startswith("第 2 页")  # the same page, anew
    both = left_edge(gray(page.preview.paper.picture))
    assert (round(one_side), round(both)) == (25, 20)


def test_a_printer_gets_the_pages_as_they_were_seen(desktop, page, printers) -> None:
    go(desktop, one(desktop))
    page.choices.copies.set_value("2")
    page.foot.print.click()
    desktop.settle()
    ((choice, title),) = printers.opened
    assert (choice.copies, choice.duplex, title) == (2, False, "赵桂兰 户")
    assert "已交给打印机 1 户" in page.foot.said.text()
    paper = printers.paper
    assert len(paper) == len(page.preview.shown.sizes)
    for number, side in enumerate(paper):
        page.preview.page = number
        page.preview.zoom.button("100").click()
        desktop.settle()
        seen = gray(page.preview.paper.picture)
        assert ink(side) == pytest.approx(ink(seen), rel=0.25)
        assert left_edge(side) == pytest.approx(left_edge(seen), abs=0.5)


def test_on_both_sides_each_file_begins_on_a_front_at_the_printer_too(
    desktop, page, printers
) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    page.choices.sides.button("both").click()
    desktop.settle()
    page.foot.print.click()
    desktop.settle()
    assert page.account.done == 12
    assert len(printers.opened) == 2  # ten files, then two
    assert all(choice.duplex for choice, _ in printers.opened)
    blanks = 0
    for job in printers.jobs:
        for number, side in enumerate(job):
            if ink(side) < 0.0005:
                blanks += 1
                assert number % 2  # only a back stays blank
            else:
                assert round(left_edge(side)) == (20 if number % 2 else 25)
    assert blanks >= 1
    sides = desktop.sql("SELECT count(*) FROM printed")
    assert sides == [(12,)]


def test_pages_of_a_file_keep_their_side_of_the_paper(desktop, page, printers) -> None:
    go(desktop, one(desktop))
    page.choices.sides.button("both").click()
    page.choices.pages_line.setText("2")
    page.foot.print.click()
    desktop.settle()
    front, back = printers.paper
    assert ink(front) < 0.0005
    assert ink(back) > 0.005
    # only a part of the file is on paper: nothing counts as printed
    assert desktop.sql("SELECT count(*) FROM printed") == [(0,)]


def test_some_of_many_files_are_chosen_by_their_number(desktop, page, tmp_path) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    everybody = page.chosen
    page.choices.which_line.setText("2-3，9-")
    page.choices.which_line.editingFinished.emit()
    desktop.settle()
    assert page.chosen == (*everybody[1:3], *everybody[8:])
    page.choices.which_line.setText("from two")
    page.choices.which_line.editingFinished.emit()
    page.foot.print.click()
    desktop.settle()
    assert "1-3" in page.choices.which.error
    assert desktop.sql("SELECT count(*) FROM access_log") == [(0,)]


def visit(desktop, household, text: str) -> None:
    draft = VisitDraft(household, "2026-11-20", situation=text)
    desktop.client.desk.store.write(lambda uow: recording.add_visit(uow, draft)).result()
    desktop.settle()


def test_only_new_visits_and_an_account_of_who_has_none(desktop, page, tmp_path) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    save_as(page, tmp_path / "all.pdf")
    desktop.settle()
    visit(desktop, desktop.sample.zhao, "血压又高了")
    page.choices.kind.button("new").click()
    desktop.settle()
    assert [planned.id for planned in page.chosen] == [desktop.sample.zhao]
    assert "要打 1 户" in page.foot.count.text()
    assert "11 户不打" in page.foot.count.text()
    page.foot.why_not.click()
    desktop.settle()
    assert "11 户不打" in page.left.said.text()
    rows = [page.left.list.rows.row(page.left.list.rows.index(n)) for n in range(11)]
    assert {row.detail for row in rows} == {"上次打印后没有新走访"}
    page.left.back.click()
    out = tmp_path / "new.pdf"
    save_as(page, out)
    desktop.settle()
    _, text = text_of(out)
    assert "续页1" in text
    assert "血压又高了" in text
    assert "家庭成员" not in text
    # the account stands on the page, with the names
    assert page.right.currentWidget() is page.left
    assert "已存好 1 户" in page.left.said.text()


def test_after_a_jam_the_last_continuation_is_printed_once_more(desktop, page, tmp_path) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    save_as(page, tmp_path / "all.pdf")
    desktop.settle()
    visit(desktop, desktop.sample.zhao, "血压又高了")
    again = page.choices.again
    page.choices.kind.button("new").click()
    desktop.settle()
    assert not again.isVisible()  # there is something new
    save_as(page, tmp_path / "new.pdf")
    desktop.settle()
    assert not page.chosen
    assert not page.foot.save.isEnabled()
    assert "已存好 1 户" in page.foot.said.text()
    assert again.isVisible()
    assert "1 户" in again.text()
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    desktop.settle()
    assert [planned.id for planned in page.chosen] == [desktop.sample.zhao]
    out = tmp_path / "again.pdf"
    save_as(page, out)
    desktop.settle()
    assert "续页1" in text_of(out)[1]
    assert text_of(out)[1].count("血压又高了") == text_of(tmp_path / "new.pdf")[1].count(
        "血压又高了"
    )
    assert again.isVisible()
    # back to what is new, and to another place
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    desktop.settle()
    assert not page.chosen
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    desktop.settle()
    go(desktop, one(desktop))
    assert not page.choices.options().again
    page.choices.kind.button("whole").click()
    desktop.settle()
    assert not again.isVisible()


def test_nothing_new_at_all_is_an_account_and_no_print(desktop, page) -> None:
    go(desktop, one(desktop))
    page.choices.kind.button("new").click()
    desktop.settle()
    assert page.right.currentWidget() is page.left
    assert not page.foot.save.isEnabled()
    assert not page.foot.print.isEnabled()
    (left,) = page.left.left.values()
    assert "还没打过整份" in left.reason()


def test_stopping_a_pdf_leaves_no_file_and_says_how_far_it_was(desktop, page, tmp_path) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    out = tmp_path / "grid.pdf"
    # the work waits until the button was pressed: however slow the window, it is in time
    waiting = Qt.ConnectionType.BlockingQueuedConnection
    stop = page.foot._progressed.connect(page.foot.cancel.click, waiting)
    save_as(page, out)
    desktop.settle()
    assert not out.exists()
    assert not list(tmp_path.glob("*.part"))
    assert "已停下：做到第 " in page.foot.said.text()
    assert desktop.sql("SELECT count(*) FROM printed") == [(0,)]
    page.foot._progressed.disconnect(stop)
    save_as(page, out)
    desktop.settle()
    pages, text = text_of(out)
    assert pages >= 12
    names = desktop.sql("SELECT name FROM household WHERE deleted=0")
    assert all(name in text for (name,) in names)


def test_stopping_a_printer_finishes_the_file_in_hand_and_names_the_rest(
    desktop, page, printers
) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    waiting = Qt.ConnectionType.BlockingQueuedConnection
    page.foot._progressed.connect(page.foot.cancel.click, waiting)
    page.foot.print.click()
    desktop.settle()
    done = page.account.done
    assert 1 <= done <= 2
    assert f"已停下：打了 {done} 户，共 12 户" in page.foot.said.text()
    assert len(page.left.left) == 12 - done
    assert {left.reason() for left in page.left.left.values()} == {"停下时还没打到"}
    assert desktop.sql("SELECT count(*) FROM printed") == [(done,)]
    assert desktop.sql("SELECT count(*) FROM access_log") == [(done,)]
    assert printers.paper


def test_a_printer_that_is_gone_is_said_and_nothing_counts_as_printed(
    desktop, page, printers
) -> None:
    go(desktop, one(desktop))
    printers.refuse = True
    page.foot.print.click()
    desktop.settle()
    assert "找不到打印机“office”" in page.foot.said.text()
    assert "已打 0 户" in page.foot.said.text()
    assert desktop.sql("SELECT count(*) FROM printed") == [(0,)]
    assert page.foot.save.isEnabled()


def test_without_a_printer_it_says_what_to_do_and_a_pdf_stays(desktop, page, printers) -> None:
    printers.infos = ()
    go(desktop, one(desktop))
    assert page.choices.none.isVisible()
    assert "存为 PDF" in page.choices.none.text()
    assert not page.choices.printer_field.isVisible()
    assert not page.foot.print.isEnabled()
    assert page.foot.save.isEnabled()


def test_the_printer_chosen_is_kept_and_one_that_does_not_turn_paper_is_said(
    desktop, page, printers
) -> None:
    printers.infos = (PrinterInfo("office", True, True), PrinterInfo("small"))
    go(desktop, one(desktop))
    assert page.choices.printer.value() == "office"
    choose(page, page.choices.printer, "small")
    assert desktop.client.preferences.printer == "small"
    assert not page.choices.turning.isVisible()
    page.choices.sides.button("both").click()
    assert "不会自动翻面" in page.choices.turning.text()
    choose(page, page.choices.printer, "office")
    assert not page.choices.turning.isVisible()


def test_what_is_saved_meanwhile_is_seen_at_once(desktop, page) -> None:
    go(desktop, one(desktop))
    before = page.preview.shown.pdf
    visit(desktop, desktop.sample.zhao, "刚刚来过")
    with pypdfium2.PdfDocument(page.preview.shown.pdf) as document:
        text = "".join(part.get_textpage().get_text_range() for part in document)
    assert "刚刚来过" in "".join(text.split())
    assert page.preview.shown.pdf != before


def test_a_household_that_left_this_computer_is_in_the_account(desktop, page) -> None:
    from gridapp.domain.record import new_id

    go(desktop, PrintRequest((desktop.sample.zhao, new_id())))
    assert "1 户不打" in page.foot.count.text()
    page.foot.why_not.click()
    desktop.settle()
    row = page.left.list.rows.row(page.left.list.rows.index(0))
    assert row.detail == "不在这台电脑上"


def test_locking_while_it_prints_leaves_no_file_and_nothing_counts(desktop, page, tmp_path) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    out = tmp_path / "grid.pdf"
    page.save_pdf(out)
    desktop.client.lock()
    desktop.settle()
    assert desktop.client.shell is None
    assert not out.exists()
    assert not list(tmp_path.glob("*.part"))


class Leaving:
    """Nobody is there any more, as soon as the first file is done."""

    def __init__(self, desktop, page) -> None:
        self.client, self.page, self.now, self.looks = desktop.client, page, NOW, 0
        self.client.idle._clock = lambda: self.now
        self.client.idle.touch()
        # the work waits until the lock has had its look: however fast it is, it is in the middle
        waiting = Qt.ConnectionType.BlockingQueuedConnection
        page.foot._progressed.connect(self.look, waiting)

    def look(self, _done: int = 0) -> None:
        self.now += 6 * 60_000
        self.looks += 1
        self.client.idle.look()
        QApplication.processEvents()

    def locks_afterwards(self, desktop) -> bool:
        """The postponed lock comes once the work is done."""
        self.client.idle.look()
        desktop.settle()
        return self.client.shell is None


def test_a_large_pdf_is_not_cut_off_by_the_lock_that_comes_when_nobody_is_there(
    desktop, page, tmp_path
) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    leaving = Leaving(desktop, page)
    out = tmp_path / "grid.pdf"
    page.save_pdf(out)
    desktop.settle()
    assert leaving.looks >= 2
    assert "已存好 12 户" in page.foot.said.text()
    assert text_of(out)[0] >= 12
    assert leaving.locks_afterwards(desktop)


def test_a_job_of_the_printer_is_not_cut_off_by_that_lock_either(desktop, page, printers) -> None:
    go(desktop)
    choose(page, page.choices.grid, grid_key(desktop))
    desktop.settle()
    leaving = Leaving(desktop, page)
    page.foot.print.click()
    desktop.settle()
    assert leaving.looks >= 2
    assert "已交给打印机 12 户" in page.foot.said.text()
    assert len(printers.jobs) == 2
    assert desktop.sql("SELECT count(*) FROM printed") == [(12,)]
    assert leaving.locks_afterwards(desktop)


def test_the_keyboard_prints_from_choosing_to_stopping(desktop, page, printers, qtbot) -> None:
    go(desktop)
    window = desktop.client.window
    assert page.choices.grid.hasFocus()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Down)
    desktop.settle()
    assert len(page.chosen) == 12
    reached = set()
    for _ in range(40):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        reached.add(window.focusWidget())
    assert {
        page.choices.which_line,
        page.choices.printer,
        page.foot.print,
        page.foot.save,
    } <= reached
    assert page.preview.paper in reached
    waiting = Qt.ConnectionType.BlockingQueuedConnection

    def escape() -> None:
        assert page.foot.cancel.hasFocus()
        QTest.keyClick(page.foot.cancel, Qt.Key.Key_Space)

    page.foot._progressed.connect(escape, waiting)
    QTest.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert "已停下" in page.foot.said.text()
    assert printers.paper
