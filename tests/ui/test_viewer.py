"""Photos looked at in full: the arrows, both sizes, whose they are, and those that have not come yet."""

import dataclasses
import io

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from gridapp.domain.attachment import Attachment
from gridapp.domain.visit import Visit
from gridapp.store import recording
from gridapp.store.drafting import Picture, VisitDraft
from gridapp.ui.widgets.viewer import PhotoViewer


def jpeg(colour: str, size: tuple[int, int] = (1600, 1200)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def photos(desktop) -> list[Attachment]:
    """Three photos of one visit by the user, red, green and blue."""

    def write(uow):
        pictures = tuple(
            Picture(jpeg(c, s), c)
            for c, s in (("red", (1600, 1200)), ("green", (600, 1600)), ("blue", (200, 100)))
        )
        draft = VisitDraft(
            desktop.sample.zhao, "2026-11-19T10:02", situation="Well.", pictures=pictures
        )
        visit = recording.add_visit(uow, draft)
        return uow.where(Attachment, "target_id=?", (visit.id.bytes,))

    found = desktop.client.desk.store.write(write).result()
    desktop.settle()
    return sorted(found, key=lambda a: a.id)


def opened(desktop, photos, start=0) -> PhotoViewer:
    viewer = PhotoViewer(desktop.client.desk, photos, start, parent=desktop.shell)
    viewer.open()
    desktop.settle()
    return viewer


def colour(viewer) -> str:
    pixel = viewer.canvas.image.pixelColor(50, 50)
    return max(
        ("red", pixel.red()), ("green", pixel.green()), ("blue", pixel.blue()), key=lambda c: c[1]
    )[0]


def test_the_arrows_go_through_all_and_stop_at_the_ends(desktop, qtbot, photos) -> None:
    viewer = opened(desktop, photos)
    seen = []
    for key in (
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Right,
        Qt.Key.Key_Home,
    ):
        qtbot.keyClick(viewer, key)
        desktop.settle()
        seen.append((colour(viewer), viewer.count.text()))
    assert seen == [
        ("red", "1 / 3"),
        ("green", "2 / 3"),
        ("blue", "3 / 3"),
        ("blue", "3 / 3"),
        ("red", "1 / 3"),
    ]
    qtbot.keyClick(viewer, Qt.Key.Key_End)
    desktop.settle()
    assert not viewer.on.isEnabled()
    viewer.back.click()
    desktop.settle()
    assert colour(viewer) == "green"


def test_it_says_when_who_and_of_what(desktop, qtbot, photos) -> None:
    viewer = opened(desktop, photos)
    assert viewer.caption.text() == "昨天 10:02 · 李秀英 · 走访 上门 · 赵桂兰"
    assert viewer.canvas.accessibleName() == viewer.caption.text()


def test_the_whole_photo_is_seen_and_each_of_its_pixels(desktop, qtbot, photos) -> None:
    viewer = opened(desktop, photos)
    room = viewer.canvas.viewport().size()
    fitted = viewer.canvas.shown
    assert fitted.height() <= room.height()
    assert fitted.width() <= room.width()
    assert abs(fitted.width() / fitted.height() - 4 / 3) < 0.01
    qtbot.mouseClick(viewer.size_choice.button("whole"), Qt.MouseButton.LeftButton)
    assert viewer.canvas.shown.width() == 1600
    assert viewer.canvas.verticalScrollBar().maximum() > 0
    qtbot.mouseDClick(viewer.canvas.widget(), Qt.MouseButton.LeftButton)
    assert viewer.size_choice.value() == "fit"
    assert viewer.canvas.shown == fitted
    viewer.go_to(2)
    desktop.settle()
    assert viewer.canvas.shown.width() == 200, "a small one is not blown up"


def test_a_photo_that_has_not_come_is_shown_small_and_comes_when_it_is_there(
    desktop, qtbot, photos
) -> None:
    store = desktop.client.desk.store
    digest = photos[0].sha256
    data = store.blobs.get(digest)
    store.blobs.remove(digest)
    viewer = opened(desktop, photos)
    assert "还没传下来" in viewer.notice.text()
    assert viewer.canvas.image.width() == 240
    store.blobs.put(data)
    store.write(lambda uow: uow.touch("attachment", ())).result()
    desktop.settle()
    assert viewer.canvas.image.width() == 1600
    assert not viewer.notice.isVisible()


def test_of_a_photo_that_is_only_known_by_name_it_says_so(desktop, qtbot) -> None:
    viewer = opened(desktop, ["0" * 64])
    assert "还没传下来" in viewer.notice.text()
    assert viewer.canvas.image.isNull()


def test_a_digest_alone_is_enough(desktop, qtbot, photos) -> None:
    viewer = opened(desktop, [photos[1].sha256])
    assert colour(viewer) == "green"
    assert "赵桂兰" in viewer.caption.text()
    assert not viewer.back.isVisible()


def test_escape_closes_it(desktop, qtbot, photos) -> None:
    viewer = opened(desktop, photos)
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    desktop.settle()
    assert not [d for d in desktop.shell.findChildren(QDialog) if d.isVisible()]


def test_a_photo_of_a_visit_of_nobody_known_says_what_is_known(desktop, qtbot, photos) -> None:
    def forget(uow):
        visit = uow.record(Visit, photos[0].target_id)
        uow.edit(visit, dataclasses.replace(visit, how="phone"))
        uow.connection.execute("UPDATE staff SET deleted=1, name=NULL")

    desktop.client.desk.store.write(forget).result()
    desktop.settle()
    viewer = opened(desktop, photos)
    assert viewer.caption.text() == "昨天 10:02 · 走访 电话 · 赵桂兰"
