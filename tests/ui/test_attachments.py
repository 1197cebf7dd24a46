"""The photos of a household file: whose they are, added by every way, thousands of them without a stutter."""

import hashlib
import io
from pathlib import Path

from PIL import Image
from PySide6.QtCore import Qt
from test_photos import drop, files, paste, photo, picture

from gridapp.domain.attachment import Attachment
from gridapp.domain.event import Event
from gridapp.store import recording
from gridapp.store.drafting import Picture, VisitDraft
from gridapp.ui.pages.file.attachments import AttachmentsPart
from gridapp.ui.widgets.photo.cells import BATCH, Cell
from gridapp.ui.widgets.viewer import PhotoViewer


def tab(desktop):
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages["household"]
    page.choose("attachments")
    desktop.settle()
    return page, page.findChild(AttachmentsPart)


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, "JPEG")
    return out.getvalue()


def write(desktop, fn) -> None:
    desktop.client.desk.store.write(fn).result()
    desktop.settle()


def some(desktop) -> None:
    """One photo of a visit, one of the event, one of what was done about it."""

    def work(uow):
        draft = VisitDraft(
            desktop.sample.zhao,
            "2026-10-05",
            how="phone",
            situation="x",
            pictures=(Picture(jpeg("red"), "r"),),
        )
        recording.add_visit(uow, draft)
        event = uow.record(Event, desktop.sample.event)
        recording.attach(uow, event, [Picture(jpeg("lime"), "g", "before")])
        recording.take_step(
            uow,
            event,
            "handle_on_spot",
            "done",
            "2026-11-20T11:00",
            pictures=[Picture(jpeg("blue"), "b", "after")],
        )

    write(desktop, work)


def lines(part) -> list[str]:
    found = []
    for row in range(part.grid.cells.rowCount()):
        item = part.grid.cells.item(part.grid.cells.index(row))
        found.append(" / ".join(item.lines) if isinstance(item, Cell) else item)
    return found


def test_each_says_when_who_and_of_what_month_by_month(desktop, qtbot) -> None:
    some(desktop)
    page, part = tab(desktop)
    shown = lines(part)
    assert shown[0] == "2026年11月"
    assert shown[3:] == ["2026年10月", "10月5日 · 李秀英 / 走访 电话"]
    assert any("处置后" in line and "今天 11:00 · 李秀英" in line for line in shown)
    assert any("处置前" in line and "事件" in line for line in shown)
    assert "3" in page.tabs.button("attachments").text()
    assert all(not pixmap.isNull() for pixmap in part.grid.cells._pixmaps.values())


def test_a_click_and_enter_open_it_among_the_others(desktop, qtbot) -> None:
    some(desktop)
    _, part = tab(desktop)
    last = part.grid.cells.cells()[-1]
    index = part.grid.cells.index_of(last.key)
    place = part.grid.visualRect(index).center()
    qtbot.mouseClick(part.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desktop.settle()
    viewer = part.findChild(PhotoViewer)
    assert viewer.count.text() == "3 / 3"
    assert viewer.canvas.image.pixelColor(9, 9).red() > 200
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    desktop.settle()
    part.grid.setFocus()
    qtbot.keyClick(part.grid, Qt.Key.Key_Home)
    qtbot.keyClick(part.grid, Qt.Key.Key_Return)
    desktop.settle()
    [viewer] = [v for v in part.findChildren(PhotoViewer) if v.isVisible()]
    assert viewer.count.text() == "1 / 3"
    viewer.close()


def test_photos_are_added_to_the_household_by_drop_and_paste(
    desktop, qtbot, tmp_path: Path
) -> None:
    _, part = tab(desktop)
    assert part.switch.is_empty
    assert drop(part, files(photo(tmp_path), photo(tmp_path, "b.jpg", "red")))
    desktop.settle()
    paste(qtbot, desktop, part.grid, picture("lime"))
    kinds = desktop.sql("SELECT target_kind, target_id FROM attachment")
    assert kinds == [("household", desktop.sample.zhao.bytes)] * 3
    assert len(part.grid.cells.cells()) == 3
    assert not part.adding.isVisible()
    assert desktop.sql("SELECT DISTINCT state FROM blob") == [("waiting",)]


def test_one_that_cannot_be_added_is_named_there(desktop, qtbot, tmp_path: Path) -> None:
    _, part = tab(desktop)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"nothing")
    assert drop(part, files(bad, photo(tmp_path)))
    desktop.settle()
    assert len(part.grid.cells.cells()) == 1
    assert part.adding.refused.isVisible()
    assert "bad.jpg" in part.adding.refused.texts()[0]


def test_thousands_open_and_only_those_in_sight_are_read(desktop, qtbot) -> None:
    small = jpeg("navy")

    def work(uow):
        for number in range(3000):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            uow.connection.execute(
                "INSERT INTO blob (sha256,size,state,thumbnail) VALUES (?,?,'done',?)",
                (digest, 9, small),
            )
            uow.create(
                Attachment(
                    target_kind="household",
                    target_id=desktop.sample.zhao,
                    sha256=digest,
                    media_type="image/jpeg",
                    size=9,
                )
            )

    write(desktop, work)
    _, part = tab(desktop)
    assert len(part.grid.cells.cells()) == 3000
    assert BATCH < len(part.grid.cells._pixmaps) < 200


def test_a_photo_that_comes_later_is_seen_without_asking(desktop, qtbot) -> None:
    some(desktop)
    [(digest, small)] = desktop.sql("SELECT sha256, thumbnail FROM blob LIMIT 1")
    write(desktop, lambda uow: uow.connection.execute("UPDATE blob SET thumbnail=NULL"))
    _, part = tab(desktop)
    assert all(pixmap.isNull() for pixmap in part.grid.cells._pixmaps.values())

    def come(uow):
        uow.connection.execute("UPDATE blob SET thumbnail=? WHERE sha256=?", (small, digest))
        uow.touch("attachment", ())

    write(desktop, come)
    part.grid.grab()
    desktop.settle()
    assert sum(not pixmap.isNull() for pixmap in part.grid.cells._pixmaps.values()) == 1
