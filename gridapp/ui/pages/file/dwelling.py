"""The dwelling and its safety."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.widgets.basic import Card, rows
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.states import scrolling
from gridapp.ui.wording import plain_day


class DwellingPart(Part):
    """The dwelling and its safety."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self.facts, self.safety = Facts(), Facts()
        home, safety = Card(tr("住房")), Card(tr("安全"))
        home.body.addWidget(self.facts)
        safety.body.addWidget(self.safety)
        inner = QWidget()
        box = rows(home, safety, gap=12)
        box.addStretch(1)
        inner.setLayout(box)
        self.box.addWidget(scrolling(inner))

    def show_view(self, view: View) -> None:
        """What is known of it."""
        household, home, desk = view.household, view.dwelling, self.desk
        self.facts.show_pairs(
            (
                (tr("现住址"), household.address),
                (tr("户籍地址"), household.registered_address),
                (tr("产权"), desk.say("tenure", home.tenure) if home else ""),
                (tr("面积"), f"{home.area:g} m²" if home and home.area else ""),
                (tr("结构"), desk.say("structure", home.structure) if home else ""),
                (tr("层数"), str(home.floors or "") if home else ""),
            )
        )
        last = home.last_check if home else None
        self.safety.show_pairs(
            (
                (tr("燃气"), desk.say("gas", home.gas) if home else ""),
                (tr("燃气报警器"), yes_no(home.gas_alarm if home else None)),
                (tr("烟感报警器"), yes_no(home.smoke_alarm if home else None)),
                (tr("最近安全检查"), plain_day(last, desk.today) if last else ""),
            )
        )


def yes_no(value: bool | None) -> str:
    """有, 没有, or nothing."""
    return "" if value is None else tr("有") if value else tr("没有")


TAB = TabSpec("dwelling", "住房安全", DwellingPart)
