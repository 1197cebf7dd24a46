"""The dwelling and its safety: everything declared, what the checks found, what visits noticed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.domain.care import WATCH
from gridapp.domain.place import Dwelling
from gridapp.domain.record import Record, kind_of
from gridapp.domain.values import row_of
from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.widgets.basic import Card, button, empty, rows, tag
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.states import scrolling
from gridapp.ui.words.answers import answer_label
from gridapp.ui.words.values import field_label, value_words
from gridapp.ui.words.wording import listed, short_moment

_PLACE = ("entrance", "room", "landmark", "floor", "tenure", "area", "structure", "floors")
_SAFETY = ("gas", "gas_alarm", "smoke_alarm", "last_check")
_FILE = ("kind", "own_number", "opened_on", "status")
_BASIS = ("legal_basis", "notice_given", "notice_on")
_NO_GAS = ("", "none")
_YEAR = timedelta(days=365)
_NOTICED = 3  # visits back


class DwellingPart(Part):
    """Three cards: the home, its safety, and the file itself."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self.facts, self.safety, self.about = Facts(), Facts(), Facts()
        self._edits: list[QPushButton] = []
        self.checks = Flow(gap=8, line_gap=6)
        self.checks.setContentsMargins(16, 12, 16, 0)
        home = Card(tr("住房"), self._edit(tr("住房"), "tenure"))
        safety = Card(tr("安全"), self._edit(tr("安全"), "gas"))
        about = Card(tr("档案"), self._edit(tr("档案"), "kind"))
        home.body.addWidget(self.facts)
        safety.body.addWidget(self.checks)
        safety.body.addWidget(self.safety)
        about.body.addWidget(self.about)
        inner = QWidget()
        box = rows(safety, home, about, gap=12)
        box.addStretch(1)
        inner.setLayout(box)
        self.box.addWidget(scrolling(inner))

    def show_view(self, view: View) -> None:
        """What is known of it."""
        for edit in self._edits:
            edit.setVisible(self.page.may("household"))
        household, home = view.household, view.dwelling or Dwelling()
        self.facts.show_pairs(
            (
                (tr("现住址"), household.address),
                (tr("户籍地址"), household.registered_address),
                (tr("楼栋"), view.building.name if view.building else ""),
                *self._pairs(home, _PLACE),
            )
        )
        noticed = [(tr("走访时留意"), text) for text in _noticed(self.page, view)]
        self.safety.show_pairs((*self._pairs(home, _SAFETY), *noticed))
        self.about.show_pairs((*self._pairs(household, _FILE), *self._pairs(view.file, _BASIS)))
        empty(self.checks.flow)
        for text, tone in checks(home, self.desk.today):
            self.checks.flow.addWidget(tag(text, tone))

    def _pairs(self, record: Record, names: Sequence[str]) -> list[tuple[str, str]]:
        kind = kind_of(type(record))
        held = row_of(kind, record)
        declared = [kind.by_name[name] for name in names]
        return [(field_label(f), value_words(self.desk, f, held[f.name])) for f in declared]

    def _edit(self, what: str, at: str) -> QPushButton:
        made = button(tr("修改"), partial(self.page.edit, at=at), "link")
        made.setAccessibleName(tr("修改{field}").format(field=what))
        self._edits.append(made)
        return made


def checks(home: Dwelling, today: date) -> list[tuple[str, str]]:
    """What the record says of safety, as (words, tone): what to see to in amber, green where nothing lacks."""
    found = []
    if home.gas not in _NO_GAS and home.gas_alarm is False:
        found.append((tr("没有燃气报警器"), "amber"))
    if home.smoke_alarm is False:
        found.append((tr("没有烟感报警器"), "amber"))
    if home.last_check is None:
        found.append((tr("没有安全检查的记录"), "amber"))
    elif today - home.last_check > _YEAR:
        found.append((tr("一年没做安全检查了"), "amber"))
    gas_is_safe = home.gas == "none" or (bool(home.gas) and home.gas_alarm is True)
    if not found and gas_is_safe and home.smoke_alarm is True:
        found.append((tr("报警器齐全，一年内检查过"), "green"))
    return found


def _noticed(page: File, view: View) -> list[str]:
    """What the last visits said should be watched, each with its day."""
    found = []
    for visit in view.visits[:_NOTICED]:
        watched = [key for key, answer in visit.answers.items() if answer == WATCH]
        items = [answer_label(page.desk, key) for key in watched]
        if items:
            when = short_moment(visit.happened_at, page.desk.today)
            found.append(f"{when} {listed(*items)}")
    return found


TAB = TabSpec("dwelling", "住房安全", DwellingPart)
