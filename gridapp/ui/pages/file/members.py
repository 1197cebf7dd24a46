"""Members: each with all that is known, how the household lives, and who was a member once."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.i18n import tr
from gridapp.store.drafting import MemberForm
from gridapp.store.views.former_members import FormerMember, former_members
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File, KnownRows, Part, TabSpec
from gridapp.ui.pages.file.people import (
    born_text,
    former_row,
    member_facts,
    relation_text,
    status_tag,
)
from gridapp.ui.pages.file.points import emergency
from gridapp.ui.widgets.basic import Card, button, empty, rows, tag, words
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.short_list import ShortList
from gridapp.ui.widgets.states import scrolling
from gridapp.ui.words.wording import joined, listed


class MembersPart(Part):
    """A card for each member."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self.reveal = button(tr("显示号码（会记录）"), page.reveal)
        self.add = button(tr("加成员"), lambda: page.edit(add_member=True))
        self._list = rows(gap=12)
        self.living = Facts()
        self._edit_living = self._edit(tr("生活与联系"), "livelihood")
        living = Card(tr("生活与联系"), self._edit_living)
        living.body.addWidget(self.living)
        self.former = button("", self._toggle, "link")
        self.former.setCheckable(True)
        self.former.hide()
        self._known = KnownRows()
        self.left = ShortList(tr("以前的成员"), self.desk.tasks, self.desk.look, self._known.fetch)
        self._left_card = Card(tr("以前的成员"))
        self._left_card.body.addWidget(self.left)
        self._left_card.hide()
        inner = QWidget()
        box = rows(self._list, living, Flow(self.former), self._left_card, gap=12)
        box.addStretch(1)
        inner.setLayout(box)
        self.box.addWidget(Flow(self.reveal, self.add, gap=10))
        self._area = scrolling(inner)
        self.box.addWidget(self._area, 1)

    def show_view(self, view: View) -> None:
        """Another state of the file."""
        empty(self._list)
        for member in view.members:
            self._list.addWidget(self._card(member))
        if not view.members:
            self._list.addWidget(words(tr("还没有登记成员。"), "hint", wrap=True))
        may_edit = self.page.may("household")
        self.reveal.setVisible(self.page.whole and not self.page.revealed and bool(view.members))
        self.add.setVisible(may_edit)
        self._edit_living.setVisible(may_edit)
        file = view.file
        self.living.show_pairs(
            (
                (tr("生活来源"), listed(*file.livelihood)),
                (tr("享受政策"), listed(*file.benefits)),
                (tr("困难与需求"), file.needs),
                (tr("心愿"), file.wishes),
                (tr("紧急联系人"), emergency(self.page, view)),
            )
        )
        left = partial(former_members, household_id=view.household.id)
        self.desk.read(self, left, self._show_left, only_latest="left")

    def _card(self, member: MemberForm) -> Card:
        person = member.person
        marks: list[QWidget] = [
            tag(relation) for relation in (relation_text(self.page, member),) if relation
        ]
        status = status_tag(self.desk, person)
        marks += [tag(status)] if status else []
        name = joined(person.name, born_text(self.desk, member))
        if self.page.may("household"):
            marks.append(self._edit(person.name, person.id))
        card = Card(name, *marks)
        card.body.addWidget(Facts(member_facts(self.page, member)))
        return card

    def _edit(self, what: str, at: UUID | str) -> QPushButton:
        made = button(tr("修改"), partial(self.page.edit, at=at), "link")
        made.setAccessibleName(tr("修改{field}").format(field=what))
        return made

    def _show_left(self, found: tuple[FormerMember, ...]) -> None:
        self._known.rows = {f.person.id: former_row(self.page, f) for f in found}
        self.left.rows.forget()
        self.left.show_ids([f.person.id for f in found])
        self.former.setText(tr("以前的成员 {count}").format(count=len(found)))
        self.former.setVisible(bool(found))
        self._left_card.setVisible(bool(found) and self.former.isChecked())

    def _toggle(self) -> None:
        shown = self.former.isChecked()
        self._left_card.setVisible(shown)
        if shown:
            # once it has its place
            card, area = self._left_card, self._area
            QTimer.singleShot(0, card, lambda: area.ensureWidgetVisible(card))


TAB = TabSpec("members", "成员", MembersPart, lambda view: len(view.members), file=True)
