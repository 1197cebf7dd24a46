"""The photos of a case, as far as they have come: small beside each other, large when one is opened."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtWidgets import QWidget

from gridapp.i18n import tr
from gridapp.store.views.photos import Origin, at_hand
from gridapp.store.views.reviews import ReviewCase
from gridapp.ui.desk import Desk
from gridapp.ui.pages.reviewing.fields import records_of
from gridapp.ui.widgets.basic import empty, rows, words
from gridapp.ui.widgets.captions import of_what, purpose
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.thumb import Thumb
from gridapp.ui.widgets.viewer import PhotoViewer
from gridapp.ui.words.wording import joined

_SIZE = (128, 96)  # px of a small photo at 100%


class CasePhotos(QWidget):
    """What its author saved with it. Nothing of it is registered yet, so the photos are found by what was sent."""

    def __init__(self, desk: Desk, case: ReviewCase) -> None:
        super().__init__()
        self.desk = desk
        self.digests = tuple(dict.fromkeys(record.photo for record in case.photos))
        self._purposes = {record.photo: record.purpose for record in case.photos}
        self._held: Mapping[str, bytes] | None = None
        self.count = words("", "label", wrap=True)
        self.flow = Flow(gap=8, line_gap=8)
        # Added to what is registered already, they are all that there is to tell.
        alone = [] if records_of(case) else [words(self._title(case), "strong", wrap=True)]
        self.setLayout(rows(*alone, self.count, self.flow, gap=6))
        self.setVisible(bool(self.digests))
        if self.digests:
            self.refresh()

    def refresh(self) -> None:
        """See what has come."""
        if self.digests:
            read = partial(at_hand, digests=self.digests)
            self.desk.read(self, read, self._show, only_latest="photos")

    def _title(self, case: ReviewCase) -> str:
        """Added photos, and to what: a visit, an event."""
        kinds = dict.fromkeys(record.photo_of for record in case.photos)
        return joined(tr("加了照片"), *(of_what(self.desk, Origin(kind)) for kind in kinds))

    def fit(self) -> None:
        """Another text size: the small photos grow with it."""
        self._held = None
        self.refresh()

    def _show(self, held: Mapping[str, bytes]) -> None:
        if held == self._held:
            return
        self._held = held
        self.count.setText(_said(len(self.digests), len(self.digests) - len(held)))
        empty(self.flow.flow)
        for place, digest in enumerate(self.digests):
            self.flow.flow.addWidget(self._thumb(place, digest, held.get(digest)))

    def _thumb(self, place: int, digest: str, data: bytes | None) -> Thumb:
        name = tr("看照片 {place}/{count}").format(place=place + 1, count=len(self.digests))
        shown = Origin("attachment", purpose=self._purposes[digest])
        made = Thumb(
            self.desk.look,
            digest,
            data,
            name,
            size=_SIZE,
            caption=purpose(self.desk, shown),
        ).fixed()
        made.opened.connect(self._open)
        return made

    def _open(self, digest: str) -> None:
        place = self.digests.index(digest)
        PhotoViewer(self.desk, self.digests, place, parent=self).open()


def _said(count: int, missing: int) -> str:
    if missing:
        return tr("照片 {count} 张，{missing} 张还没传到").format(count=count, missing=missing)
    return tr("照片 {count} 张").format(count=count)
