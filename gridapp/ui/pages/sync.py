"""What waits to go up, what was not accepted and why, and what was changed twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gridapp.domain.conflict import Conflict
from gridapp.domain.kinds import KINDS
from gridapp.i18n import language, tr
from gridapp.store import status
from gridapp.store.reader import Reader
from gridapp.store.status import Item, SyncStatus
from gridapp.store.views.subjects import Subject, subject, subjects
from gridapp.ui.desk import Desk
from gridapp.ui.operations import sync as operations
from gridapp.ui.pages.page import Page
from gridapp.ui.pages.spec import PageSpec
from gridapp.ui.pages.twice import twice_texts
from gridapp.ui.widgets.basic import Card, Elided, button, columns, empty, rows, words
from gridapp.ui.widgets.states import scrolling
from gridapp.ui.wording import joined, listed, short_instant

_SHOWN = 100

# The server's codes, in words, and what can be done.
_TELL_HEAD = "内容还在本机。请导出给网格长，由他补录。"
_REASONS = {
    "role_ended": ("你在那里的任职已结束，这条先存着，没有登进档案。", _TELL_HEAD),
    "moved_away": ("这一户已划到别的网格，这条先存着，没有登进档案。", _TELL_HEAD),
    "waits_for_owner": ("它所属的那条没有收下，这条先存着。", _TELL_HEAD),
    "parked": ("这条不归你管了，先存着，没有登进档案。", _TELL_HEAD),
    "not_allowed": ("这条不归你改。", "需要改时请告诉网格长或社区。"),
    "step_not_allowed": ("这一步不由你来办。", "写的内容还在本机，可以导出留底。"),
    "step_no_longer_fits": (
        "别人先办了这一步。",
        "请打开事件看看；写的内容还在本机，可以导出留底。",
    ),
    "not_the_sender": ("不能用别人的名义记。", "请用自己的名字重记，或请本人来记。"),
    "id_taken": ("编号和别的记录撞了。", "请导出留底，告诉区管理员。"),
    "append_only": ("办过的步骤不能再改。", "请补一条说明。"),
    "required": ("有一项没有填。", "请打开补上再保存。"),
    "bad_value": ("有一项的内容不对。", "请打开改正再保存。"),
    "bad_id_number": ("证件号码不对。", "请对照证件改正再保存。"),
    "id_disagrees": ("证件号码和出生日期或性别对不上。", "请对照证件改正再保存。"),
    "derived_field": ("有一项是自动算的，不能改。", "请升级这台电脑上的程序。"),
    "bad_operation": ("服务器看不懂这一条。", "请升级这台电脑上的程序，再导出留底。"),
    "unknown_kind": ("服务器还不认识这一类。", "请导出留底，告诉区管理员。"),
}


@dataclass(frozen=True, slots=True)
class _Found:
    status: SyncStatus
    line: str
    waiting: tuple[Item, ...]
    refused: tuple[Item, ...]
    twice: tuple[Conflict, ...]
    subjects: Mapping[bytes, Subject]
    about: Mapping[UUID, Subject]  # of what was changed twice


class SyncPage(Page):
    """The one truth about sync, item by item."""

    SYNC = True
    KINDS = ("conflict",)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._found: _Found | None = None
        self._now = button(tr("立即同步"), self._sync, "primary")
        head = QHBoxLayout()
        head.addWidget(Elided(tr("同步"), "title"), 1)
        head.addWidget(self._now)
        self.line = words("", "aside", wrap=True)
        self._inner = QWidget()
        self._list = QVBoxLayout(self._inner)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(12)
        whole = rows(head, self.line, scrolling(self._inner), gap=12)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self._now.setVisible(desk.sync is not None)

    def refresh(self) -> None:
        """Ask for all of it."""
        now = self.desk.store.clock()

        def read(reader: Reader) -> _Found:
            state = status.current(reader)
            waiting = status.waiting(reader, _SHOWN)
            refused = status.not_accepted(reader, _SHOWN)
            twice = tuple(reader.where(Conflict, "state='open'")[:_SHOWN])
            return _Found(
                state,
                status.line(state, now),
                waiting,
                refused,
                twice,
                subjects(reader, waiting + refused),
                {c.id: s for c in twice if (s := subject(reader, c.target_kind, c.target_id))},
            )

        self.desk.read(self, read, self._show, only_latest="sync")

    def _show(self, found: _Found) -> None:
        if found == self._found:
            return
        self._found = found
        self.line.setText(found.line)
        empty(self._list)
        if found.refused:
            self._list.addWidget(self._refused_card(found.refused))
        if found.twice:
            self._list.addWidget(self._twice_card(found))
        self._list.addWidget(self._waiting_card(found))
        self._list.addStretch(1)

    def _waiting_card(self, found: _Found) -> Card:
        card = Card(
            tr("等着上传")
        )  # how many is said above: one save may be several of these lines
        for item in found.waiting:
            card.body.addWidget(self._line(item, ""))
        if found.status.photos:
            text = tr("{count} 张照片，资料先走，照片随后。").format(count=found.status.photos)
            card.body.addWidget(_padded(words(text, "secondary", wrap=True)))
        if found.status.broken_photos:
            text = tr("{count} 张照片坏了，传不上去。请再记一条，重新附上照片。")
            text = text.format(count=found.status.broken_photos)
            card.body.addWidget(_padded(words(text, "secondary", wrap=True)))
        elif not found.status.to_send:
            card.body.addWidget(_padded(words(tr("都传上去了，没有等着的。"), "aside", wrap=True)))
        return card

    def _refused_card(self, items: tuple[Item, ...]) -> Card:
        export = button(tr("导出"), self._export, "link")
        card = Card(tr("没有收下 {count}").format(count=len(items)), export)
        for item in items:
            message, remedy = reason(item)
            gap = " " if language() == "en" else ""
            card.body.addWidget(self._line(item, f"{message}{gap}{remedy}", dismiss=True))
        return card

    def _twice_card(self, found: _Found) -> Card:
        card = Card(tr("改了两次，选一个 {count}").format(count=len(found.twice)))
        for conflict in found.twice:
            subject = found.about.get(conflict.id)
            texts = twice_texts(self.desk, conflict)
            card.body.addWidget(self._row(self._name(subject), " ".join(texts), subject))
        hint = tr("先到的先用着，两个都留着。要用另一个，就打开那户再改一次。")
        card.body.addWidget(_padded(words(hint, "hint", wrap=True)))
        return card

    def _line(self, item: Item, detail: str, *, dismiss: bool = False) -> QWidget:
        subject = self._found.subjects.get(item.op_id) if self._found else None
        when = short_instant(item.recorded_at, self.desk.today)
        title = joined(self._what(item), self._name(subject))
        extras = [button(tr("知道了"), lambda: self._dismiss(item))] if dismiss else []
        return self._row(title, joined(when, detail), subject, *extras)

    def _row(self, title: str, detail: str, subject: Subject | None, *extras: QWidget) -> QWidget:
        parts = [words(title, "strong", wrap=True)] if title else []
        left = QWidget()
        left.setLayout(rows(*parts, words(detail, "secondary", wrap=True), gap=2))
        look: list[QWidget] = []
        if subject and subject.page:
            look.append(button(tr("看看"), partial(self.desk.go, subject.page, subject.id)))
        return _padded(left, *look, *extras)

    def _name(self, subject: Subject | None) -> str:
        if subject is None:
            return ""
        # an event without a title of its own is called by its catalogue item
        return self.desk.item_name(subject.name) if subject.page == "event" else subject.name

    def _what(self, item: Item) -> str:
        kind = KINDS[item.entity]
        name = kind.en if language() == "en" else kind.zh
        if item.created:
            return tr("新的{kind}").format(kind=name)
        labels = {f.zh: f.en for f in kind.fields}
        fields = [labels.get(f, f) if language() == "en" else f for f in item.fields]
        return tr("改了{kind}：{fields}").format(kind=name, fields=listed(*fields))

    def _dismiss(self, item: Item) -> None:
        self.desk.run(self, operations.dismiss(self.desk.store, item.op_id))

    def _sync(self) -> None:
        if self.desk.sync:
            self.desk.sync.sync_now()

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, tr("导出"), tr("没有收下.csv"), "CSV (*.csv)")
        if name and self._found:
            text = export_text(self._found.refused, self._what)
            path = Path(name)
            work = self.desk.tasks.start(lambda: path.write_text(text, encoding="utf-8-sig"))
            self.desk.run(self, work)


PAGE = PageSpec("sync", SyncPage, "同步", bottom=True, guide="sync")


def reason(item: Item) -> tuple[str, str]:
    """Why an item was not accepted and what can be done, in words."""
    known = _REASONS.get(item.code) or (_REASONS["parked"] if item.state == "parked" else None)
    if known is None:
        return (
            tr("没有收下（{code}）。").format(code=item.code or item.state),
            tr("可以导出留底，问问社区。"),
        )
    return tr(known[0]), tr(known[1])


def export_text(items: tuple[Item, ...], what: object) -> str:
    """The items as CSV; cells that a spreadsheet would calculate leave as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    for item in items:
        cells = (what(item), *reason(item), str(item.record_id))  # type: ignore[operator]
        writer.writerow([f"'{c}" if c[:1] in ("=", "+", "-", "@") else c for c in cells])
    return out.getvalue()


def _padded(*widgets: QWidget) -> QWidget:
    line = columns(*widgets, gap=8)
    line.setStretch(0, 1)
    line.setContentsMargins(16, 8, 16, 8)
    holder = QFrame()
    holder.setProperty("look", "line")
    holder.setLayout(line)
    holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return holder
