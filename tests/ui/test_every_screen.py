"""Rules that hold on every screen: names for a screen reader, sizes, nothing clipped, no Chinese in English."""

import ast
import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QTreeView,
    QWidget,
)

from gridapp.i18n import catalogue
from gridapp.ui.tour import HEIGHT, WIDTH, close_forms, screens, settle
from gridapp.ui.widgets.basic import Elided
from gridapp.ui.widgets.row_list import Row, RowModel

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile("[\u3400-\u9fff]")
INPUTS = (QLineEdit, QPlainTextEdit, QComboBox, QAbstractButton, QListView)


def walk(desktop) -> Iterator[tuple[str, QWidget]]:
    """(screen, every visible widget of the window) for each screen, one after the other."""
    window = desktop.client.window
    for name in shown_screens(desktop):
        for widget in window.findChildren(QWidget):
            if widget.isVisible():
                yield name, widget


def shown_screens(desktop) -> Iterator[str]:
    """The name of each screen while it is shown."""
    desktop.client.window.resize(WIDTH, HEIGHT)
    for name, show in screens(desktop.shell, desktop.sample.zhao, desktop.sample.event):
        show()
        settle(desktop.client.tasks)
        yield name
    close_forms(desktop.shell)


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


@pytest.mark.parametrize("state", ["worker", "office", "troubles"])
def test_every_input_has_a_name_and_is_large_enough(start, state: str) -> None:
    desktop = start(households=12, state=state)
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
        if not re.search(r"\w", says):
            nameless.add((screen, type(widget).__name__, widget.objectName(), says))
        if min(widget.height(), widget.sizeHint().height()) < 40 and not isinstance(
            widget, (QListView, QTreeView)
        ):
            small.add((screen, says, widget.height(), widget.sizeHint().height()))
    assert not nameless
    assert not small


LOOKS = [
    ("worker", 1.0),
    ("worker", 2.0),
    ("office", 1.25),
    ("long", 1.0),
    ("long", 2.0),
    ("troubles", 1.5),
]


@pytest.mark.parametrize(("state", "scale"), LOOKS)
def test_nothing_is_clipped_or_overlaps(start, state: str, scale: float) -> None:
    desktop = start(households=12, state=state)
    desktop.client.desk.prefer(scale=scale)
    desktop.settle()
    cut = set()
    for screen in shown_screens(desktop):
        every = [w for w in desktop.client.window.findChildren(QWidget) if w.isVisible()]
        cut |= {(screen, *found) for widget in every for found in clipped(widget)}
        cut |= {(screen, *pair) for pair in overlapping(every)}
    assert not cut


def clipped(widget: QWidget) -> Iterator[tuple]:
    """What of a label or button does not fit."""
    if isinstance(widget, Elided) or not isinstance(widget, (QLabel, QAbstractButton)):
        return
    needed = widget.sizeHint()
    if isinstance(widget, QLabel) and widget.wordWrap():
        short = widget.height() + 1 < widget.heightForWidth(widget.width())
    else:
        short = widget.width() + 1 < needed.width() or widget.height() + 1 < needed.height()
    if short and texts_words(widget):
        yield texts_words(widget), widget.size().toTuple(), needed.toTuple()
    if squeezed(widget) or (widget.parentWidget() and squeezed(widget.parentWidget())):
        yield texts_words(widget), "squeezed"
    if beyond(widget):
        yield texts_words(widget), beyond(widget)


def overlapping(every: list[QWidget]) -> Iterator[tuple[str, str]]:
    """Pairs of words or inputs that lie on each other."""
    told = [(w, area_of(w)) for w in every if isinstance(w, (QLabel, *INPUTS)) and not covered(w)]
    told = [(w, area) for w, area in told if area.width() > 1 and area.height() > 1]
    for number, (one, area) in enumerate(told):
        for other, place in told[number + 1 :]:
            if one.isAncestorOf(other) or other.isAncestorOf(one):
                continue
            common = area.intersected(place)
            if common.width() > 2 and common.height() > 2:
                yield said(one), said(other)


