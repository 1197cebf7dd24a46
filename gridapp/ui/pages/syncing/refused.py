"""What was not accepted: why, what can be done, and doing it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from gridapp.i18n import language, tr
from gridapp.store.views.sync_page import Save
from gridapp.ui.desk import Desk
from gridapp.ui.operations import sync as operations
from gridapp.ui.pages.syncing.export import export_text
from gridapp.ui.pages.syncing.lines import line
from gridapp.ui.pages.syncing.reasons import Cure, reason
from gridapp.ui.pages.syncing.saying import save_title
from gridapp.ui.widgets.basic import Card, button, columns, rows, tag, words
from gridapp.ui.words.wording import short_instant


class RefusedCard(Card):
    """Each save with its reason; ``said`` holds what came of an export.

    ``count``: how many there are, of which the newest are told. Those that were ``seen`` are folded away:
    they stay here, can be sent once more and exported, and ask for nothing.
    """

    def __init__(
        self, desk: Desk, saves: tuple[Save, ...], count: int, *, seen: bool = False
    ) -> None:
        self.export = button(tr("导出"), self._export, "link")
        self.fold = button(tr("打开看"), self._toggle, "link")
        self.fold.setVisible(seen)
        self.fold.setAccessibleName(tr("已看过 {count}").format(count=count))
        title = tr("已看过 {count}") if seen else tr("没有收下 {count}")
        super().__init__(title.format(count=count), self.export, self.fold)
        self.desk, self._saves, self._seen = desk, saves, seen
        self.export.setAccessibleName(f"{tr('导出')} {self.title.text()}")
        self.said = words("", "secondary", wrap=True)
        self.said.setContentsMargins(16, 8, 16, 8)
        self.said.hide()
        self.body.addWidget(self.said)
        self._lines = QWidget()
        self._lines.setLayout(rows(*(self._line(save) for save in saves), gap=0))
        self._lines.setVisible(not seen)
        self.body.addWidget(self._lines)

    @property
    def folded(self) -> bool:
        """Whether the lines are folded away."""
        return self._lines.isHidden()

    def _toggle(self) -> None:
        self._lines.setVisible(self.folded)
        self.fold.setText(tr("打开看") if self.folded else tr("收起"))

    def _line(self, save: Save) -> QWidget:
        found = reason(save)
        gap = " " if language() == "en" else ""
        when = short_instant(save.recorded_at, self.desk.today)
        time = QWidget()
        mark = (
            tr("等网格长决定") if save.parked else tr("退回了") if save.code == "returned" else ""
        )
        tags = (tag(mark, "amber"),) if mark else ()
        time.setLayout(columns(words(when, "secondary"), *tags, None))
        return line(
            save_title(self.desk, save),
            time,
            f"{found.why}{gap}{found.remedy}",
            acts=self._acts(save, found.cure),
        )

    def _acts(self, save: Save, cure: Cure) -> tuple[QPushButton, ...]:
        acts = []
        if cure is Cure.AGAIN:
            acts.append(self._act(tr("再传一次"), save, partial(self._again, save)))
        if save.about and save.about.page and self.desk.uses(save.about.page):
            text = tr("打开改正") if cure is Cure.CORRECT else tr("看看")
            go = partial(self.desk.go, save.about.page, save.about.id)
            acts.append(self._act(text, save, go))
        if not self._seen:
            acts.append(self._act(tr("知道了"), save, partial(self._dismiss, save)))
        return tuple(acts)

    def _act(self, text: str, save: Save, act: partial[None]) -> QPushButton:
        made = button(text, act)
        made.setAccessibleName(f"{text} {save_title(self.desk, save)}")
        return made

    def _again(self, save: Save) -> None:
        sending = operations.send_again(self.desk.store, save.save_id)
        desk = self.desk

        def sync(_: object) -> None:
            if desk.sync:
                desk.sync.sync_now()

        # Not in the name of this card: it is another one as soon as the save is told.
        desk.run(desk, sending, sync)

    def _dismiss(self, save: Save) -> None:
        self.desk.run(self, operations.dismiss(self.desk.store, save.save_id))

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, tr("导出"), tr("没有收下.csv"), "CSV (*.csv)")
        if name:
            self.write(Path(name))

    def write(self, path: Path) -> None:
        """Write all of it to a file; what came of it is said in the card."""
        text = export_text(self.desk, self._saves)
        store = self.desk.store
        work = self.desk.tasks.start(lambda: operations.export(store, path, text))
        self.desk.run(
            self,
            work,
            lambda _: self._say(tr("已存好：{name}").format(name=path.name)),
            lambda problem: self._say(problem.said()),
        )

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.show()
