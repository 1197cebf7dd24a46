"""What the head of a grid took later: that it is registered now, what was set otherwise, and the words beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QPushButton, QWidget

from gridapp.i18n import tr
from gridapp.store.views.saves import Save
from gridapp.ui.desk import Desk
from gridapp.ui.operations import reviewing as operations
from gridapp.ui.pages.syncing.lines import MoreLine, line
from gridapp.ui.pages.syncing.reasons import note_words, who_decided
from gridapp.ui.pages.syncing.saying import may_open, place_words, save_title
from gridapp.ui.widgets.basic import Card, button, columns, tag, words
from gridapp.ui.words.values import field_label, value_words
from gridapp.ui.words.wording import short_instant


class ToldCard(Card):
    """Each save with what came of it; 知道了 takes it off the page."""

    def __init__(
        self, desk: Desk, saves: tuple[Save, ...], count: int, more: Callable[[], object]
    ) -> None:
        """``count``: how many there are, of which the newest are told; ``more``: tell more of them."""
        super().__init__(tr("晚到的，收下了 {count}").format(count=count))
        self.desk = desk
        for save in saves:
            self.body.addWidget(self._line(save))
        rest = MoreLine(more)
        rest.show_hidden(count - len(saves))
        self.body.addWidget(rest)

    def _line(self, save: Save) -> QWidget:
        state = QWidget()
        when = short_instant(save.recorded_at, self.desk.today)
        mark = tag(tr("改过才收下"), "blue") if is_changed(save) else tag(tr("收下了"), "green")
        state.setLayout(columns(words(when, "secondary"), mark, None))
        said = (
            place_words(save.about),
            taken_words(save),
            *changed_words(self.desk, save),
            note_words(save),
        )
        return line(save_title(self.desk, save), state, *said, acts=self._acts(save))

    def _acts(self, save: Save) -> tuple[QPushButton, ...]:
        acts = [(tr("知道了"), partial(self._seen, save))]
        about = save.about
        if about and may_open(self.desk, about):
            acts.insert(0, (tr("看看"), partial(self.desk.go, about.page, about.id)))
        made = tuple(button(text, act) for text, act in acts)
        for one in made:
            one.setAccessibleName(f"{one.text()} {save_title(self.desk, save)}")
        return made

    def _seen(self, save: Save) -> None:
        self.desk.run(self, operations.seen(self.desk.store, save.save_id))


def is_changed(save: Save) -> bool:
    """Whether the head set other values."""
    return any(item.code == "changed" for item in save.items)


def taken_words(save: Save) -> str:
    """That it was taken, by whom."""
    who = who_decided(save)
    if is_changed(save):
        return tr("{who}改了几处才收下，按改过的登进了档案。").format(who=who)
    if any(item.state == "conflict" for item in save.items):
        return tr("{who}收下了。有一项别人也改过，还要选一个。").format(who=who)
    return tr("{who}收下了，已经登进档案。").format(who=who)


def changed_words(desk: Desk, save: Save) -> list[str]:
    """Field by field what was written and what is registered, where this computer knows."""
    said = []
    for one in save.changed:
        wrote = value_words(desk, one.field, one.wrote) or tr("空白")
        held = value_words(desk, one.field, one.held) or tr("空白")
        if wrote != held:
            text = tr("{label}：你写的是 {wrote}，登记的是 {held}")
            said.append(text.format(label=field_label(one.field), wrote=wrote, held=held))
    return said
