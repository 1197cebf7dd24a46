"""Choosing photos: newest first, small pictures only of what is in sight, sticks and telephones, the keyboard."""

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from PySide6.QtCore import QStandardPaths, Qt, QUrl
from sample import NOW

from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.widgets.photo import places as where
from gridapp.ui.widgets.photo import sources
from gridapp.ui.widgets.photo.cells import BATCH, Cell
from gridapp.ui.widgets.photo.chooser import PhotoChooser
from gridapp.ui.widgets.photo.listing import grouped, newest
from gridapp.ui.widgets.photo.places import Place, own_places, places
from gridapp.ui.widgets.photo.small import small_image
from gridapp.ui.widgets.photo.sources import local_path
from tests.store.test_pictures import HEIC

HOUR = 3600
DAY = 24 * HOUR


def photo(folder: Path, name: str, ago: float = 0, colour: str = "navy") -> Path:
    """A photo of so many seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if name.endswith(".heic"):
        path.write_bytes(HEIC)
    else:
        Image.new("RGB", (64, 48), colour).save(path)
    os.utime(path, (NOW / 1000 - ago,) * 2)
    return path


@pytest.fixture
def album(tmp_path) -> Path:
    folder = tmp_path / "album"
    for name, ago in (
        ("old.jpg", 40 * DAY),
        ("now.jpg", 60),
        ("hour.heic", HOUR),
        ("morning.png", 5 * HOUR),
        ("yesterday.jpg", DAY),
        ("DCIM/100/deep.jpg", 3 * DAY),
    ):
        photo((folder / name).parent, Path(name).name, ago)
    (folder / "list.xlsx").write_bytes(b"PK")
    (folder / ".thumbnails").mkdir()
    photo(folder / ".thumbnails", "hidden.jpg")
    return folder


def chooser(desktop, folder: Path) -> tuple[VisitForm, PhotoChooser]:
    desk = desktop.client.desk
    desk.prefer(photo_folder=str(folder))
    desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    desktop.settle()
    form = desktop.shell.panel.currentWidget()
    form.photos.choose()
    desktop.settle()
    return form, form.photos.findChild(PhotoChooser)


def names(found) -> list[str]:
    return [Path(f.path).name for f in found]


def test_photos_of_folders_come_newest_first_and_once(album) -> None:
    found = newest([(album, 4), (album / "DCIM", 2), (album / "not there", 4)])
    assert names(found) == [
        "now.jpg",
        "hour.heic",
        "morning.png",
        "yesterday.jpg",
        "deep.jpg",
        "old.jpg",
    ]
    assert names(newest([(album, 1)])) == [n for n in names(found) if n != "deep.jpg"]


def test_the_last_two_hours_stand_first_then_days_then_months(album) -> None:
    groups = grouped(newest([(album, 4)]), NOW)
    assert [(title, names(found)) for title, found in groups] == [
        ("最近两小时", ["now.jpg", "hour.heic"]),
        ("今天", ["morning.png"]),
        ("昨天", ["yesterday.jpg"]),
        ("11月17日", ["deep.jpg"]),
        ("2026年10月", ["old.jpg"]),
    ]


def test_several_are_chosen_by_clicks_and_their_number_stands_on_the_button(
    desktop, qtbot, album
) -> None:
    form, dialog = chooser(desktop, album)
    assert not dialog.add_button.isEnabled()
    for row in (1, 4):
        place = dialog.grid.visualRect(dialog.grid.cells.index(row)).center()
        qtbot.mouseClick(dialog.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.add_button.text() == "加 2 张"
    place = dialog.grid.visualRect(dialog.grid.cells.index(1)).center()
    qtbot.mouseClick(dialog.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.add_button.text() == "加 1 张"
    heading = dialog.grid.visualRect(dialog.grid.cells.index(0)).center()
    qtbot.mouseClick(dialog.grid.viewport(), Qt.MouseButton.LeftButton, pos=heading)
    assert dialog.add_button.text() == "加 1 张"
    dialog.add_button.click()
    desktop.settle()
    assert [kept.name for kept in form.photos.kept()] == ["morning.png"]


def test_by_keyboard_alone(desktop, qtbot, album) -> None:
    form, dialog = chooser(desktop, album)
    assert dialog.grid.hasFocus()
    qtbot.keyClick(dialog.grid, Qt.Key.Key_Space)
    qtbot.keyClick(dialog.grid, Qt.Key.Key_Right)
    qtbot.keyClick(dialog.grid, Qt.Key.Key_Space)
    assert dialog.add_button.text() == "加 2 张"
    qtbot.keyClick(dialog.grid, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert [kept.name for kept in form.photos.kept()] == ["now.jpg", "hour.heic"]


def test_the_arrows_step_over_headings(desktop, qtbot, album) -> None:
    _, dialog = chooser(desktop, album)
    key, seen = Qt.Key, []
    for pressed in (
        key.Key_Right,
        key.Key_Right,
        key.Key_Left,
        key.Key_Down,
        key.Key_Down,
        key.Key_Up,
        key.Key_End,
        key.Key_Right,
        key.Key_Home,
        key.Key_Up,
    ):
        qtbot.keyClick(dialog.grid, pressed)
        cell = dialog.grid.cells.item(dialog.grid.currentIndex())
        assert isinstance(cell, Cell)
        seen.append(Path(str(cell.key)).stem)
    assert seen == [
        "hour",
        "morning",
        "hour",
        "morning",
        "yesterday",
        "morning",
        "old",
        "old",
        "now",
        "now",
    ]


def test_enter_takes_the_one_under_the_frame(desktop, qtbot, album) -> None:
    form, dialog = chooser(desktop, album)
    qtbot.keyClick(dialog.grid, Qt.Key.Key_Return)
    desktop.settle()
    assert [kept.name for kept in form.photos.kept()] == ["now.jpg"]


def test_five_thousand_photos_open_and_only_those_in_sight_are_read(
    desktop, qtbot, tmp_path
) -> None:
    folder = tmp_path / "many"
    first = photo(folder, "00000.jpg")
    for number in range(1, 5000):
        os.link(first, folder / f"{number:05}.jpg")
    _, dialog = chooser(desktop, folder)
    assert len(dialog.grid.cells.cells()) == 5000
    shown = len(dialog.grid.cells._pixmaps)
    assert BATCH < shown < 200
    dialog.grid.scrollToBottom()
    desktop.settle()
    assert len(dialog.grid.cells._pixmaps) < 2 * shown + BATCH
    last = dialog.grid.cells.cells()[-1]
    assert not dialog.grid.cells._pixmaps[last.key].isNull()


def test_every_kind_has_a_small_picture_and_a_broken_one_says_so(album) -> None:
    (album / "broken.jpg").write_bytes(b"no photo")
    for path in newest([(album, 4)]):
        image = small_image(path.path, 40)
        if path.path.endswith("broken.jpg"):
            assert image.isNull()
        else:
            assert max(image.width(), image.height()) == 40


def test_it_says_where_there_is_none(desktop, qtbot, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    _, dialog = chooser(desktop, tmp_path / "empty")
    assert dialog.switch.is_empty
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_sticks_and_telephones_are_found(tmp_path, monkeypatch) -> None:
    media, gvfs = tmp_path / "media", tmp_path / "gvfs"
    photo(media / "KINGSTON", "a.jpg")
    photo(media / "card" / "DCIM" / "100CANON", "b.jpg")
    photo(media / "card" / "other", "c.jpg")
    (media / "not mounted").mkdir()
    host = quote("Xiaomi_Redmi_12_abc", safe="")
    photo(gvfs / f"mtp:host={host}" / "内部存储" / "DCIM" / "Camera", "d.heic")
    mounted = {media / "KINGSTON", media / "card"}
    monkeypatch.setattr(where, "_is_mounted", lambda path: path in mounted)
    own, stick, card, phone = places("", (media, gvfs, tmp_path / "nothing"))
    assert (own.name, own.plugged_in) == ("这台电脑", False)
    assert [p.name for p in (stick, card, phone)] == [
        "U盘 KINGSTON",
        "U盘 card",
        "手机 Xiaomi Redmi",
    ]
    assert names(newest(stick.folders)) == ["a.jpg"]
    assert names(newest(card.folders)) == ["b.jpg"], "of a card only what the camera wrote"
    assert names(newest(phone.folders)) == ["d.heic"]


def test_where_programs_see_no_telephone_it_says_the_way_that_works(
    desktop, qtbot, album, monkeypatch
) -> None:
    assert "手机不会" not in where.plugging_hint("linux")
    hint = where.plugging_hint("win32")
    assert "此电脑" in hint
    assert "复制到桌面" in hint
    monkeypatch.setattr("gridapp.ui.widgets.photo.chooser.plugging_hint", lambda: hint)
    _, made = chooser(desktop, album)
    assert hint in made.note.text()
    assert made.note.isVisible()
    # and from the desktop they are taken
    kinds = QStandardPaths.StandardLocation
    desk_top = Path(QStandardPaths.writableLocation(kinds.DesktopLocation))
    assert desk_top in [folder for folder, _ in own_places("")[-1].folders]


def test_this_computer_is_never_a_stick() -> None:
    assert all(place.plugged_in for place in places("")[1:])


def test_the_folder_of_the_settings_stands_first_and_the_usual_ones_stay() -> None:
    first, usual = own_places("/somewhere/else")
    assert first.folders[0][0] == Path("/somewhere/else")
    assert usual.name == "这台电脑"
    assert own_places("") == (usual,)


def test_what_is_plugged_in_appears_and_goes(desktop, qtbot, album, tmp_path) -> None:
    _, dialog = chooser(desktop, album)
    photo(tmp_path / "stick", "s.jpg", 10)
    own, _ = own_places(str(album))
    stick = Place("U盘 S", ((tmp_path / "stick", 2),), plugged_in=True)
    dialog._watch.stop()
    dialog.show_places((own, stick))
    qtbot.mouseClick(dialog.place_choice.button("U盘 S"), Qt.MouseButton.LeftButton)
    desktop.settle()
    [cell] = dialog.grid.cells.cells()
    assert isinstance(cell, Cell)
    assert str(cell.key).endswith("s.jpg")
    dialog.show_places((own,))
    desktop.settle()
    assert len(dialog.grid.cells.cells()) == 6


def test_a_telephone_shown_as_an_address_is_a_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sources, "mounted_by_desktop", lambda: tmp_path)
    path = photo(tmp_path / "mtp:host=Xiaomi_Redmi" / "内部存储" / "DCIM", "a.jpg")
    assert local_path(QUrl("mtp://Xiaomi_Redmi/内部存储/DCIM/a.jpg")) == path
    assert local_path(QUrl("https://example.org/a.jpg")) is None
    assert local_path(QUrl.fromLocalFile(str(path))) == path
