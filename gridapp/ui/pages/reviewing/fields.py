"""The records of a case, field by field: before, as it was written, and what is registered where that differs."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from gridapp.i18n import language, tr
from gridapp.store.views.reviews import ReviewCase, ReviewedField, ReviewedRecord
from gridapp.ui.desk import Desk
from gridapp.ui.widgets.basic import rows, words
from gridapp.ui.words.values import Names, field_label, value_words
from gridapp.ui.words.wording import joined


def records_of(case: ReviewCase) -> list[ReviewedRecord]:
    """All records of a case, with what is decided along with them; photos are shown, not told."""
    every = (each for record in case.records for each in (record, *record.along))
    return [record for record in every if not record.photo]


def hides_numbers(case: ReviewCase) -> bool:
    """Whether something of it is masked."""
    return any(record.hides_numbers for record in records_of(case))


def record_title(record: ReviewedRecord) -> str:
    """What was done with what: 改了住户 · 赵桂兰."""
    kind = record.kind
    name = kind.en if language() == "en" else kind.zh
    said = {
        "created": tr("新的{kind}"),
        "deleted": tr("删除{kind}"),
        "merged": tr("合并{kind}"),
        "decided": tr("选了{kind}"),
    }.get(record.what, tr("改了{kind}"))
    about = record.about.name if record.about else ""
    return joined(said.format(kind=name), about)


def record_block(
    desk: Desk, record: ReviewedRecord, names: Names, *, revealed: bool = False
) -> QWidget:
    """One record: its title, then a line for each field that says something."""
    block = QFrame()
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    line = 0
    for field in record.fields:
        said = _said(desk, record, field, names, revealed=revealed)
        if said:
            grid.addWidget(words(field_label(field.declared), "label"), line, 0)
            grid.addWidget(words(said, wrap=True), line, 1)
            line += 1
            if field.meanwhile and record.what == "changed":
                grid.addWidget(_meanwhile(desk, field, names, revealed=revealed), line, 1)
                line += 1
    title = words(record_title(record), "strong", wrap=True)
    parts: list[QWidget] = [title]
    if record.already:
        parts.append(words(tr("现在登记的就是这样。"), "hint", wrap=True))
    body = QWidget()
    body.setLayout(grid)
    block.setLayout(rows(*parts, body, gap=4))
    return block


def _said(
    desk: Desk, record: ReviewedRecord, field: ReviewedField, names: Names, *, revealed: bool
) -> str:
    sent = value_words(desk, field.declared, field.sent, names, revealed=revealed)
    if record.what == "created":
        return sent
    before = value_words(desk, field.declared, field.before, names, revealed=revealed)
    return f"{before or tr('空白')} → {sent or tr('空白')}"


def _meanwhile(desk: Desk, field: ReviewedField, names: Names, *, revealed: bool) -> QWidget:
    now = value_words(desk, field.declared, field.held, names, revealed=revealed)
    text = tr("现在登记的是：{value}").format(value=now or tr("空白"))
    return words(text, "notice", wrap=True)