def covered(widget: QWidget) -> bool:
    """Whether it belongs to what lies over the window on purpose, or is inside an input."""
    parent = widget.parentWidget()
    if isinstance(parent, (QLineEdit, QComboBox)) or widget.objectName() == "results":
        return True
    return parent is not None and (parent.objectName() == "results" or covered(parent))


def area_of(widget: QWidget) -> QRect:
    """What of it is seen, in the window."""
    seen = widget.visibleRegion().boundingRect()
    return QRect(widget.mapTo(widget.window(), seen.topLeft()), seen.size())


def said(widget: QWidget) -> str:
    text = next((t for t in texts_of(widget) if t), "")
    return f"{type(widget).__name__} {text[:30]}"


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground(start, dark: bool) -> None:
    """Seen, not computed: the strongest point of each text against the ground around it."""
    desktop = start(households=12, state="troubles")
    desktop.client.desk.prefer(scale=2.0, dark=dark)
    desktop.settle()
    weak = set()
    for screen in shown_screens(desktop):
        picture = desktop.client.window.grab().toImage()
        for widget in desktop.client.window.findChildren(QWidget):
            if not isinstance(widget, (QLabel, QAbstractButton)) or not widget.isVisible():
                continue
            area = area_of(widget)
            if not re.search(r"\w", texts_words(widget)) or not widget.isEnabled():
                continue
            scrolled = area.width() < 12 or area.height() < widget.height() * 3 // 4
            if scrolled or beneath(widget, area):
                continue  # its words are out of sight, or beneath the results of a search
            found = contrast(picture.copy(area))
            if found < 4.5:
                weak.add((screen, texts_words(widget)[:30], round(found, 2)))
    assert not weak


def beneath(widget: QWidget, area: QRect) -> bool:
    """Whether something else lies over it on purpose."""
    window = widget.window()
    for corner in (area.topLeft(), area.bottomRight(), area.center()):
        above = window.childAt(corner)
        related = above is widget or (
            above is not None and (widget.isAncestorOf(above) or above.isAncestorOf(widget))
        )
        if not related:
            return True
    return False


def contrast(picture: QImage) -> float:
    """The highest contrast of any point to the colour that most points have (WCAG)."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    points = memoryview(plain.constBits()).cast("I")
    counts = Counter(points)
    ground = luminance(counts.most_common(1)[0][0])
    best = 1.0
    for colour in counts:
        other = luminance(colour)
        best = max(best, (max(ground, other) + 0.05) / (min(ground, other) + 0.05))
    return best


@cache
def luminance(colour: int) -> float:
    parts = [((colour >> shift) & 0xFF) / 255 for shift in (16, 8, 0)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_contrast_is_really_measured(qapp) -> None:
    for ink, weak in (("#5a6776", False), ("#b0b8c0", True)):
        label = QLabel("上次走访")
        label.setStyleSheet(f"background: #ffffff; color: {ink}; font-size: 32px")
        label.resize(200, 60)
        assert (contrast(label.grab().toImage()) < 4.5) is weak
        label.deleteLater()


def test_what_lies_on_each_other_is_really_found(qtbot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(300, 100)
    one, other = QLabel("一", holder), QLabel("二", holder)
    one.setGeometry(0, 0, 100, 40)
    other.setGeometry(120, 0, 100, 40)
    holder.show()
    assert list(overlapping([one, other])) == []
    other.setGeometry(80, 20, 100, 40)
    assert list(overlapping([one, other])) == [("QLabel 一", "QLabel 二")]


def texts_words(widget: QWidget) -> str:
    return str(widget.text()) if isinstance(widget, (QLabel, QAbstractButton)) else ""


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
            named = text.endswith("中文")  # a language is called by its own name
            if HAN.search(text) and not named and not text.startswith(("临-", "No. 临-")):
                left.add((screen, text))
    assert not left


def sources() -> Iterator[tuple[str, str]]:
    """(file, text) of every Chinese text in the window's code, docstrings and parsers apart."""
    skipped = {"said_date.py", "pictures.py", "tour.py"}
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
    assert desktop.shell.notice.words.text() == "Saved on this computer"
