"""Photos of a household: its own, those of its visits and of its events, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QImage

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.store.views.photos import Hung, household_photos, thumbnails
from gridapp.ui.operations.photos import add_photos
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.tasks import chained
from gridapp.ui.widgets.basic import Card, words
from gridapp.ui.widgets.captions import of_what, purpose
from gridapp.ui.widgets.photo.cells import Cell
from gridapp.ui.widgets.photo.grid import PhotoGrid
from gridapp.ui.widgets.photos import Photos
from gridapp.ui.widgets.states import Switch
from gridapp.ui.widgets.viewer import PhotoViewer
from gridapp.ui.words.wording import joined, short_moment


class AttachmentsPart(Part):
    """All photos that hang on something of this household; more are added to the household itself."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self._photos: tuple[Hung, ...] = ()
        self.grid = PhotoGrid(
            tr("这户的照片"),
            self.desk.tasks,
            self.desk.look,
            self._small,
            lines=2,
            lacking=tr("照片还没到"),
        )
        self.grid.clicked.connect(self._open)
        self.grid.activated.connect(self._open)
        hint = tr("走访和事件的照片也会出现在这里。照片可以直接拖进来，或复制后按 Ctrl+V。")
        self.switch = Switch(self.grid, tr("还没有照片"), hint)
        self.adding = Photos(self.desk)
        self.adding.changed.connect(self._add)
        self.count = words("", "secondary")
        card = Card(tr("照片"), self.count, self.adding.add_button("link"))
        card.body.setContentsMargins(8, 4, 0, 8)
        card.body.addWidget(self.adding)
        card.body.addWidget(self.switch, 1)
        self.box.addWidget(card, 1)
        self.adding.serve(self)

    def show_view(self, view: View) -> None:
        """Ask for the photos of this household."""
        read = partial(household_photos, household_id=view.household.id)
        self.desk.read(self, read, self._show, only_latest="photos")

    def choose(self, item: UUID) -> None:
        """Open one photo."""
        places = [hung.attachment.id for hung in self._photos]
        if item in places:
            self._view(places.index(item))

    def _show(self, photos: tuple[Hung, ...]) -> None:
        old, self._photos = self._photos, photos
        if old != photos:
            self.grid.show_sections(self._sections())
        self.grid.cells.forget_missing()
        self.count.setText(tr("共 {count} 张").format(count=len(photos)) if photos else "")
        self.switch.show_content(empty=not photos)

    def _sections(self) -> list[tuple[str, list[Cell]]]:
        months = groupby(self._photos, lambda hung: hung.origin.when[:7])
        return [(_month(month), [self._cell(hung) for hung in found]) for month, found in months]

    def _cell(self, hung: Hung) -> Cell:
        origin = hung.origin
        when = short_moment(origin.when, self.desk.today)
        what = joined(purpose(self.desk, origin), of_what(self.desk, origin))
        spoken = joined(when, what, origin.who)
        return Cell(hung.attachment.id, (joined(when, origin.who), what), spoken)

    def _small(self, ids: tuple[Any, ...]) -> Future[dict[Any, QImage]]:
        digests = {h.attachment.id: h.attachment.sha256 for h in self._photos}
        wanted = {id_: digests[id_] for id_ in ids if id_ in digests}

        found = self.desk.store.read(partial(thumbnails, digests=tuple(wanted.values())))
        tasks = self.desk.tasks
        return chained(found, lambda data: tasks.start(partial(_decoded, wanted, data)))

    def _open(self, index: QModelIndex) -> None:
        cell = self.grid.cells.item(index)
        if isinstance(cell, Cell) and isinstance(cell.key, UUID):
            self.choose(cell.key)

    def _view(self, place: int) -> None:
        photos = [hung.attachment for hung in self._photos]
        PhotoViewer(self.desk, photos, place, parent=self).open()

    def _add(self) -> None:
        view = self.page.view
        kept = self.adding.hand_over() if view else ()
        if view and kept:
            self.desk.run(self, add_photos(self.desk.store, view.household, kept))


def _decoded(wanted: Mapping[Any, str], data: Mapping[str, bytes]) -> dict[Any, QImage]:
    return {id_: QImage.fromData(data[d]) for id_, d in wanted.items() if d in data}


def _month(month: str) -> str:
    if not month:
        return tr("时间不详")
    day = date.fromisoformat(f"{month}-01")
    return tr("{year}年{month}月").format(year=day.year, month=day.month)


TAB = TabSpec("attachments", "附件", AttachmentsPart, lambda view: len(view.attachments), file=True)
