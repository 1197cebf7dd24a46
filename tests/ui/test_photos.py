"""Photos of forms: dropped, pasted, chosen; taken in at once, named where they cannot be, kept with the draft."""

import json
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from gridapp.ui.forms.event import EventForm
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.widgets.viewer import PhotoViewer
from tests.store.test_pictures import HEIC, png_of


def photo(folder: Path, name: str = "a.jpg", colour: str = "navy") -> Path:
    path = folder / name
    Image.new("RGB", (640, 480), colour).save(path)
    return path


def visit_form(desktop) -> VisitForm:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    return form


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def picture(colour: str = "red", size: tuple[int, int] = (300, 200)) -> QMimeData:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(colour)
    mime = QMimeData()
    mime.setImageData(image)
    return mime


def drop(target: QWidget, mime: QMimeData) -> bool:
    """As a file manager does it; whether the form took it."""
    at, copy = QPointF(5, 5), Qt.DropAction.CopyAction
    held = (copy, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(5, 5), *held)
    QApplication.sendEvent(target, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(at, *held)
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def paste(qtbot, desktop, target: QWidget, mime: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(mime)
    target.setFocus()
    qtbot.keyClick(target, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    QGuiApplication.clipboard().clear()


def save(desktop, form, text: str = "with photos") -> None:
    form.situation.setPlainText(text)
    form.save()
    desktop.settle()


def attached(desktop) -> list[tuple]:
    return desktop.sql("SELECT width, height FROM attachment WHERE deleted=0 ORDER BY id")


def test_files_dropped_on_a_form_are_hung_on_the_visit(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    paths = [photo(tmp_path, "a.jpg"), photo(tmp_path, "b.png", "red")]
    assert drop(form, files(*paths))
    desktop.settle()
    assert [kept.name for kept in form.photos.kept()] == ["a.jpg", "b.png"]
    save(desktop, form)
    assert attached(desktop) == [(640, 480)] * 2
    assert desktop.sql("SELECT DISTINCT target_kind FROM attachment") == [("visit",)]
    assert desktop.sql("SELECT DISTINCT state FROM blob") == [("waiting",)]
    assert desktop.sql("SELECT count(*) FROM draft") == [(0,)]


def test_a_drop_on_the_sentence_is_a_photo_and_not_its_path(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    assert drop(form.situation.viewport(), files(photo(tmp_path)))
    assert drop(form.promise, files(photo(tmp_path, "b.jpg", "red")))
    desktop.settle()
    assert form.situation.toPlainText() == form.promise.text() == ""
    assert len(form.photos.kept()) == 2


def test_words_are_dropped_into_text_as_ever(desktop, qtbot) -> None:
    form = visit_form(desktop)
    mime = QMimeData()
    mime.setText("hello")
    assert not drop(form, mime)
    assert drop(form.situation.viewport(), mime)
    assert form.situation.toPlainText() == "hello"


def test_a_picture_dragged_out_of_a_browser_is_taken(desktop, qtbot) -> None:
    form = visit_form(desktop)
    mime = picture()
    mime.setUrls([QUrl("https://example.org/x.png")])
    assert drop(form, mime)
    desktop.settle()
    save(desktop, form)
    assert attached(desktop) == [(300, 200)]


def test_a_copied_picture_is_pasted_wherever_the_cursor_is(desktop, qtbot) -> None:
    form = visit_form(desktop)
    paste(qtbot, desktop, form.situation, picture("red"))
    paste(qtbot, desktop, form.promise, picture("blue"))
    paste(qtbot, desktop, form.save_button, picture("green", (3000, 2000)))
    assert form.situation.toPlainText() == form.promise.text() == ""
    save(desktop, form)
    assert attached(desktop) == [(300, 200), (300, 200), (1600, 1067)]


def test_copied_files_are_pasted_too(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    paste(qtbot, desktop, form.situation, files(photo(tmp_path)))
    assert form.situation.toPlainText() == ""
    assert [kept.name for kept in form.photos.kept()] == ["a.jpg"]


def test_text_is_pasted_as_text(desktop, qtbot) -> None:
    def both() -> QMimeData:
        mime = picture()
        mime.setText("from a document")  # a word processor offers both
        return mime

    form = visit_form(desktop)
    paste(qtbot, desktop, form.situation, both())
    assert form.situation.toPlainText() == "from a document"
    assert form.photos.kept() == ()
    paste(qtbot, desktop, form.save_button, both())
    assert len(form.photos.kept()) == 1


def test_the_same_photo_is_taken_once_and_that_is_said(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    path = photo(tmp_path)
    copy = tmp_path / "copy of a.jpg"
    copy.write_bytes(path.read_bytes())
    form.photos.take([path, path, copy])
    desktop.settle()
    assert len(form.photos.kept()) == 1
    assert "2" in form.photos.refused.texts()[0]
    form.photos.take([path])
    desktop.settle()
    assert len(form.photos.kept()) == 1


def test_those_that_cannot_be_taken_are_named_and_the_others_are_taken(
    desktop, qtbot, tmp_path
) -> None:
    form = visit_form(desktop)
    (tmp_path / "坏.jpg").write_bytes(b"no photo at all")
    (tmp_path / "名单.xlsx").write_bytes(b"PK\x03\x04" + bytes(500))
    (tmp_path / "film.mp4").write_bytes(bytes(50))
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "pixels.png").write_bytes(png_of(30_000, 30_000))
    with (tmp_path / "bytes.jpg").open("wb") as file:
        file.truncate(41_000_000)
    good = photo(tmp_path, "good.jpg")
    iphone = tmp_path / "IMG_1.HEIC"
    iphone.write_bytes(HEIC)
    gone = tmp_path / "gone.jpg"
    bad = ["坏.jpg", "名单.xlsx", "film.mp4", "folder.jpg", "pixels.png", "bytes.jpg", "gone.jpg"]
    form.photos.take([gone, *(tmp_path / name for name in bad[:-1]), good, iphone])
    desktop.settle()
    assert [kept.name for kept in form.photos.kept()] == ["good.jpg", "IMG_1.HEIC"]
    said = form.photos.refused.texts()
    assert len(said) == len(bad)
    for name, words in zip(
        bad,
        ("打不开", "不是照片", "视频", "文件夹", "像素太多", "文件太大", "读不出来"),
        strict=True,
    ):
        assert any(name in text and words in text for text in said), name
    save(desktop, form)
    assert attached(desktop) == [(640, 480), (64, 48)]


def bad(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"bad-{number}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(b"no photo at all")
    return paths


def test_what_was_refused_is_said_above_save_and_stays_until_it_was_read(
    desktop, qtbot, tmp_path
) -> None:
    form = visit_form(desktop)
    refused, pointers = form.photos.refused, form.pointers
    assert not pointers.isVisible()
    assert drop(form, files(*bad(tmp_path, 9), photo(tmp_path), photo(tmp_path, "b.jpg", "red")))
    desktop.settle()
    said = pointers.texts[form.photos]
    assert said.isVisible()
    assert not said.visibleRegion().isEmpty()
    assert said.text() == "照片 2 张 · 9 张没加上"
    assert refused.visibleRegion().isEmpty()  # beneath the checklist
    qtbot.mouseClick(pointers.links[form.photos], Qt.MouseButton.LeftButton)
    desktop.settle()
    assert not refused.visibleRegion().isEmpty()
    # the next paste takes no word of it away, nor is the same one named twice
    paste(qtbot, desktop, form.save_button, picture("lime"))
    form.photos.take(bad(tmp_path, 1))
    desktop.settle()
    assert len(refused.texts()) == 9
    assert said.text() == "照片 3 张 · 9 张没加上"
    next(b for b in refused.findChildren(QPushButton)).click()
    desktop.settle()
    assert refused.texts() == []
    assert said.text() == "照片 3 张"


def test_a_form_without_photos_says_nothing_of_them(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    form.photos.take([photo(tmp_path)])
    desktop.settle()
    form.photos._tiles[0].removed.emit()
    desktop.settle()
    assert not form.pointers.isVisible()


def test_a_telephone_may_be_unplugged_before_saving(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    path = photo(tmp_path)
    form.photos.take([path])
    desktop.settle()
    path.unlink()
    save(desktop, form)
    assert attached(desktop) == [(640, 480)]


def test_save_waits_for_photos_that_are_still_being_read(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    form.photos.take(
        [photo(tmp_path, f"{n}.jpg", c) for n, c in enumerate(("red", "blue", "lime"))]
    )
    assert form.photos.kept() == ()
    form.situation.setPlainText("at once")
    form.save()
    assert "照片加好" in form.state.text()
    desktop.settle()
    assert len(attached(desktop)) == 3
    assert desktop.sql("SELECT count(*) FROM draft") == [(0,)]


def test_save_stops_for_a_photo_that_turns_out_bad_and_nothing_is_lost(
    desktop, qtbot, tmp_path
) -> None:
    form = visit_form(desktop)
    form.photos.take([photo(tmp_path), tmp_path / "gone.jpg"])
    save(desktop, form, "half")
    assert "gone.jpg" in form._trouble.text()
    assert desktop.sql("SELECT count(*) FROM visit WHERE situation='half'") == [(0,)]
    assert form.save_button.isEnabled()
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM visit WHERE situation='half'") == [(1,)]
    assert len(attached(desktop)) == 1


def test_pasted_photos_come_back_with_the_draft(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    paste(qtbot, desktop, form.situation, picture("red"))
    form.photos.take([photo(tmp_path)])
    desktop.settle()
    # as after a crash: nobody asked the form to close
    digests = [kept.sha256 for kept in form.photos.kept()]
    [(draft,)] = desktop.sql("SELECT data FROM draft")
    assert [item["sha256"] for item in json.loads(draft)["photos"]] == digests
    form._stop()
    form.closed.emit()
    desktop.settle()
    again = visit_form(desktop)
    assert again is not form
    assert [kept.sha256 for kept in again.photos.kept()] == digests
    save(desktop, again)
    assert len(attached(desktop)) == 2


def test_what_was_still_being_read_is_read_again_for_the_draft(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    form.photos.take([photo(tmp_path), photo(tmp_path, "b.jpg", "red")])
    form.edited()
    form.put_aside()
    desktop.settle()
    again = visit_form(desktop)
    assert len(again.photos.kept()) == 2


def blobs(desktop) -> list[Path]:
    folder = desktop.client.desk.store.folder / "blobs"
    return [path for path in folder.rglob("*") if path.is_file()]


def test_photos_go_with_the_draft_and_no_plain_byte_was_written(desktop, qtbot, tmp_path) -> None:
    source = tmp_path / "elsewhere"
    source.mkdir()
    form = visit_form(desktop)
    form.photos.take([photo(source)])
    paste(qtbot, desktop, form.situation, picture("red"))
    held = blobs(desktop)
    assert len(held) == 2
    for path in desktop.client.desk.store.folder.rglob("*"):
        assert not path.is_file() or b"JFIF" not in path.read_bytes()
    form.cancel()
    desktop.settle()
    assert len(blobs(desktop)) == 2  # as long as the draft can be taken back
    desktop.shell.thrown.settle()
    desktop.settle()
    assert blobs(desktop) == []
    assert desktop.sql("SELECT state FROM blob") == [("gone",), ("gone",)]


def test_a_photo_taken_away_is_forgotten_and_may_be_added_again(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    path = photo(tmp_path)
    form.photos.take([path])
    desktop.settle()
    form.photos._tiles[0].removed.emit()
    desktop.settle()
    assert form.photos.kept() == ()
    assert not form.photos.isVisible()
    # A slow computer may have kept the draft with the photo first: then it goes with the next draft.
    qtbot.waitUntil(lambda: blobs(desktop) == [])
    form.photos.take([path])
    desktop.settle()
    save(desktop, form)
    assert len(attached(desktop)) == 1
    assert len(blobs(desktop)) == 1


def test_a_photo_that_the_draft_already_names_goes_with_the_next_draft(
    desktop, qtbot, tmp_path
) -> None:
    form = visit_form(desktop)
    form.photos.take([photo(tmp_path)])
    desktop.settle()
    form.keep_draft()
    desktop.settle()
    form.photos._tiles[0].removed.emit()
    desktop.settle()
    form.keep_draft()
    desktop.settle()
    assert blobs(desktop) == []
    assert desktop.sql("SELECT state FROM blob") == [("gone",)]


def test_two_drafts_may_hold_the_same_photo(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    path = photo(tmp_path)
    form.photos.take([path])
    desktop.settle()
    event = EventForm(desktop.client.desk, None)
    desktop.client.desk.opening.emit(event)
    event.photos.take([path])
    desktop.settle()
    event.cancel()
    desktop.settle()
    assert len(blobs(desktop)) == 1
    save(desktop, form)
    assert len(attached(desktop)) == 1


def test_photos_of_an_event_say_that_they_are_from_before(desktop, qtbot, tmp_path) -> None:
    form = EventForm(desktop.client.desk, None)
    desktop.client.desk.opening.emit(form)
    desktop.settle()
    form.item.set_value("0101")
    form.text.setPlainText("Blocked lane")
    assert drop(form, files(photo(tmp_path)))
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT target_kind, purpose FROM attachment") == [("event", "before")]


def test_a_chosen_photo_opens_large(desktop, qtbot, tmp_path) -> None:
    form = visit_form(desktop)
    form.photos.take([photo(tmp_path), photo(tmp_path, "b.jpg", "red")])
    desktop.settle()
    qtbot.mouseClick(form.photos._tiles[1].look, Qt.MouseButton.LeftButton)
    desktop.settle()
    viewer = form.photos.findChild(PhotoViewer)
    assert viewer.count.text() == "2 / 2"
    assert viewer.canvas.image.pixelColor(5, 5).red() > 200
    viewer.close()
