"""The settings page: what is chosen is seen at once, kept, and costs no page and no form."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton
from sample import PASSWORD

from gridapp.ui import preferences
from gridapp.ui.entering.unlock import Unlock
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.pages.settings import SettingsPage, megabytes
from gridapp.ui.preferences import Preferences
from gridapp.ui.theme import DARK
from gridapp.ui.widgets import printer_choice


@pytest.fixture
def page(desktop) -> SettingsPage:
    desktop.shell.navigation.button("settings").click()
    desktop.settle()
    return desktop.shell.pages["settings"]


def kept(desktop) -> Preferences:
    return preferences.load(desktop.client.data_dir)


def test_text_size_is_seen_at_once_on_the_sample(desktop, page: SettingsPage) -> None:
    before = page.sample.fontMetrics().height()
    QTest.mouseClick(page.scale.button("2.0"), Qt.MouseButton.LeftButton)
    assert page.sample.fontMetrics().height() > 1.8 * before
    assert kept(desktop).scale == 2.0


def test_dark_and_like_the_computer(desktop, page: SettingsPage) -> None:
    page.theme.button("dark").click()
    assert desktop.client.look.theme.colours is DARK
    page.theme.button("system").click()
    assert kept(desktop).follow_system
    # the screen without a screen is neither dark nor light
    assert desktop.client.look.theme.colours is not DARK


def test_another_language_keeps_place_and_open_forms(desktop, qtbot) -> None:
    desktop.shell.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    qtbot.keyClicks(form.situation, "half a sen")
    desktop.client.desk.prefer(language="en")
    desktop.settle()
    assert desktop.shell.where.page == "household"
    assert desktop.shell.where.id == desktop.sample.zhao
    again = desktop.shell.panel.currentWidget()
    assert isinstance(again, VisitForm)
    assert again is not form
    assert again.situation.text() == "half a sen"
    assert "Save" in again.save_button.text()


def test_an_empty_form_comes_back_too(desktop) -> None:
    desktop.shell.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    desktop.client.desk.prefer(language="en")
    desktop.settle()
    assert isinstance(desktop.shell.panel.currentWidget(), VisitForm)


def test_folder_of_photos_is_chosen_and_given_up(desktop, page: SettingsPage, monkeypatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/photos/of/mine")
    next(b for b in page.findChildren(QPushButton) if b.text() == "换一个文件夹").click()
    assert kept(desktop).photo_folder == "/photos/of/mine"
    assert page.folder.text() == "/photos/of/mine"
    page.usual.click()
    assert kept(desktop).photo_folder == ""
    assert not page.usual.isEnabled()


def test_cancelling_the_folder_changes_nothing(desktop, page: SettingsPage, monkeypatch) -> None:
    page.take_folder("/a")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    page._choose_folder()
    assert kept(desktop).photo_folder == "/a"


def test_printers_are_asked_for_only_when_somebody_looks(
    desktop, page: SettingsPage, monkeypatch
) -> None:
    asked = []
    monkeypatch.setattr(
        printer_choice, "printers", lambda: asked.append(1) or ["HP 一楼", "办公室"]
    )
    assert page.printer.count() == 1
    page.printer.setFocus()
    assert asked == [1]
    QTest.keyClick(page.printer, Qt.Key.Key_Down)
    assert kept(desktop).printer == "HP 一楼"
    page.printer.showPopup()
    page.printer.hidePopup()
    assert asked == [1]
    assert page.printer.count() == 3


def test_a_printer_that_is_gone_stays_shown(desktop, page: SettingsPage) -> None:
    desktop.client.desk.prefer(printer="楼上那台")
    page.refresh()
    assert page.printer.value() == "楼上那台"
    assert page.printer.currentText() == "楼上那台"


def test_locking_after_ten_minutes_and_never_never(desktop, page: SettingsPage) -> None:
    page.lock_after.button("10").click()
    assert desktop.client.idle.minutes == 10
    assert kept(desktop).lock_after == 10
    assert [b.text() for b in page.lock_after.findChildren(QPushButton)] == ["5 分钟", "10 分钟"]


def test_lock_now_and_back_to_where_i_was(desktop, page: SettingsPage) -> None:
    next(b for b in page.findChildren(QPushButton) if b.text() == "现在锁定").click()
    desktop.settle()
    screen = desktop.client.window.currentWidget()
    assert isinstance(screen, Unlock)
    screen.password.inner.setText(PASSWORD)
    screen.submit()
    desktop.settle()
    assert desktop.shell.where.page == "settings"


def test_where_the_data_is_and_how_large(desktop, page: SettingsPage) -> None:
    texts = [label.text() for label in page.data.findChildren(type(page.sample))]
    home, folder = desktop.client.data_dir, str(desktop.client.desk.store.folder)
    assert f"这台电脑的“{home.name}”文件夹" in texts
    assert not any(folder in text for text in texts)
    assert page.show_folder.toolTip() == folder
    assert any(text.endswith("MB") for text in texts)


def test_the_folder_of_the_data_is_opened_in_the_file_manager(
    desktop, page: SettingsPage, opened_urls
) -> None:
    page.show_folder.click()
    assert [Path(url.toLocalFile()) for url in opened_urls.urls] == [desktop.client.data_dir]


class Opened(QObject):
    """Takes the place of the file manager."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[QUrl] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url)


