"""What the file does not say yet, with the way to the field that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QPushButton

from gridapp.domain.completeness import Gap, gaps
from gridapp.domain.kinds import KINDS
from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.ui.pages.file.part import File
from gridapp.ui.widgets.basic import Card, button, empty, words
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.words.values import field_label

_MOST = 6


class GapsCard(Card):
    """A card with them; hidden where the file says everything."""

    def __init__(self, page: File) -> None:
        super().__init__(tr("档案里还没有"), padded=True)
        self.page = page
        self.flow = Flow(gap=16, line_gap=0)
        self.body.addWidget(self.flow)

    def show_view(self, view: View) -> None:
        """Those of another state of the file."""
        people = [(m.person, m.file) for m in view.members]
        found = gaps(view.file, view.dwelling, people, self.page.desk.today)
        names = {m.person.id: m.person.name for m in view.members}
        empty(self.flow.flow)
        for gap in found[:_MOST]:
            self.flow.flow.addWidget(self._ask(gap, names))
        if len(found) > _MOST:
            rest = tr("还有 {count} 项").format(count=len(found) - _MOST)
            self.flow.flow.addWidget(words(rest, "secondary"))
        self.setVisible(bool(found))

    def _ask(self, gap: Gap, names: Mapping[UUID, str]) -> QPushButton:
        label = field_label(KINDS[gap.kind].by_name[gap.field])
        whose = names.get(gap.person, "") if gap.person else ""
        text = tr("{name}的{field}").format(name=whose, field=label) if whose else label
        made = button(text, partial(self.page.edit, at=gap.person or gap.field), "link")
        made.setAccessibleName(tr("补上{field}").format(field=text))
        return made
