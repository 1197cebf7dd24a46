"""How this computer is set, seen at once; where the data is; what program this is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from gridapp import __version__
from gridapp.i18n import tr
from gridapp.ui.desk import Desk
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.preferences import LOCK_AFTER, Preferences
from gridapp.ui.theme import SCALES
from gridapp.ui.widgets.basic import Card, Elided, button, columns, rows, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.facts import Facts
from gridapp.ui.widgets.field import Field
from gridapp.ui.widgets.printer_choice import PrinterChoice
from gridapp.ui.widgets.states import scrolling

_TWO_COLUMNS = 56  # heights of the text across that two columns of cards need
_LANGUAGES = (("zh_CN", "中文"), ("en", "English"))
_MEGABYTE = 1_000_000
_SAMPLE = "张桂兰 82岁 3号楼1单元201 · 上次走访 11月18日"


@dataclass(frozen=True, slots=True)
class Size:
    """What the data takes on the disk, and what is free there, in bytes."""

    used: int
    free: int


class SettingsPage(Page):
    """One setting beneath the other; each is kept and seen as soon as it is chosen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        inner = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom, inner)
        self._sides.setContentsMargins(0, 0, 0, 0)
        self._sides.setSpacing(12)
        self._sides.addLayout(_beneath(self._looks(), self._locking(), self._about()), 1)
        others = _beneath(self._photos(), self._printing(), self._data())
        self._sides.addLayout(others, 1)
        whole = rows(Elided(tr("设置"), "title"), scrolling(inner), gap=12)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        desk.look.changed.connect(self._fit)
        self._fit()

    def refresh(self) -> None:
        """Show what is chosen, and measure what the data takes; that looks at many files."""
        now = self.desk.preferences
        self.scale.set_value(f"{now.scale}")
        self.theme.set_value(_theme(now))
        self.printer.choose(now.printer)
        self._say_folder()
        folder = self.desk.store.folder
        measured = self.desk.tasks.start(lambda: size_of(folder))
        self.desk.tasks.run(self, measured, self._show_size, only_latest="size")

    # the cards

    def _looks(self) -> Card:
        now = self.desk.preferences
        sizes = [(f"{scale}", f"{scale:.0%}") for scale in SCALES]
        self.scale = Segmented(tr("字号"), sizes, f"{now.scale}")
        self.scale.chosen.connect(lambda key: self.desk.prefer(scale=float(key)))
        self.sample = words(tr(_SAMPLE), wrap=True)
        themes = [("light", tr("浅色")), ("dark", tr("深色")), ("system", tr("跟着电脑"))]
        self.theme = Segmented(tr("颜色"), themes, _theme(now))
        self.theme.chosen.connect(self._choose_theme)
        self.language = Segmented(tr("语言"), _LANGUAGES, now.language)
        self.language.chosen.connect(lambda key: self.desk.prefer(language=key))
        return _card(
            tr("外观"),
            Field(tr("字号"), self.scale),
            self.sample,
            Field(tr("颜色"), self.theme),
            Field(tr("语言"), self.language),
        )

    def _photos(self) -> Card:
        self.folder = words("", wrap=True)
        self.usual = button(tr("用平常的文件夹"), lambda: self.take_folder(""))
        self._say_folder()
        return _card(
            tr("照片"),
            words(tr("选照片时先打开这个文件夹："), "secondary", wrap=True),
            self.folder,
            columns(button(tr("换一个文件夹"), self._choose_folder), self.usual, None),
        )

    def _printing(self) -> Card:
        self.printer = PrinterChoice(self.desk.preferences.printer)
        self.printer.activated.connect(lambda _: self.desk.prefer(printer=self.printer.value()))
        return _card(tr("打印机"), Field(tr("打印时先选这一台"), self.printer))

    def _locking(self) -> Card:
        choices = [(f"{n}", tr("{n} 分钟").format(n=n)) for n in LOCK_AFTER]
        self.lock_after = Segmented(
            tr("没人动多久以后自动锁定"), choices, f"{self.desk.preferences.lock_after}"
        )
        self.lock_after.chosen.connect(lambda key: self.desk.prefer(lock_after=int(key)))
        return _card(
            tr("锁定"),
            Field(tr("没人动多久以后自动锁定"), self.lock_after),
            words(tr("锁定以后输密码回来，写到一半的都还在。"), "secondary", wrap=True),
            columns(button(tr("现在锁定"), self.desk.locking.emit), None),
        )

    def _data(self) -> Card:
        self.data = Facts()
        self.data.setToolTip(str(self.desk.store.folder))
        self.show_folder = button(tr("打开文件夹"), self._open_folder)
        self.show_folder.setToolTip(str(self.desk.store.folder))
        card = Card(tr("资料"))
        card.body.addWidget(self.data)
        line = columns(self.show_folder, None)
        line.setContentsMargins(16, 0, 16, 12)
        card.body.addLayout(line)
        self._show_size(None)
        return card

    def _about(self) -> Card:
        who = self.desk.store.who
        card = Card(tr("关于"))
        card.body.addWidget(
            Facts(
                (
                    (tr("程序"), tr("网格工作台")),
                    (tr("版本"), __version__),
                    (tr("这台电脑"), who.device_name),
                    (tr("登记的用户"), f"{who.name}（{who.user_name}）"),
                    (tr("区县"), who.district_name),
                    (tr("服务器"), who.server_url),
                )
            )
        )
        return card

    # what is chosen

    def _choose_theme(self, key: str) -> None:
        dark = self.desk.preferences.dark if key == "system" else key == "dark"
        self.desk.prefer(follow_system=key == "system", dark=dark)

    def _choose_folder(self) -> None:
        start = self.desk.preferences.photo_folder or usual_folder()
        found = QFileDialog.getExistingDirectory(self, tr("照片在哪个文件夹"), start)
        if found:
            self.take_folder(found)

    def take_folder(self, folder: str) -> None:
        """Photos come from ``folder``; "" is the usual one."""
        self.desk.prefer(photo_folder=folder)
        self._say_folder()

    def _say_folder(self) -> None:
        chosen = self.desk.preferences.photo_folder
        self.folder.setText(chosen or tr("平常的图片文件夹"))
        self.usual.setEnabled(bool(chosen))

    def _show_size(self, size: Size | None) -> None:
        used = megabytes(size.used) if size else "…"
        free = megabytes(size.free) if size else "…"
        where = tr("这台电脑的“{folder}”文件夹").format(folder=self._home().name)
        self.data.show_pairs(((tr("存在"), where), (tr("占用"), used), (tr("磁盘还剩"), free)))

    def _home(self) -> Path:
        """The folder of the program, with the data of everybody who is registered here."""
        return self.desk.store.folder.parents[1]

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._home())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: two columns where there is room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        wide = self.width() > self.desk.look.theme.size("base") * _TWO_COLUMNS
        directions = QBoxLayout.Direction
        self._sides.setDirection(directions.LeftToRight if wide else directions.TopToBottom)


def _theme(now: Preferences) -> str:
    return "system" if now.follow_system else "dark" if now.dark else "light"


def usual_folder() -> str:
    """Where this computer keeps pictures."""
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)


def size_of(folder: Path) -> Size:
    """What a folder takes, and what is free beside it."""
    import shutil

    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Size(used, shutil.disk_usage(folder).free)


def megabytes(count: int) -> str:
    """A number of bytes as people say it."""
    if count < 1000 * _MEGABYTE:
        return f"{max(1, round(count / _MEGABYTE))} MB"
    return f"{count / 1000 / _MEGABYTE:.1f} GB"


def _beneath(*cards: Card) -> QVBoxLayout:
    box = rows(*cards, gap=12)
    box.addStretch(1)
    return box


def _card(title: str, *items: QWidget | QHBoxLayout) -> Card:
    card = Card(title, padded=True)
    for item in items:
        if isinstance(item, QWidget):
            card.body.addWidget(item)
        else:
            card.body.addLayout(item)
    return card


PAGE = PageSpec("settings", SettingsPage, "设置", bottom=True, guide="settings")
