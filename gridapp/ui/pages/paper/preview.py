"""The preview beside the print settings: one file at a time, laid out when it is looked at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.printing import Planned, PrintOptions
from gridapp.ui.desk import Desk
from gridapp.ui.operations.printing import Previews, Shown
from gridapp.ui.widgets.basic import Card, Elided, button, columns, words
from gridapp.ui.widgets.choice import Segmented
from gridapp.ui.widgets.flow import Flow
from gridapp.ui.widgets.paper import PaperView
from gridapp.ui.widgets.states import Switch
from gridapp.ui.words.wording import joined

_INCH, _POINTS = 96, 72  # px of a screen, points
ZOOMS = {"fit": 0.0, "100": 1.0, "150": 1.5}


class Preview(Card):
    """Files that can be stepped through, and the pages of the one that is shown."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._previews = Previews(desk.store, desk.tasks)
        self._todo: tuple[Planned, ...] = ()
        self._options = PrintOptions()
        self.file = 0
        self.page = 0
        self.shown: Shown | None = None
        self._stale = False
        self._build()
        desk.look.changed.connect(self._draw)

    def show_files(
        self, todo: tuple[Planned, ...], options: PrintOptions, *, anew: bool = False
    ) -> None:
        """Other files or other options. What is shown stays in front; ``anew`` begins with the first."""
        kept = self._todo[self.file].id if self._todo and not anew else None
        same = (todo, options.duplex) == (self._todo, self._options.duplex)
        self._todo, self._options = todo, options
        if same and self.shown and not self._stale and not anew:
            return
        place = next((n for n, planned in enumerate(todo) if planned.id == kept), 0)
        if kept not in {planned.id for planned in todo[place : place + 1]}:
            self.page = 0
        self.file = place
        self._ask()

    def forget(self) -> None:
        """What is shown may have changed: it is laid out anew when files are shown next."""
        self._stale = True

    def turn(self, pages: int) -> None:
        """So many pages on; beyond the last of a file is the first of the next."""
        count = len(self.shown.sizes) if self.shown else 0
        wanted = self.page + pages
        if 0 <= wanted < count:
            self.page = wanted
            self._draw()
        elif wanted >= count and self.file + 1 < len(self._todo):
            self.step(1)

    def step(self, files: int) -> None:
        """So many files on."""
        place = self.file + files
        if 0 <= place < len(self._todo):
            self.file, self.page = place, 0
            self._ask()

    def _build(self) -> None:
        self.before = self._arrow("‹", tr("上一户"), lambda: self.step(-1))
        self.after = self._arrow("›", tr("下一户"), lambda: self.step(1))
        self.whose = Elided("", "strong")
        self.up = self._arrow("‹", tr("上一页"), lambda: self.turn(-1))
        self.down = self._arrow("›", tr("下一页"), lambda: self.turn(1))
        self.number = words("", "secondary")
        self.zoom = Segmented(
            tr("大小"), (("fit", tr("整页")), ("100", "100%"), ("150", "150%")), "fit"
        )
        self.zoom.chosen.connect(lambda _: self._draw())
        self.paper = PaperView(tr("预览"), self.desk.look)
        self.paper.resized.connect(self._fit)
        self.switch = Switch(self.paper, tr("没有可以预览的"))
        self._files = QWidget()
        files = columns(self.before, self.whose, self.after)
        self._files.setLayout(files)
        pages = QWidget()
        pages.setLayout(columns(self.up, self.number, self.down))
        head = columns(self._files)
        head.setContentsMargins(12, 8, 12, 0)
        foot = columns(Flow(pages, self.zoom, gap=16))
        foot.setContentsMargins(12, 4, 12, 8)
        self.body.addLayout(head)
        self.body.addWidget(self.switch, 1)
        self.body.addLayout(foot)
        for key, act in (
            ("PgDown", lambda: self.turn(1)),
            ("PgUp", lambda: self.turn(-1)),
            ("Ctrl+PgDown", lambda: self.step(1)),
            ("Ctrl+PgUp", lambda: self.step(-1)),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(act)

    def _arrow(self, text: str, name: str, act: Callable[[], object]) -> QPushButton:
        made = button(text, act, "back")
        made.setAccessibleName(name)
        made.setToolTip(name)
        return made

    def _ask(self) -> None:
        self.shown, self._stale = None, False
        self._say()
        if not self._todo:
            self.switch.show_content(empty=True)
            return
        future = self._previews.lay_out(self._todo[self.file], self._options)
        self.desk.tasks.run(self, future, self._laid_out, self._refuse, only_latest="preview")

    def _laid_out(self, shown: Shown | None) -> None:
        if shown is None:
            self.switch.refuse(tr("这一户已不在本机"))
            return
        self.shown = shown
        self.page = min(self.page, len(shown.sizes) - 1)
        self.switch.show_content(empty=False)
        self._draw()

    def _refuse(self, problem: Problem) -> None:
        self.switch.refuse(problem.said())

    def _fit(self) -> None:
        if self.zoom.value() == "fit":
            self._draw()

    def _draw(self) -> None:
        self._say()
        if self.shown is None:
            return
        width, height = self.shown.sizes[self.page]
        zoom = ZOOMS[self.zoom.value()]
        scale = zoom * _INCH / _POINTS if zoom else self.paper.fitting(width, height)
        size = QSize(round(width * scale), round(height * scale))
        dense = self.devicePixelRatioF()
        future = self._previews.draw(self.shown, self.page, scale * dense)

        def show(picture: QImage) -> None:
            self.paper.show_page(picture, size)

        self.desk.tasks.run(self, future, show, only_latest="page")

    def _say(self) -> None:
        """Which file of how many, whose, which page of how many; arrows where they lead somewhere."""
        count, pages = len(self._todo), len(self.shown.sizes) if self.shown else 0
        whose = self._todo[self.file] if self._todo else None
        place = f"{self.file + 1} / {count}" if count > 1 else ""
        self.whose.setText(joined(place, whose.name, whose.address) if whose else "")
        self.number.setText(
            tr("第 {page} 页，共 {pages} 页").format(page=self.page + 1, pages=pages)
            if pages
            else ""
        )
        self.paper.setAccessibleDescription(joined(self.whose.text(), self.number.text()))
        self._files.setVisible(bool(count))
        self.before.setEnabled(self.file > 0)
        self.after.setEnabled(self.file + 1 < count)
        for arrow in (self.before, self.after):
            arrow.setVisible(count > 1)
        self.up.setEnabled(self.page > 0)
        self.down.setEnabled(self.page + 1 < pages)
