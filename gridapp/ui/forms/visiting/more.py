"""What most visits do without: requests, difficulties, what was done, and who made the visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.i18n import language, tr
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import rows
from gridapp.ui.widgets.field import Choice, Field, Paragraph

_TEXTS = (
    ("requests", "诉求"),
    ("difficulties", "困难"),
    ("action", "采取措施"),
    ("result", "结果"),
)
_HERE, _PAPER = "screen", "paper"


class More(QWidget):
    """Hidden fields, each shown when it is asked for or filled in. ``fields`` by the names of ``Visit``."""

    changed = Signal()
    on_paper = Signal()  # it was written by hand first, so most likely not today

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._wanted = ""  # whom a draft names, before the names are here
        self.texts = {name: Paragraph("", lines=1) for name, _ in _TEXTS}
        self.fields = {name: Field(tr(label), self.texts[name]) for name, label in _TEXTS}
        me = tr("我（{name}）").format(name=desk.store.who.name)
        self.by = Choice((), empty=me)
        self.source = Choice(())
        self.source.clear()
        for code, word in desk.reference.choices("visit_source", language()):
            self.source.addItem(word, code)
        self.source.set_value(_HERE)
        self.fields["visited_by"] = Field(tr("谁去的"), self.by)
        self.fields["source"] = Field(tr("怎么记下来的"), self.source)
        self.setLayout(rows(*self.fields.values(), gap=10))
        for field in self.fields.values():
            field.hide()
        self.by.activated.connect(self._chose_visitor)
        self.source.activated.connect(self._chose_source)
        self._arrange()

    @property
    def whole(self) -> bool:
        """Whether every field is shown."""
        return all(not field.isHidden() for field in self.fields.values())

    @property
    def written(self) -> bool:
        """Whether something was written."""
        return any(text.text() for text in self.texts.values())

    def set_visitors(self, staff: tuple[tuple[UUID, str], ...]) -> None:
        """Who may have been there instead; a choice that was made stays."""
        held = self.by.value()
        while self.by.count() > 1:
            self.by.removeItem(1)
        for id_, name in staff:
            self.by.addItem(name, str(id_))
        self.by.set_value(held or self._wanted)
        self._wanted = self.by.value()  # "" where a draft names somebody who has left

    def visited_by(self) -> UUID | None:
        """Who made the visit, None for the user."""
        chosen = self.by.value() or self._wanted
        return UUID(chosen) if chosen else None

    def reveal(self, name: str) -> None:
        """Show one text and go there."""
        self.fields[name].show()
        self._arrange()
        self.texts[name].setFocus()

    def reveal_all(self) -> None:
        """Show everything and go to the first that was hidden."""
        hidden = [field for field in self.fields.values() if field.isHidden()]
        for field in hidden:
            field.show()
        self._arrange()
        if hidden:
            hidden[0].inner.setFocus()

    def data(self) -> dict[str, Any]:
        """What a draft keeps."""
        return {
            "more": {name: text.toPlainText() for name, text in self.texts.items()},
            "visited_by": self.by.value() or self._wanted,
            "source": self.source.value(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft; what it fills is shown."""
        for name, text in data.get("more", {}).items():
            if text and name in self.texts:
                self.texts[name].setPlainText(text)
                self.fields[name].show()
        self._wanted = str(data.get("visited_by") or "")
        self.by.set_value(self._wanted)
        self.source.set_value(data.get("source") or _HERE)
        if self._wanted or self.source.value() != _HERE:
            self.fields["visited_by"].show()
            self.fields["source"].show()
        self._arrange()

    def _chose_visitor(self) -> None:
        self._wanted = self.by.value()
        if self._wanted and self.source.value() == _HERE:
            # somebody else's visit was not entered by the visitor
            self.source.set_value(_PAPER)
            self.on_paper.emit()
        self.changed.emit()

    def _chose_source(self) -> None:
        if self.source.value() == _PAPER:
            self.on_paper.emit()
        self.changed.emit()

    def _arrange(self) -> None:
        self.setVisible(any(not field.isHidden() for field in self.fields.values()))
