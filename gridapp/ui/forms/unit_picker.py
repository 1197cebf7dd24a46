"""Choosing the unit that an event is sent to: the likely ones at hand, all others by typing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridapp.i18n import tr
from gridapp.store.views.units import UnitChoice
from gridapp.ui.forms.item_picker import FindLine
from gridapp.ui.widgets.basic import Elided, button, columns, empty, words

_SHOWN = 6


class UnitPicker(QWidget):
    """One unit. ``chosen`` follows a choice by a person."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._units: tuple[UnitChoice, ...] = ()
        self._id = ""
        self.setAccessibleName(tr("派给谁"))
        self.line = FindLine("", tr("打字找单位：名称或拼音"), max_length=40)
        self.line.setAccessibleName(tr("找单位"))
        self.line.textEdited.connect(lambda _: self._show())
        self.line.returnPressed.connect(self._take_first)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(4)
        self._name = Elided("", "strong")
        self.again = button(tr("换一个"), self._again)
        self._held = QWidget()
        self._held.setLayout(columns(self._name, self.again))
        self._ask = QWidget()
        asking = QVBoxLayout(self._ask)
        asking.setContentsMargins(0, 0, 0, 0)
        asking.setSpacing(8)
        asking.addWidget(self.line)
        asking.addLayout(self._list)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._held)
        box.addWidget(self._ask)
        self._show_choice()

    def value(self) -> str:
        """The id chosen, "" where none is."""
        return self._id

    def set_value(self, id_: str) -> None:
        """Choose a unit without telling; it is named once the units are known."""
        self._id = id_
        self._show_choice()

    def set_units(self, units: Sequence[UnitChoice]) -> None:
        """What can be chosen, the likeliest first."""
        self._units = tuple(units)
        self._show()
        self._show_choice()

    def _found(self) -> list[UnitChoice]:
        typed = self.line.text().strip().lower().replace(" ", "")
        if not typed:
            return list(self._units[:_SHOWN])
        fitting = [
            unit
            for unit in self._units
            if typed in unit.name.lower() or any(s.startswith(typed) for s in unit.spellings)
        ]
        return fitting[:_SHOWN]

    def _show(self) -> None:
        empty(self._list)
        found = self._found()
        for unit in found:
            made = button("", partial(self._take, str(unit.id)))
            made.setAccessibleName(f"{unit.name}，{unit.above}" if unit.above else unit.name)
            above = Elided(unit.above, "secondary")
            above.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            inner = columns(Elided(unit.name), above)
            inner.setStretch(0, 3)
            inner.setStretch(1, 2)
            inner.setContentsMargins(12, 0, 12, 0)
            made.setLayout(inner)
            self._list.addWidget(made)
        if not found and self.line.text().strip():
            self._list.addWidget(words(tr("没有这样的单位，换个词试试。"), "hint"))

    def _take_first(self) -> None:
        found = self._found()
        if found:
            self._take(str(found[0].id))

    def _take(self, id_: str) -> None:
        self._id = id_
        self._show_choice()
        self.again.setFocus()
        self.chosen.emit()

    def _again(self) -> None:
        self._id = ""
        self._show_choice()
        self.line.setFocus()
        self.chosen.emit()

    def _show_choice(self) -> None:
        name = next((u.name for u in self._units if str(u.id) == self._id), "")
        self._name.setText(name)
        self._held.setVisible(bool(self._id))
        self._ask.setVisible(not self._id)
        self.setFocusProxy(self.again if self._id else self.line)
