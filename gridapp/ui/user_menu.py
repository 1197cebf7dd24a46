"""The user at the top right: settings, locking."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QSizePolicy

from gridapp.i18n import tr
from gridapp.ui.widgets.basic import columns, words


class UserMenu(QPushButton):
    """The user's name; the menu beneath it."""

    settings = Signal()
    locked = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("role", "user")
        self.setAccessibleName(tr("{name}：设置、锁定").format(name=name))
        avatar = words(name[:1], "avatar")
        avatar.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._avatar = avatar
        label = QLabel(name)
        for part in (avatar, label):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        line = columns(avatar, label)
        line.setContentsMargins(6, 0, 6, 0)
        self.setLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        menu = QMenu(self)
        menu.addAction(tr("设置")).triggered.connect(lambda _=False: self.settings.emit())
        menu.addAction(tr("锁定，换人")).triggered.connect(lambda _=False: self.locked.emit())
        self.setMenu(menu)

    def fit(self, avatar: int) -> None:
        """The round picture is ``avatar`` px wide."""
        self._avatar.setFixedSize(avatar, avatar)
        layout = self.layout()
        self.setFixedWidth(layout.sizeHint().width() if layout else self.width())
