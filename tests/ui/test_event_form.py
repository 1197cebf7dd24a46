"""Reporting an event: what is handled on the spot with photos from before and after, the hour, what is wanted."""

from pathlib import Path

from event_loop import photo
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from gridapp.ui.forms.event import EventForm


def report(desktop) -> EventForm:
    """The form, opened from the list of events."""
    desktop.client.desk.go("events")
    desktop.settle()
    page = desktop.shell.pages.currentWidget()
    made = next(b for b in page.findChildren(QPushButton) if b.text() == "报事件")
    made.click()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, EventForm)
    return form


def file(folder: Path, name: str, colour: tuple[int, int, int]) -> Path:
    path = folder / name
    path.write_bytes(photo(colour))
    return path


def test_handled_on_the_spot_with_photos_from_before_and_after(
    desktop, qtbot, tmp_path: Path
) -> None:
    form = report(desktop)
    assert form.item.line.hasFocus()
    qtbot.keyClicks(form.item.line, "xsd")  # 下水道
    qtbot.keyClick(form.item.line, Qt.Key.Key_Return)
    assert form.item.value() == "0504"
    assert form.text.hasFocus()
    qtbot.keyClicks(form.text, "Blocked.")
    form.photos.take([file(tmp_path, "a.jpg", (120, 100, 90))])
    qtbot.mouseClick(form.on_spot.button("yes"), Qt.MouseButton.LeftButton)
    assert form.done.hasFocus()
    qtbot.keyClicks(form.done, "Cleared.")
    form.after.take([file(tmp_path, "b.jpg", (60, 150, 80))])
    qtbot.keyClick(form.done, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    [(state, when)] = desktop.sql("SELECT state, happened_at FROM event WHERE text='Blocked.'")
    assert (state, when) == ("handled_on_spot", "2026-11-20T14:20")
    assert sorted(desktop.sql("SELECT target_kind, purpose FROM attachment")) == [
        ("event", "before"),
        ("event_action", "after"),
    ]


def test_photos_from_after_are_not_saved_where_nothing_was_handled(
    desktop, qtbot, tmp_path: Path
) -> None:
    form = report(desktop)
    form.item.set_value("0504")
    form.text.setPlainText("Blocked.")
    form.on_spot.button("yes").click()
    form.after.take([file(tmp_path, "b.jpg", (60, 150, 80))])
    desktop.settle()
    assert form.after.isVisible()
    form.on_spot.button("no").click()
    assert not form.after.isVisible()
    form.when.line.setText("昨天")
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT happened_at FROM event WHERE text='Blocked.'") == [("2026-11-19",)]
    assert desktop.sql("SELECT count(*) FROM attachment") == [(0,)]
    assert desktop.sql("SELECT count(*) FROM blob WHERE state IN ('draft','waiting')") == [(0,)]


def test_both_kinds_of_photos_come_back_with_the_draft(desktop, tmp_path: Path) -> None:
    form = report(desktop)
    form.text.setPlainText("Blocked.")
    form.on_spot.button("yes").click()
    form.photos.take([file(tmp_path, "a.jpg", (120, 100, 90))])
    form.after.take([file(tmp_path, "b.jpg", (60, 150, 80))])
    desktop.settle()
    form.put_aside()
    desktop.settle()
    again = report(desktop)
    assert again is not form
    assert again.text.text() == "Blocked."
    assert [p.purpose for p in again.photos.kept()] == ["before"]
    assert [p.purpose for p in again.after.kept()] == ["after"]
    assert again.after.isVisible()


def test_what_an_item_wants_is_said(desktop) -> None:
    form = report(desktop)
    assert not form.wanted.isVisible()
    form.item.set_value("0101")
    form.item.chosen.emit("0101")
    assert form.wanted.isVisible()
    assert form.call.isVisible()
    assert "119" in form.call.text()
    form.item.set_value("0901")
    form.item.chosen.emit("0901")
    assert not form.wanted.isVisible()
    assert not form.call.isVisible()
