"""Looking at photos: one large, the arrows go on to the next, Esc closes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFrame, QWidget

from gridapp.domain.attachment import Attachment
from gridapp.i18n import tr
from gridapp.store.changes import Changes
from gridapp.store.views.photos import PhotoPage, photo_page
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import Elided, button, columns, rows, words
from gridapp.ui.widgets.canvas import Canvas
from gridapp.ui.widgets.captions import caption
from gridapp.ui.widgets.choice import Segmented

_EDGE = 24  # px that stay free of the window around it
_FIT, _WHOLE = "fit", "whole"


class PhotoViewer(QDialog):
    """Photos by their attachments, or by SHA-256 alone. ``open()`` shows it over the window of ``parent``."""

    def __init__(
        self, desk: Desk, photos: Sequence[Attachment | str], start: int = 0, *, parent: QWidget
    ) -> None:
        # of the page, not of the window: it goes with the page when the window is locked
        super().__init__(parent)
        self.desk, self.photos, self.place = desk, tuple(photos), start
        self.page: PhotoPage | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("看照片"))
        self._build()
        self._keys()
        desk.changed.connect(self._on_changes)
        window = parent.window().geometry()
        self.setGeometry(window.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE))
        self.canvas.setFocus()
        self.go_to(start)

    def go_to(self, place: int) -> None:
        """The photo at ``place``; beyond the ends nothing happens."""
        if not 0 <= place < len(self.photos):
            return
        self.place, self.page = place, None
        total = len(self.photos)
        self.count.setText(f"{place + 1} / {total}" if total > 1 else "")
        self.back.setEnabled(place > 0)
        self.on.setEnabled(place < total - 1)
        self._ask()

    def _build(self) -> None:
        self.caption = Elided("", "strong")
        self.count = words("", "secondary")
        self.size_choice = Segmented(
            tr("照片大小"), ((_FIT, tr("整张")), (_WHOLE, tr("原大小"))), _FIT
        )
        self.size_choice.chosen.connect(self._fit)
        close = button(tr("关闭"), self.reject)
        head = columns(self.caption, self.count, self.size_choice, close, gap=12)
        self.back = button("‹", lambda: self.go_to(self.place - 1), "back")
        self.on = button("›", lambda: self.go_to(self.place + 1), "back")
        for made, name in ((self.back, tr("上一张")), (self.on, tr("下一张"))):
            made.setAccessibleName(name)
            made.setToolTip(name)
            made.setVisible(len(self.photos) > 1)
        self.canvas = Canvas()
        self.canvas.toggled.connect(self._toggle)
        self.notice = words("", "notice", wrap=True)
        self.notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.notice.hide()
        card = QFrame()
        card.setProperty("look", "card")
        card.setLayout(columns(self.canvas, margin=1))
        middle = columns(self.back, card, self.on)
        middle.setStretch(1, 1)
        box = rows(head, self.notice, middle, gap=12, margin=16)
        box.setStretch(2, 1)
        self.setLayout(box)

    def _keys(self) -> None:
        last = len(self.photos) - 1
        for keys, act in (
            ("Left", lambda: self.go_to(self.place - 1)),
            ("PgUp", lambda: self.go_to(self.place - 1)),
            ("Right", lambda: self.go_to(self.place + 1)),
            ("PgDown", lambda: self.go_to(self.place + 1)),
            ("Home", lambda: self.go_to(0)),
            ("End", lambda: self.go_to(last)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _ask(self) -> None:
        shown = self.photos[self.place]
        self.desk.read(self, partial(photo_page, shown=shown), self._take, only_latest="photo")

    def _take(self, page: PhotoPage) -> None:
        self.page = page
        data = page.data or page.small or b""
        decoding = self.desk.tasks.start(lambda: QImage.fromData(data))
        self.desk.tasks.run(self, decoding, self._show, only_latest="image")

    def _show(self, image: QImage) -> None:
        page = self.page
        if page is None:
            return  # already asking for another one
        said = caption(self.desk, page.origin)
        self.caption.setText(said)
        self.canvas.show_image(image, said or tr("照片"))
        self.notice.setText(_lacking(page, image))
        self.notice.setVisible(bool(self.notice.text()))

    def _fit(self, chosen: str) -> None:
        self.canvas.fit(chosen == _FIT)

    def _toggle(self) -> None:
        other = _WHOLE if self.size_choice.value() == _FIT else _FIT
        self.size_choice.set_value(other)
        self._fit(other)

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches("attachment") and self.page and self.page.data is None:
            self._ask()


def _lacking(page: PhotoPage, image: QImage) -> str:
    """Why the photo is not seen as it is, "" where it is."""
    if page.data is None and page.small is not None:
        return tr("照片还没传下来，先看小图。联网同步后就能看大图。")
    if page.data is None:
        return tr("照片还没传下来。联网同步后就能看到。")
    return tr("这张照片打不开。") if image.isNull() else ""
