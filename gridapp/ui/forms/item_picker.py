"""Choosing a catalogue item: typing (characters, pinyin, everyday words), recent ones, or browsing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridapp.domain.reference import CatalogueItem
from gridapp.i18n import language, tr
from gridapp.store.views.reference import Reference
from gridapp.ui.forms.item_search import find_items
from gridapp.ui.widgets.basic import Elided, button, columns, empty, words
from gridapp.ui.widgets.field import Choice, Line
from gridapp.ui.widgets.flow import Flow

_SHOWN = 6


class FindLine(Line):
    """A line in which Enter takes what was found first, and does not move on by itself."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter is used up here."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()


class ItemPicker(QWidget):
    """One item of the catalogue. ``chosen`` tells its code."""

    chosen = Signal(str)

    def __init__(self, reference: Reference) -> None:
        super().__init__()
        self._reference = reference
        self._code = ""
        self.setAccessibleName(tr("事项"))
        self.line = FindLine("", tr("打字找：拼音、汉字，例如“下水道堵了”"), max_length=40)
        self.line.setAccessibleName(tr("找事项"))
        self.line.textEdited.connect(lambda _: self._show())
        self.line.returnPressed.connect(self._take_first)
        self.classes = Choice(_classes(reference), empty=tr("或按大类翻看"))
        self.classes.setAccessibleName(tr("事项大类"))
        self.classes.activated.connect(lambda _: self._browse())
        self.found = QWidget()
        self._list = QVBoxLayout(self.found)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(4)
        self.recent = Flow(words(tr("最近报过"), "hint"))
        self.recent.hide()
        self._name = Elided("", "strong")
        self.again = button(tr("换一个"), self._again)
        self._chosen = QWidget()
        self._chosen.setLayout(columns(self._name, self.again))
        self._ask = QWidget()
        asking = QVBoxLayout(self._ask)
        asking.setContentsMargins(0, 0, 0, 0)
        asking.setSpacing(8)
        for part in (self.line, self.found, self.recent, self.classes):
            asking.addWidget(part)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._chosen)
        box.addWidget(self._ask)
        self.setFocusProxy(self.line)
        self._show_choice()

    def value(self) -> str:
        """The code chosen, "" where none is."""
        return self._code

    def set_value(self, code: str) -> None:
        """Choose an item without telling."""
        self._code = code if self._reference.item(code) else ""
        self._show_choice()

    def set_recent(self, codes: Sequence[str]) -> None:
        """Items that were reported lately, one tap each."""
        for code in codes:
            if self._reference.item(code):
                text = self._reference.item_name(code, language())
                short = text if len(text) <= 12 else text[:11] + "…"
                made = button(short, partial(self._take, code), "small")
                made.setAccessibleName(text)
                made.setToolTip(text)
                self.recent.flow.addWidget(made)
        self.recent.setVisible(self.recent.flow.count() > 1)

    def _show(self) -> None:
        typed = self.line.text().strip()
        self.recent.setVisible(not typed and self.recent.flow.count() > 1)
        self._fill(find_items(self._reference, typed)[:_SHOWN] if typed else [])

    def _browse(self) -> None:
        chosen = self.classes.value()
        self._fill([i for i in self._reference.items if chosen and i.class_code == chosen])

    def _fill(self, items: Sequence[CatalogueItem]) -> None:
        empty(self._list)
        for item in items:
            text = self._reference.item_name(item.item_code, language())
            made = button("", partial(self._take, item.item_code))
            made.setAccessibleName(text)
            inner = columns(Elided(text))
            inner.setContentsMargins(12, 0, 12, 0)
            made.setLayout(inner)
            self._list.addWidget(made)
        if not items and self.line.text().strip():
            self._list.addWidget(words(tr("没有这样的事项，换个词试试，或按大类翻看。"), "hint"))

    def _take_first(self) -> None:
        items = find_items(self._reference, self.line.text().strip())
        if items:
            self._take(items[0].item_code)

    def _take(self, code: str) -> None:
        self._code = code
        self._show_choice()
        self.chosen.emit(code)

    def _again(self) -> None:
        self._code = ""
        self._show_choice()
        self.line.setFocus()

    def _show_choice(self) -> None:
        chosen = bool(self._code)
        self._name.setText(self._reference.item_name(self._code, language()) if chosen else "")
        self._chosen.setVisible(chosen)
        self._ask.setVisible(not chosen)
        self.setFocusProxy(self.again if chosen else self.line)


def _classes(reference: Reference) -> list[tuple[str, str]]:
    english = language() == "en"
    found = {
        i.class_code: i.class_en if english and i.class_en else i.class_zh for i in reference.items
    }
    return sorted(found.items())
