"""Whom the worker met: members of the household, neighbours, anybody else by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridapp.domain.due import GONE
from gridapp.domain.person import Person
from gridapp.i18n import tr
from gridapp.store.drafting import MemberForm
from gridapp.ui.forms.visiting.labelled import labelled
from gridapp.ui.widgets.basic import button, rows
from gridapp.ui.widgets.choice import Toggles
from gridapp.ui.widgets.field import Line


class Met(QWidget):
    """Toggles of names. Whoever lives alone is met unless the worker says otherwise."""

    changed = Signal()

    def __init__(self, members: Sequence[MemberForm]) -> None:
        super().__init__()
        people = [m.person for m in members if m.person.status not in GONE]
        people.sort(key=lambda person: person.status == "away")
        neighbour = tr("邻居")
        self.toggles = Toggles(tr("见到"), [*_named(people), (neighbour, neighbour)])
        here = [person for person in people if person.status != "away"]
        if len(here) == 1:
            self.toggles.set_values([str(here[0].id)])
        self.other = Line("", tr("还见到谁，回车加上"), max_length=40)
        self.other.setAccessibleName(tr("还见到谁"))
        self.other.hide()
        plus = button(tr("＋ 别人"), self._ask_other)
        plus.setAccessibleName(tr("加一个见到的人"))
        self.toggles.layout().addWidget(plus)  # type: ignore[union-attr]
        self.setLayout(rows(labelled(tr("见到"), self.toggles), self.other))
        self.toggles.changed.connect(self.changed)
        self.other.returnPressed.connect(self.take_other)

    def values(self) -> tuple[str, ...]:
        """Ids of members, and names; one that is still being typed counts."""
        self.take_other(stay=False)
        return self.toggles.values()

    def take_other(self, *, stay: bool = True) -> None:
        """The name that was typed becomes one of the toggles."""
        name = self.other.text().strip()
        if name:
            self.toggles.add(name, name, on=True)
            self.other.clear()
            self.changed.emit()
        elif stay:
            self.focusNextChild()

    def data(self) -> dict[str, Any]:
        """What a draft keeps."""
        return {"met": list(self.toggles.values()), "met_other": self.other.text()}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Fill in a draft."""
        self.toggles.set_values(data.get("met", ()))
        self.other.setText(data.get("met_other", ""))
        self.other.setVisible(bool(self.other.text()))

    def _ask_other(self) -> None:
        self.other.show()
        self.other.setFocus()


def _named(people: Sequence[Person]) -> list[tuple[str, str]]:
    """(id, name); same names stand with the birth year, who is away says so."""
    same = Counter(person.name for person in people)
    found = []
    for person in people:
        text = person.name
        if same[person.name] > 1 and person.birth_year:
            text = f"{text} {person.birth_year}"
        if person.status == "away":
            text = tr("{name}（外出）").format(name=text)
        found.append((str(person.id), text))
    return found
