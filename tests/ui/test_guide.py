"""The guide opens without a network, finds words in all chapters, and every link and picture is there."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gridapp.config import resource_path
from gridapp.i18n import LANGUAGES, set_language
from gridapp.ui import forms
from gridapp.ui.forms.form import Form
from gridapp.ui.forms.visit import VisitForm
from gridapp.ui.help import guide_text
from gridapp.ui.help.guide import Guide
from gridapp.ui.pages import every as every_page
from gridapp.ui.theme import Look, Theme

LINK = re.compile(r"\[[^\]]*\]\(([^)]+)\)")
PAGES = [(lang, chapter) for lang in LANGUAGES for chapter in guide_text.CHAPTERS]


@pytest.fixture
def guide(qapp: QApplication) -> Iterator[Guide]:
    look = Look(Theme())
    look.use(look.theme)
    made = Guide(look)
    made.show()
    made.activateWindow()
    assert QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()
    set_language("zh_CN")


@pytest.mark.parametrize(("lang", "chapter"), PAGES)
def test_each_chapter_has_a_title_and_links_that_lead_somewhere(lang: str, chapter: str) -> None:
    page = resource_path("guide", lang, f"{chapter}.md")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    for link in LINK.findall(text):
        assert (page.parent / link).is_file(), link


def test_no_chapter_file_is_left_over() -> None:
    for lang in LANGUAGES:
        files = {p.stem for p in resource_path("guide", lang).iterdir()}
        assert files == set(guide_text.CHAPTERS)


def test_pictures_are_used_and_small() -> None:
    folder = resource_path("guide", "pictures")
    texts = "".join(p.read_text(encoding="utf-8") for p in resource_path("guide").rglob("*.md"))
    for picture in folder.iterdir():
        assert f"pictures/{picture.name}" in texts, picture.name
        assert picture.stat().st_size < 120_000


def test_it_opens_where_it_is_asked_and_goes_back(guide: Guide) -> None:
    guide.open("visit")
    assert guide.page.toPlainText().startswith("记走访")
    guide.page.anchorClicked.emit(QUrl("photos.md"))
    assert guide.chapter == "photos"
    QTest.keyClick(guide, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert guide.chapter == "visit"


def test_an_unknown_chapter_is_the_list_of_all(guide: Guide) -> None:
    guide.open("visit")
    guide.open("nothing of this kind")
    assert guide.chapter == guide_text.CONTENTS
    shown = guide.page.toPlainText()
    assert shown.startswith("使用说明")
    assert all(guide_text.title(chapter) in shown for chapter in guide_text.CHAPTERS)
    assert not any(made.isChecked() for made in guide._buttons.values())
    guide.find_line.setText("装订")
    guide.find_next()
    assert guide.chapter == "print"
    guide.back()
    guide.page.anchorClicked.emit(QUrl("photos.md"))
    assert guide.chapter == "photos"
    assert guide._buttons["photos"].isChecked()


def test_every_page_and_form_names_a_chapter_there_is() -> None:
    named = {spec.key: spec.guide for spec in every_page.PAGES}
    for module in pkgutil.iter_modules(forms.__path__, f"{forms.__name__}."):
        importlib.import_module(module.name)
    found: list[type[Form]] = []
    above: list[type[Form]] = [Form]
    while above:
        below = above.pop().__subclasses__()
        found += below
        above += below
    of_forms = {form.__name__: form.GUIDE for form in found if "tests" not in form.__module__}
    assert {"VisitForm", "EventForm", "StepForm"} <= of_forms.keys()
    # a form without one speaks of what its page speaks of
    named |= {name: chapter for name, chapter in of_forms.items() if chapter}
    wrong = {name: chapter for name, chapter in named.items() if chapter not in guide_text.CHAPTERS}
    assert wrong == {}


def test_f1_where_no_chapter_is_named_opens_the_list_of_all(desktop, monkeypatch) -> None:
    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    desktop.shell.pages["household"].record_visit()
    desktop.settle()
    monkeypatch.setattr(VisitForm, "GUIDE", "vist")
    QTest.keyClick(desktop.client.window, Qt.Key.Key_F1)
    assert desktop.client.guide.chapter == guide_text.CONTENTS
    monkeypatch.undo()
    QTest.keyClick(desktop.client.window, Qt.Key.Key_F1)
    assert desktop.client.guide.chapter == "visit"


def test_words_are_found_in_other_chapters(guide: Guide) -> None:
    guide.open("unlock")
    QTest.keyClick(guide, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert guide.focusWidget() is guide.find_line
    guide.find_line.setText("装订")
    QTest.keyClick(guide.find_line, Qt.Key.Key_Return)
    assert guide.chapter == "print"
    assert guide.page.textCursor().selectedText() == "装订"


def test_what_is_nowhere_is_said(guide: Guide) -> None:
    guide.find_line.setText("飞机票")
    guide.find_next()
    assert guide.not_there.isVisible()


def test_pictures_are_no_wider_than_the_window(guide: Guide) -> None:
    guide.open("visit")
    for width in (900, 640):
        guide.resize(width, 600)
        QTest.qWait(0)
        assert guide.page.document().idealWidth() <= guide.page.viewport().width() + 1


def test_pictures_stand_in_the_text(guide: Guide) -> None:
    guide.open("visit")
    picture = guide.page.loadResource(2, QUrl("../pictures/visit.png"))
    assert not picture.isNull()
    assert picture.width() <= guide.page.viewport().width()


def test_english_has_its_own(guide: Guide) -> None:
    set_language("en")
    guide.open("keys")
    assert "Save" in guide.page.toPlainText() or "save" in guide.page.toPlainText()


def test_esc_closes(guide: Guide) -> None:
    QTest.keyClick(guide, Qt.Key.Key_Escape)
    assert not guide.isVisible()


def test_docs_lead_to_the_same_chapters() -> None:
    page = Path(__file__).parents[2] / "docs" / "guide" / "README.md"
    links = LINK.findall(page.read_text(encoding="utf-8"))
    for chapter in guide_text.CHAPTERS:
        assert f"../../resources/guide/zh_CN/{chapter}.md" in links
