"""One chosen photo in a form: small, opened large by a click, with a button that takes it away."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from gridapp.i18n import tr
from gridapp.store.drafting import KeptPicture
from gridapp.ui.theme import Theme
from gridapp.ui.widgets.basic import button, rows

_SIDE = 76  # px at 100%


class PhotoTile(QWidget):
    """``kept`` is None while the photo is still being read."""

    removed = Signal()
    opened = Signal()

    def __init__(self, name: str, key: str, theme: Theme) -> None:
        super().__init__()
        self.name, self.key = name, key
        self.kept: KeptPicture | None = None
        self._side = round(_SIDE * theme.scale)
        self.look = QPushButton(tr("正在加…"))
        self.look.setAutoDefault(False)
        self.look.setProperty("role", "photo")
        self.look.setFixedSize(self._side + 8, self._side + 8)
        self.look.setAccessibleName(tr("正在加照片 {name}").format(name=name))
        self.look.setToolTip(name)
        self.look.setEnabled(False)
        self.look.clicked.connect(self.opened)
        remove = button(tr("去掉"), self.removed.emit, "link")
        remove.setAccessibleName(tr("去掉照片 {name}").format(name=name))
        box = rows(self.look, gap=0)
        box.addWidget(remove, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setLayout(box)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_kept(self, kept: KeptPicture) -> None:
        """The photo is here."""
        self.kept = kept
        self.look.setEnabled(True)
        self.look.setText(tr("看照片"))
        self.look.setAccessibleName(tr("看照片 {name}").format(name=self.name))

    def show_small(self, data: bytes) -> None:
        """Its small picture, JPEG."""
        pixmap = QPixmap()
        if not pixmap.loadFromData(data):
            return
        ratio = self.devicePixelRatioF()
        side = round(self._side * ratio)
        keep, smooth = (
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        small = pixmap.scaled(side, side, keep, smooth)
        small.setDevicePixelRatio(ratio)
        self.look.setText("")
        self.look.setIcon(QIcon(small))
        self.look.setIconSize(QSize(self._side, self._side))
