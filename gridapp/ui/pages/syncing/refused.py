"""What was not accepted, or not yet: why, what can be done, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from gridapp.i18n import language, tr
from gridapp.store.views.saves import Save, Which
from gridapp.ui.desk import Desk
from gridapp.ui.operations import sync as operations
from gridapp.ui.pages.syncing.export import Table
from gridapp.ui.pages.syncing.lines import MoreLine, line
from gridapp.ui.pages.syncing.reasons import Cure, reason, whom_it_waits_for
from gridapp.ui.pages.syncing.saying import may_open, place_words, save_title
from gridapp.ui.pages.syncing.written import Written, first_words, is_cut
from gridapp.ui.widgets.basic import Card, button, columns, rows, tag, words
from gridapp.ui.words.wording import short_instant

# (heading, name of the file that it is exported to)
_WORDS = {
    Which.PARKED: ("已交上去，在等 {count}", "在等的.csv"),
    Which.REFUSED: ("没有收下 {count}", "没有收下.csv"),
    Which.SEEN: ("已看过 {count}", "已看过.csv"),
}


class RefusedCard(Card):
    """Each save with its reason; ``said`` holds what came of an export.

    ``count``: how many there are, of which ``saves`` are told; ``more``: tell more of them. Those that were seen are
    folded away: they stay here, can be sent once more and exported, and ask for nothing.
    """

    def __init__(
        self,
        desk: Desk,
        which: Which,
        saves: tuple[Save, ...],
        count: int,
        more: Callable[[], object],
    ) -> None:
        self.desk, self.which, self.saves = desk, which, saves
        self._seen = which is Which.SEEN
        self.export = button(tr("导出"), self._export, "link")
        self._offer_export()
        self.fold = button(tr("打开看"), self._toggle, "link")
        self.fold.setVisible(self._seen)
        title, self._file = (tr(text) for text in _WORDS[which])
        super().__init__(title.format(count=count), self.export, self.fold)
        self._title = title
        self.fold.setAccessibleName(self.title.text())
        self.export.setAccessibleName(f"{tr('导出')} {self.title.text()}")
        self.said = words("", "secondary", wrap=True)
        self.said.setContentsMargins(16, 8, 16, 8)
        self.said.hide()
        self.body.addWidget(self.said)
        self._lines = QWidget()
        self.more = MoreLine(more)
        self._box = rows(*(self._line(save) for save in saves), self.more, gap=0)
        self.more.show_hidden(count - len(saves))
        self._lines.setLayout(self._box)
        self._lines.setVisible(not self._seen)
        self.body.addWidget(self._lines)

    @property
    def folded(self) -> bool:
        """Whether the lines are folded away."""
        return self._lines.isHidden()

    def extend(self, saves: tuple[Save, ...], count: int) -> bool:
        """Tell more where these begin with what is told already. Whether that was so; else nothing changed."""
        held = len(self.saves)
        if len(saves) <= held or saves[:held] != self.saves:
            return False
        for save in saves[held:]:
            self._box.insertWidget(self._box.count() - 1, self._line(save))
        self.saves = saves
        self._offer_export()
        self.title.setText(self._title.format(count=count))
        self.more.show_hidden(count - len(saves))
        return True

    def _offer_export(self) -> None:
        """Of what was purged nothing is handed on."""
        self.export.setVisible(not all(save.purged for save in self.saves))

    def _toggle(self) -> None:
        self._lines.setVisible(self.folded)
        self.fold.setText(tr("打开看") if self.folded else tr("收起"))

    def _line(self, save: Save) -> QWidget:
        found = reason(save)
        gap = " " if language() == "en" else ""
        when = short_instant(save.recorded_at, self.desk.today)
        time = QWidget()
        mark = whom_it_waits_for(save) or (tr("退回了") if save.code == "returned" else "")
        tags = (tag(mark, "amber"),) if mark else ()
        time.setLayout(columns(words(when, "secondary"), *tags, None))
        said = "" if save.purged else first_words(self.desk, save)
        wrote = Written(self.desk, save, self._opening(save))
        return line(
            save_title(self.desk, save),
            time,
            place_words(save.about),
            words(said, wrap=True) if said else "",
            f"{found.why}{gap}{found.remedy}",
            acts=self._acts(save, found.cure, wrote),
            beneath=wrote,
        )

    def _opening(self, save: Save) -> str:
        """What the button is called that opens what was written: a way to what it is about is called 看看."""
        return tr("看全文") if may_open(self.desk, save.about) else tr("看看")

    def _acts(self, save: Save, cure: Cure, wrote: Written) -> tuple[QPushButton, ...]:
        acts = []
        if cure is Cure.AGAIN:
            acts.append(self._act(tr("再传一次"), save, partial(self._again, save)))
        if save.purged:
            pass  # it is to be forgotten
        elif save.about and may_open(self.desk, save.about):
            text = tr("打开改正") if cure is Cure.CORRECT else tr("看看")
            go = partial(self.desk.go, save.about.page, save.about.id)
            acts.append(self._act(text, save, go))
            if not save.main.created and is_cut(self.desk, save):
                acts.append(wrote.button)  # there the old value stands
        elif wrote.holds:
            acts.append(wrote.button)
        if not self._seen or save.purged:
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
        name, _ = QFileDialog.getSaveFileName(self, tr("导出"), self._file, "CSV (*.csv)")
        if name:
            self.write(Path(name))

    def write(self, path: Path) -> None:
        """Write all of it to a file, told here or not; what came of it is said in the card."""
        store = self.desk.store
        table = Table(self.desk, operations.every(store, self.which))
        work = self.desk.tasks.start(lambda: operations.export(store, path, table))
        self.desk.run(
            self,
            work,
            lambda _: self._say(_stored(path, table)),
            lambda problem: self._say(problem.said()),
        )

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.show()


def _stored(path: Path, table: Table) -> str:
    text = tr("已存好 {count} 条：{name}").format(count=table.saves, name=path.name)
    gap = " " if language() == "en" else "。"
    return text + gap + tr("里面有完整的号码，用完请删掉。") if table.numbers else text
