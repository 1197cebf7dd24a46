"""Choosing photos: the newest of this computer, a stick or a telephone, the last two hours first."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from gridapp.clock import Instant, local
from gridapp.i18n import tr
from gridapp.ui.desk import Desk
from gridapp.ui.operations.photos import SUFFIXES
from gridapp.ui.widgets.basic import Card, button, columns, rows, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.photo.cells import Cell
from gridapp.ui.widgets.photo.grid import PhotoGrid
from gridapp.ui.widgets.photo.listing import Found, grouped, newest
from gridapp.ui.widgets.photo.places import Place, own_places, places, plugging_hint
from gridapp.ui.widgets.photo.small import small_images
from gridapp.ui.widgets.states import Switch
from gridapp.ui.words.wording import short_moment

_LOOK_AGAIN = 3000  # ms between looks for what was plugged in
_EDGE_X, _EDGE_Y = 90, 44


class PhotoChooser(QDialog):
    """``chosen`` gives the paths (``list[Path]``) when the user adds them. ``open()`` shows it."""

    chosen = Signal(list)

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("选照片"))
        self._places: tuple[Place, ...] = own_places(desk.preferences.photo_folder)
        self._shown = self._places[0].name
        self._build()
        window = parent.window().geometry()
        self.setGeometry(window.adjusted(_EDGE_X, _EDGE_Y, -_EDGE_X, -_EDGE_Y))
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_AGAIN)
        self._watch.timeout.connect(self.look_around)
        self._watch.start()
        self._show_place()
        self.look_around()

    def look_around(self) -> None:
        """See what is plugged in now; asks disks off the GUI thread."""
        preferred = self.desk.preferences.photo_folder
        work = self.desk.tasks.start(partial(places, preferred))
        self.desk.tasks.run(self, work, self._take_places, only_latest="places")

    def show_places(self, found: tuple[Place, ...]) -> None:
        """What can be chosen from; the one in view stays in view."""
        self._take_places(found)

    def _build(self) -> None:
        self.place_choice = self._choices()
        self.grid = PhotoGrid(
            tr("照片，新的在前"), self.desk.tasks, self.desk.look, self._small, several=True
        )
        self.grid.selectionModel().selectionChanged.connect(lambda *_: self._count())
        self.grid.activated.connect(self._activated)
        self.switch = Switch(self.grid, tr("这里没有照片"), plugging_hint())
        card = Card()
        card.body.setContentsMargins(8, 4, 0, 8)
        card.body.addWidget(self.switch, 1)
        self._top = rows(self.place_choice)
        self.note = words("", "hint", wrap=True)
        self.add_button = button("", self.add, "primary")
        foot = columns(
            self.note,
            button(tr("别处的文件…"), self._ask_files),
            button(tr("取消"), self.reject),
            self.add_button,
        )
        foot.setStretch(0, 1)
        box = rows(self._top, card, foot, gap=12, margin=16)
        box.setStretch(1, 1)
        self.setLayout(box)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.add)
        self._count()

    def _choices(self) -> Segmented:
        names = [(place.name, place.name) for place in self._places]
        made = Segmented(tr("从哪里选"), names, self._shown)
        made.chosen.connect(self._choose_place)
        return made

    def add(self) -> None:
        """Give what is chosen to the form."""
        paths = [Path(str(key)) for key in self.grid.chosen()]
        if paths:
            self.chosen.emit(paths)
            self.accept()

    def _take_places(self, found: tuple[Place, ...]) -> None:
        if found == self._places:
            return
        self._places = found
        if self._shown not in {place.name for place in found}:
            self._shown = found[0].name
            self._show_place()
        old, self.place_choice = self.place_choice, self._choices()
        self._top.replaceWidget(old, self.place_choice)
        old.hide()
        old.deleteLater()

    def _choose_place(self, name: str) -> None:
        self._shown = name
        self._show_place()

    def _show_place(self) -> None:
        place = next(p for p in self._places if p.name == self._shown)
        self.switch.refuse(tr("正在找照片…"))
        now, today = self.desk.store.clock(), self.desk.today
        work = self.desk.tasks.start(partial(_sections, place, now, today))
        self.desk.tasks.run(self, work, self._show_photos, only_latest="photos")

    def _show_photos(self, sections: list[tuple[str, list[Cell]]]) -> None:
        self.grid.show_sections(sections)
        self.switch.show_content(empty=not sections)
        keys = tr("点一下选上，再点一下不选。键盘：方向键和空格。")
        self.note.setText(f"{keys}\n{plugging_hint()}" if sections else "")
        self._count()
        if sections:
            self.grid.setFocus()

    def _small(self, paths: tuple[Any, ...]) -> Future[dict[str, QImage]]:
        return self.desk.tasks.start(partial(small_images, paths, self.grid.px()))

    def _activated(self, index: QModelIndex) -> None:
        if not self.grid.chosen():
            model = self.grid.selectionModel()
            model.select(index, model.SelectionFlag.Select)
        self.add()

    def _count(self) -> None:
        count = len(self.grid.selectedIndexes())
        self.add_button.setEnabled(count > 0)
        self.add_button.setText(tr("加 {count} 张").format(count=count) if count else tr("加照片"))

    def _ask_files(self) -> None:
        kinds = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(SUFFIXES))
        names, _ = QFileDialog.getOpenFileNames(self, tr("选照片"), "", f"{tr('照片')} ({kinds})")
        if names:
            self.chosen.emit([Path(name) for name in names])
            self.accept()


def _sections(place: Place, now: Instant, today: date) -> list[tuple[str, list[Cell]]]:
    """What the grid shows of a place; thousands of cells take their time."""
    groups = grouped(newest(place.folders), now)
    return [(heading, [_cell(photo, today) for photo in found]) for heading, found in groups]


def _cell(photo: Found, today: date) -> Cell:
    at = local(photo.at)
    when = short_moment(f"{at:%Y-%m-%dT%H:%M}", today)
    return Cell(photo.path, (when,), f"{when} {Path(photo.path).name}")
