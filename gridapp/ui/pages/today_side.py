"""The right column of the page of the day: the big actions, things to look at, the month."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from gridapp.domain.choice import DELETION, Choice
from gridapp.i18n import tr
from gridapp.store.views.today import Look, Today
from gridapp.store.views.twice import Twice
from gridapp.ui.desk import Desk
from gridapp.ui.forms.event import EventForm
from gridapp.ui.offered import Offer
from gridapp.ui.pages.syncing.saying import about_words
from gridapp.ui.widgets.basic import Card, button, columns, empty, rows, words
from gridapp.ui.words.choice_words import side, twice_label
from gridapp.ui.words.deletion_words import shortly
from gridapp.ui.words.saying_who import who_words
from gridapp.ui.words.wording import joined, listed

# (what it is, what comes of it) for each look
_LOOKS = {
    Look.PARKED: ("{count} 条晚到的，在等网格长或社区决定", "内容没有丢。收下还是退回，会告诉你。"),
    Look.REJECTED: ("{count} 条没有收下", "看看为什么，改正再保存。"),
    Look.TAKEN: ("{count} 条晚到的收下了", "看看网格长写的话。"),
    Look.BRAKED: ("有资料要从这台电脑上去掉，先问你", "现在一条也没动，看看再定。"),
    Look.PHOTOS: ("{count} 张照片坏了", "传不上去，请重新附上。"),
}


class BigActions(QWidget):
    """What is done most, as large buttons with their keys."""

    def __init__(self, desk: Desk, record_visit: Callable[[], bool]) -> None:
        super().__init__()
        self.desk = desk
        self._record_visit = record_visit
        self.visit = _big(tr("记走访"), "Ctrl+1", self._visit, "primary")
        self.report = _big(tr("报事件"), "Ctrl+2", self._report)
        for made, kind in ((self.visit, "visit"), (self.report, "event")):
            Offer(desk, made, partial(desk.may, kind))
        self._box = rows(self.visit, self.report, gap=12)
        self.setLayout(self._box)

    def lie_beside(self, beside: bool) -> None:
        """Beside each other, or one beneath the other."""
        direction = QBoxLayout.Direction
        self._box.setDirection(direction.LeftToRight if beside else direction.TopToBottom)

    def _visit(self) -> None:
        # whom, is asked where nobody is chosen
        if not self._record_visit():
            self.desk.finding.emit()

    def _report(self) -> None:
        self.desk.opening.emit(EventForm(self.desk, None))


class LooksCard(Card):
    """What was changed twice, handed on, or not accepted; hidden while there is nothing."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(tr("要你看一眼"))
        self.desk = desk
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    def show_view(self, view: Today) -> None:
        """Other things to look at."""
        empty(self.body)
        self.title.setText(tr("要你看一眼 {count}").format(count=view.to_look_at))
        self.setVisible(view.to_look_at > 0)
        for twice in view.twice:
            self.body.addWidget(self._twice(twice))
        if view.more_twice:
            title = tr("还有 {count} 处改了两次").format(count=view.more_twice)
            self.body.addWidget(self._line(title, "", tr("看看")))
        for look, count in view.looks:
            title, detail = _LOOKS[look]
            self.body.addWidget(self._line(tr(title).format(count=count), tr(detail), tr("看看")))

    def _twice(self, found: Twice) -> QWidget:
        name, what = about_words(self.desk, found.about), twice_label(found)
        title = tr("{name}：{field}改了两次").format(name=name, field=what).lstrip("：: ")
        sides = (_set(found, one, side(self.desk, found, one).values) for one in Choice)
        detail = shortly(found) if found.work is not None else joined(*sides)
        return self._line(title, detail, tr("选一个"), found.stake.conflict.id)

    def _line(self, title: str, detail: str, verb: str, item: UUID | None = None) -> QWidget:
        text = rows(words(title, "strong", wrap=True), gap=2)
        if detail:
            text.addWidget(words(detail, "secondary", wrap=True))
        act = button(verb, partial(self.desk.go, "sync", item=item))
        act.setAccessibleName(f"{verb}: {title}")
        left = QWidget()
        left.setLayout(text)
        line = columns(left, act, gap=8)
        line.setStretch(0, 1)
        line.setContentsMargins(16, 8, 16, 8)
        holder = QFrame()
        holder.setProperty("look", "line")
        holder.setLayout(line)
        return holder


class MonthCard(Card):
    """How many households were visited this month."""

    def __init__(self) -> None:
        super().__init__(padded=True)
        self.figure, self.of = words("", "figure"), words("", "aside")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("本月走访"))
        figures = columns(self.figure, self.of, None, gap=6)
        self.body.addWidget(words(tr("本月走访"), "secondary"))
        self.body.addLayout(figures)
        self.body.addWidget(self.bar)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_view(self, view: Today) -> None:
        """Another month, or another grid."""
        self.figure.setText(str(view.visited))
        self.of.setText(tr("/ {count} 户").format(count=view.households))
        self.bar.setMaximum(max(1, view.households))
        self.bar.setValue(view.visited)
        self.setVisible(view.households > 0)


def _set(found: Twice, choice: Choice, values: tuple[str, ...]) -> str:
    said = listed(*values)
    if found.stake.conflict.field == DELETION:
        caption = tr("现在") if choice is Choice.STANDING else tr("另一个")
        return tr("{label}：{value}").format(label=caption, value=said)
    who = who_words(found.first if choice is Choice.STANDING else found.second)
    return tr("{who}改成 {values}").format(who=who, values=said)


def _big(text: str, keys: str, act: Callable[[], object], role: str = "") -> QPushButton:
    made = button(text, act, role)
    made.setProperty("big", "true")
    made.setAccessibleName(text)
    made.setAccessibleDescription(keys)
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 14, 0)
    line.addStretch(1)
    line.addWidget(words(keys, "keys"))
    return made
