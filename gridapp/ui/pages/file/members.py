"""Members: each with all that is known, and how the household lives."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.pages.file.people import member_facts, phone_text
from gridapp.ui.widgets.basic import Card, empty, rows
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.states import scrolling
from gridapp.ui.wording import joined, listed


class MembersPart(Part):
    """Each member with all that is known."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self._inner = QWidget()
        self._list = rows(gap=12)
        self._inner.setLayout(self._list)
        self.box.addWidget(scrolling(self._inner))

    def show_view(self, view: View) -> None:
        """A card for each member."""
        empty(self._list)
        for member in view.members:
            card = Card(member.person.name)
            card.body.addWidget(Facts(member_facts(self.page, member)))
            self._list.addWidget(card)
        file = view.file
        livelihood = Card(tr("生活与联系"))
        livelihood.body.addWidget(
            Facts(
                (
                    (tr("生活来源"), listed(*file.livelihood)),
                    (tr("享受政策"), listed(*file.benefits)),
                    (tr("困难与需求"), file.needs),
                    (tr("心愿"), file.wishes),
                    (tr("紧急联系人"), joined(file.emergency_name, file.emergency_relation)),
                    (tr("紧急联系电话"), phone_text(self.page, {file.emergency_phone: ""})),
                )
            )
        )
        self._list.addWidget(livelihood)
        self._list.addStretch(1)


TAB = TabSpec("members", "成员", MembersPart, lambda view: len(view.members))
