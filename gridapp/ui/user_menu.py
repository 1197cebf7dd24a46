"""The user at the top right: text size, colours, language, locking."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QSizePolicy

from gridapp.i18n import tr
from gridapp.ui.preferences import Preferences
from gridapp.ui.theme import SCALES
from gridapp.ui.widgets.basic import columns, words

_LANGUAGES = (("zh_CN", "中文"), ("en", "English"))


class UserMenu(QPushButton):
    """The user's name; the menu beneath it."""

    chosen = Signal(object)  # Preferences
    locked = Signal()

    def __init__(self, name: str, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.setProperty("role", "user")
        self.setAccessibleName(tr("{name}：字号、语言、锁定").format(name=name))
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
        self.setMenu(self._menu())

    def fit(self, avatar: int) -> None:
        """The round picture is ``avatar`` px wide."""
        self._avatar.setFixedSize(avatar, avatar)
        layout = self.layout()
        self.setFixedWidth(layout.sizeHint().width() if layout else self.width())

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self._title(menu, tr("字号"))
        sizes = QActionGroup(menu)
        for scale in SCALES:
            action = self._action(menu, sizes, f"{scale:.0%}", scale == self._preferences.scale)
            action.triggered.connect(lambda _=False, s=scale: self._choose(scale=s))
        menu.addSeparator()
        self._title(menu, tr("语言"))
        languages = QActionGroup(menu)
        for key, name in _LANGUAGES:
            action = self._action(menu, languages, name, key == self._preferences.language)
            action.triggered.connect(lambda _=False, k=key: self._choose(language=k))
        menu.addSeparator()
        dark = menu.addAction(tr("深色"))
        dark.setCheckable(True)
        dark.setChecked(self._preferences.dark)
        dark.triggered.connect(lambda on: self._choose(dark=on))
        menu.addSeparator()
        lock = menu.addAction(tr("锁定，换人"))
        lock.triggered.connect(self.locked.emit)
        return menu

    def _title(self, menu: QMenu, text: str) -> None:
        title = menu.addAction(text)
        title.setEnabled(False)

    def _action(self, menu: QMenu, group: QActionGroup, text: str, on: bool) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(on)
        group.addAction(action)
        return action

    def _choose(self, **changes: object) -> None:
        self._preferences = replace(self._preferences, **changes)  # type: ignore[arg-type]
        self.chosen.emit(self._preferences)
