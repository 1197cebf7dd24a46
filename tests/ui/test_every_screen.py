"""Rules that hold on every screen: names for a screen reader, sizes, nothing clipped, no Chinese in English."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QWidget,
)

from gridapp.i18n import catalogue
from gridapp.ui.pictures import HEIGHT, WIDTH, screens, settle
from gridapp.ui.print_dialog import PrintDialog
from gridapp.ui.widgets.basic import Elided
from gridapp.ui.widgets.row_list import Row, RowModel

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile("[\u3400-\u9fff]")
INPUTS = (QLineEdit, QPlainTextEdit, QComboBox, QAbstractButton, QListView)


def walk(desktop) -> Iterator[tuple[str, QWidget]]:
    """(screen, every visible widget of the window) for each screen, one after the other."""
    window = desktop.client.window
    window.resize(WIDTH, HEIGHT)
    for name, show in screens(desktop.shell, desktop.sample.zhao, desktop.sample.event):
        show()
        settle(desktop.client.tasks)
        for widget in window.findChildren(QWidget):
            if widget.isVisible():
                yield name, widget
    for form in desktop.shell.panel.forms():
        form.cancel()
    settle(desktop.client.tasks)
    dialog = PrintDialog(desktop.client.desk, (desktop.sample.zhao,), window)
    dialog.open()
    settle(desktop.client.tasks)
    for widget in dialog.findChildren(QWidget):
        if widget.isVisible():
            yield "print", widget
    dialog.reject()


def texts_of(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, (QLabel, QAbstractButton)):
        yield widget.text()
    if isinstance(widget, (QLineEdit, QPlainTextEdit)):
        yield widget.placeholderText()
    if isinstance(widget, QLineEdit):
        yield widget.text()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(n) for n in range(widget.count()))
    if isinstance(widget, QListView) and isinstance(widget.model(), RowModel):
        rows = [r for r in widget.model()._rows.values() if isinstance(r, Row)]
        yield from (row.spoken() for row in rows)
    yield widget.accessibleName()
    yield widget.toolTip()


def test_every_input_has_a_name_and_is_large_enough(desktop) -> None:
    nameless, small = set(), set()
    for screen, widget in walk(desktop):
        inner = isinstance(widget.parent(), (QLineEdit, QAbstractScrollArea)) or (
            "QComboBox" in type(widget.parent()).__name__
        )
        if not isinstance(widget, INPUTS) or inner:
            continue
        says = widget.accessibleName() or (
            widget.text() if isinstance(widget, QAbstractButton) else ""
        )
        if not says:
            nameless.add((screen, type(widget).__name__, widget.objectName()))
        if min(widget.height(), widget.sizeHint().height()) < 40 and not isinstance(
            widget, (QListView, QCheckBox)
        ):
            small.add((screen, says, widget.height(), widget.sizeHint().height()))
    assert not nameless
    assert not small


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_nothing_is_clipped(desktop, scale: float) -> None:
    chosen = dataclasses.replace(desktop.client.preferences, scale=scale)
    desktop.client.choose(chosen)
    desktop.settle()
    cut = set()
    for screen, widget in walk(desktop):
        if isinstance(widget, Elided) or not isinstance(widget, (QLabel, QAbstractButton)):
            continue
        needed = widget.sizeHint()
        if isinstance(widget, QLabel) and widget.wordWrap():
            width = widget.width()
            short = widget.height() + 1 < widget.heightForWidth(width)
        else:
            short = widget.width() + 1 < needed.width() or widget.height() + 1 < needed.height()
        if short and texts_words(widget):
            cut.add((screen, texts_words(widget), widget.size().toTuple(), needed.toTuple()))
        if squeezed(widget) or (widget.parentWidget() and squeezed(widget.parentWidget())):
            cut.add((screen, texts_words(widget), "squeezed"))
        outside = beyond(widget)
        if outside:
            cut.add((screen, texts_words(widget), outside))
    assert not cut


def texts_words(widget: QWidget) -> str:
    return str(widget.text())


def squeezed(widget: QWidget) -> bool:
    """Whether a widget sticks out of its parent at the bottom, where that does not scroll."""
    parent = widget.parentWidget()
    if parent is None or isinstance(parent.parentWidget(), QAbstractScrollArea):
        return False
    return widget.geometry().bottom() > parent.height()


def beyond(widget: QWidget) -> str:
    """Where a widget sticks out of its window or scrolling part sideways."""
    frame: QWidget | None = widget.parentWidget()
    while frame is not None and not isinstance(frame.parentWidget(), QAbstractScrollArea):
        frame = frame.parentWidget()
    frame = frame or widget.window()
    left = widget.mapTo(frame, QPoint(0, 0)).x()
    right = left + widget.width()
    return f"{left}..{right} of {frame.width()}" if left < 0 or right > frame.width() + 1 else ""


def test_english_leaves_no_chinese(start) -> None:
    desktop = start(households=8, latin=True)
    desktop.client.choose(dataclasses.replace(desktop.client.preferences, language="en"))
    desktop.settle()
    left = set()
    for screen, widget in walk(desktop):
        for text in texts_of(widget):
            if HAN.search(text) and not text.startswith(("临-", "No. 临-")):
                left.add((screen, text))
    assert not left


def sources() -> Iterator[tuple[str, str]]:
    """(file, text) of every Chinese text in the window's code, docstrings and parsers apart."""
    skipped = {"said_date.py", "pictures.py"}
    files = [*(ROOT / "gridapp" / "ui").rglob("*.py"), ROOT / "gridapp" / "app.py"]
    for file in files:
        if file.name in skipped:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
        docs = {ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, holders)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if HAN.search(text) and text not in docs:
                    yield file.name, text


def test_every_text_has_its_english() -> None:
    english = catalogue("en")
    # formats of dates that wording.py builds for Chinese alone
    made = {"月", "日", "年", "性", "、"}
    missing = {(file, text) for file, text in sources() if text not in english and text not in made}
    assert not missing


def test_placeholders_are_the_same_in_both_languages() -> None:
    names = re.compile(r"\{(\w+)\}")
    wrong = {
        zh for zh, en in catalogue("en").items() if set(names.findall(zh)) != set(names.findall(en))
    }
    assert not wrong


def test_another_language_keeps_place_and_open_form(desktop) -> None:
    from gridapp.ui.forms.visit import VisitForm
    from gridapp.ui.pages.household import HouseholdPage

    desktop.client.desk.go("household", desktop.sample.zhao)
    desktop.settle()
    page = desktop.shell.pages.currentWidget()
    assert isinstance(page, HouseholdPage)
    page.record_visit()
    form = desktop.shell.panel.currentWidget()
    form.situation.setPlainText("kept")
    desktop.client.choose(dataclasses.replace(desktop.client.preferences, language="en"))
    desktop.settle()
    assert desktop.shell.where.id == desktop.sample.zhao
    form = desktop.shell.panel.currentWidget()
    assert isinstance(form, VisitForm)
    assert form.situation.text() == "kept"
    assert form.save_button.text().startswith("Save")
    form.save()
    desktop.settle()
    assert desktop.sql("SELECT count(*) FROM visit WHERE situation='kept'") == [(1,)]
    assert desktop.shell._notice.text() == "Saved on this computer"
