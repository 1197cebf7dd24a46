"""Photos of the household and of its visits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap

from gridapp.i18n import tr
from gridapp.store.views.household_page import HouseholdPage as View
from gridapp.store.views.photos import thumbnails
from gridapp.ui.operations import households
from gridapp.ui.pages.file.part import File, Part, TabSpec
from gridapp.ui.widgets.basic import Card, button, empty
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.photos import Photos, picture_label, read_pictures
from gridapp.ui.widgets.states import Switch, scrolling


class AttachmentsPart(Part):
    """Photos of the household and of its visits."""

    def __init__(self, page: File) -> None:
        super().__init__(page)
        self._flow = Flow(gap=12, line_gap=12)
        self._switch = Switch(
            scrolling(self._flow), tr("还没有照片"), tr("走访时拍的照片也会出现在这里。")
        )
        self._chooser = Photos()
        self._chooser.changed.connect(self._add)
        card = Card(tr("照片"), button(tr("＋ 照片"), self._chooser.choose, "link"))
        card.body.setContentsMargins(16, 12, 16, 12)
        card.body.addWidget(self._switch, 1)
        self.box.addWidget(card, 1)

    def show_view(self, view: View) -> None:
        """Small pictures, as far as they are on this computer."""
        digests = tuple(a.sha256 for a in view.attachments)
        self._switch.show_content(empty=not digests)
        read = partial(thumbnails, digests=digests[:200])
        self.desk.read(self, read, lambda found: self._show(view, found), only_latest="photos")

    def _show(self, view: View, found: Mapping[str, bytes]) -> None:
        empty(self._flow.flow)
        for attachment in view.attachments:
            pixmap = QPixmap()
            pixmap.loadFromData(found.get(attachment.sha256, b""))
            if pixmap.isNull():
                pixmap = QPixmap(160, 120)
                pixmap.fill(Qt.GlobalColor.lightGray)
            purpose = self.desk.say("attachment_purpose", attachment.purpose) or tr("照片")
            self._flow.flow.addWidget(picture_label(pixmap, purpose))

    def _add(self) -> None:
        view, paths = self.page.view, tuple(self._chooser.paths)
        if view is None or not paths:
            return
        household = view.household
        self._chooser.paths.clear()
        work = self.desk.tasks.start(lambda: read_pictures(paths, "other"))
        self.desk.run(
            self,
            work,
            lambda pictures: self.desk.run(
                self, households.add_photos(self.desk.store, household, pictures)
            ),
        )


TAB = TabSpec("attachments", "附件", AttachmentsPart, lambda view: len(view.attachments))