@pytest.fixture
def opened_urls() -> Iterator[Opened]:
    taker = Opened()
    QDesktopServices.setUrlHandler("file", taker, "take")
    yield taker
    QDesktopServices.unsetUrlHandler("file")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "1 MB"), (12_400_000, "12 MB"), (2_345_000_000, "2.3 GB")]
)
def test_sizes_as_people_say_them(count: int, text: str) -> None:
    assert megabytes(count) == text


@pytest.mark.parametrize(
    "damage",
    [
        {"scale": 9},
        {"dark": "yes"},
        {"language": "fr"},
        {"lock_after": 0},
        {"lock_after": 100000},
        {"printer": 3},
        {"follow_system": None},
    ],
)
def test_one_damaged_setting_costs_only_itself(tmp_path: Path, damage: dict) -> None:
    whole = Preferences(1.5, True, "en", "/p", "HP", True, 10)
    preferences.keep(tmp_path, whole)
    path = tmp_path / "window.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | damage), encoding="utf-8")
    [name] = damage
    found = preferences.load(tmp_path)
    assert getattr(found, name) == getattr(Preferences(), name)
    others = set(document) - {name}
    assert all(getattr(found, other) == getattr(whole, other) for other in others)


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "\x00"])
def test_a_damaged_file_is_the_shipped_settings(tmp_path: Path, text: str) -> None:
    (tmp_path / "window.json").write_text(text, encoding="utf-8")
    assert preferences.load(tmp_path) == Preferences()


def test_every_page_and_form_leads_to_a_chapter(desktop) -> None:
    from gridapp.ui.help import guide_text
    from gridapp.ui.pages.every import PAGES

    assert {spec.key: spec.guide for spec in PAGES if spec.guide not in guide_text.CHAPTERS} == {}
    forms = Form.__subclasses__()  # those that any page opens are known by now
    assert VisitForm in forms
    assert {f.__name__: f.GUIDE for f in forms if f.GUIDE not in guide_text.CHAPTERS} == {}


def test_f1_opens_the_guide_where_it_speaks_of_what_is_shown(desktop, page: SettingsPage) -> None:
    QTest.keyClick(desktop.client.window, Qt.Key.Key_F1)
    guide = desktop.client.guide
    assert guide.isVisible()
    assert guide.chapter == "settings"
    desktop.shell.desk.go("sync")
    desktop.client.window.activateWindow()
    assert QTest.qWaitForWindowActive(desktop.client.window)
    QTest.keyClick(desktop.client.window, Qt.Key.Key_F1)
    assert desktop.client.guide is guide
    assert guide.chapter == "sync"


def test_f1_in_a_form_is_about_the_form(desktop) -> None:
    desktop.shell.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    QTest.keyClick(desktop.client.window, Qt.Key.Key_F1)
    assert desktop.client.guide.chapter == "visit"


def test_ctrl_l_locks(desktop) -> None:
    QTest.keyClick(desktop.client.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert isinstance(desktop.client.window.currentWidget(), Unlock)


def test_qt_speaks_the_language_too(desktop) -> None:
    def cancel() -> str:
        return QCoreApplication.translate("QPlatformTheme", "Cancel")

    assert cancel() == "取消"
    desktop.client.desk.prefer(language="en")
    desktop.settle()
    assert cancel() == "Cancel"


def test_f1_where_people_unlock(desktop) -> None:
    desktop.client.lock()
    desktop.settle()
    QTest.keyClick(desktop.client.window, Qt.Key.Key_F1)
    assert desktop.client.guide.chapter == "unlock"
