"""One visit in full: what was found, the checklist with what to watch first, its photos, its event."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.domain.attachment import Attachment
from gridapp.domain.care import GOOD, REST, WATCH
from gridapp.domain.visit import Visit
from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.store.views.photos import thumbnails
from gridapp.ui.desk import Desk
from gridapp.ui.pages.file.visit_rows import visit_facts
from gridapp.ui.widgets.basic import button, columns, empty, rows, tag, words
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.viewer import PhotoViewer
from gridapp.ui.words.answers import answer_label
from gridapp.ui.words.wording import listed

_SIDE = 96  # px of a small photo at 100%
_EDGES = (16, 0, 16, 12)


class VisitDetail(QWidget):
    """Shows one visit after the other."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._visit: Visit | None = None
        self._view: View | None = None
        self.facts = Facts()
        self.watch = Flow(gap=8, line_gap=6)
        self.answers = words("", "secondary", wrap=True)
        self.answers.setMinimumHeight(
            1
        )  # or its least height would be that of one character to a line
        self.photos = Flow(gap=8, line_gap=8)
        self.to_event = button(tr("看事件"), self._open_event)
        self._checklist, self._event_row = QWidget(), QWidget()
        self._checklist.setLayout(rows(words(tr("关爱清单"), "label"), self.watch, self.answers))
        self._event_row.setLayout(columns(self.to_event, None))
        for part in (self._checklist, self.photos, self._event_row):
            part.setContentsMargins(*_EDGES)
        box = rows(self.facts, self._checklist, self.photos, self._event_row, gap=0)
        box.addStretch(1)
        self.setLayout(box)

    def show_visit(self, visit: Visit, view: View) -> None:
        """Another visit, or the same in another state."""
        self._visit, self._view = visit, view
        self.facts.show_pairs(visit_facts(self.desk, visit, view))
        self._show_answers(visit)
        self._event_row.setVisible(visit.id in view.visit_events)
        found = tuple(a for a in view.attachments if a.target_id == visit.id)
        empty(self.photos.flow)
        self.photos.setVisible(bool(found))
        if found:
            small = partial(thumbnails, digests=tuple(a.sha256 for a in found))
            self.desk.read(self, small, partial(self._show_photos, found), only_latest="photos")

    def _show_answers(self, visit: Visit) -> None:
        empty(self.watch.flow)
        said = {kind: self._items(visit, kind) for kind in (WATCH, GOOD, REST)}
        for item in said[WATCH]:
            self.watch.flow.addWidget(tag(tr("留意：{item}").format(item=item), "amber"))
        lines = []
        if said[GOOD]:
            lines.append(tr("好：{items}").format(items=listed(*said[GOOD])))
        if said[REST]:
            lines.append(tr("其余正常：{items}").format(items=listed(*said[REST])))
        self.answers.setText("\n".join(lines))
        self.answers.setVisible(bool(lines))
        self.watch.setVisible(bool(said[WATCH]))
        self._checklist.setVisible(any(said.values()))

    def _show_photos(self, photos: tuple[Attachment, ...], small: dict[str, bytes]) -> None:
        empty(self.photos.flow)
        for place, photo in enumerate(photos):
            self.photos.flow.addWidget(self._photo(photos, place, small.get(photo.sha256, b"")))

    def _photo(self, photos: tuple[Attachment, ...], place: int, data: bytes) -> QPushButton:
        name = tr("看照片 {place}/{count}").format(place=place + 1, count=len(photos))
        made = button("", partial(self._look, photos, place), "photo")
        made.setAccessibleName(name)
        made.setToolTip(name)
        side = round(_SIDE * self.desk.look.theme.scale)
        made.setFixedSize(side + 8, side + 8)
        pixmap = QPixmap()
        if pixmap.loadFromData(data):
            made.setIcon(QIcon(pixmap))
            made.setIconSize(made.size() * 0.92)
        else:
            made.setText(tr("还没下载"))
        return made

    def _look(self, photos: tuple[Attachment, ...], place: int) -> None:
        PhotoViewer(self.desk, photos, place, parent=self).open()

    def _open_event(self) -> None:
        if self._view and self._visit and self._visit.id in self._view.visit_events:
            self.desk.go("event", self._view.visit_events[self._visit.id])

    def _items(self, visit: Visit, answer: str) -> list[str]:
        return [answer_label(self.desk, k) for k, said in visit.answers.items() if said == answer]
