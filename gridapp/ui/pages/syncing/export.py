"""What was not accepted as a table for a spreadsheet, so that somebody else can record it."""

from __future__ import annotations

import csv
import io

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Type
from gridapp.i18n import tr
from gridapp.store.status import Item
from gridapp.store.views.sync_page import Save
from gridapp.ui.desk import Desk
from gridapp.ui.pages.syncing.reasons import reason
from gridapp.ui.pages.syncing.saying import about_words, item_words
from gridapp.ui.words.values import field_label, value_words
from gridapp.ui.words.wording import short_instant

_CALCULATED = ("=", "+", "-", "@", "\t", "\r")


def export_text(desk: Desk, saves: tuple[Save, ...]) -> str:
    """CSV, one line for each change, numbers of people masked. Cells that would be calculated leave as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    heads = ("记录时间", "记了什么", "关于", "内容", "为什么没有收下", "怎么办")
    writer.writerow([tr(head) for head in heads])
    for save in saves:
        found = reason(save)
        for item in save.items:
            cells = (
                short_instant(item.recorded_at, desk.today),
                item_words(item),
                about_words(desk, save.about),
                _content(desk, item),
                found.why,
                found.remedy,
            )
            writer.writerow([as_text(cell) for cell in cells])
    return out.getvalue()


def as_text(cell: str) -> str:
    """The cell as a spreadsheet shows it and never computes it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_CALCULATED) else cell


def _content(desk: Desk, item: Item) -> str:
    known = KINDS[item.entity].by_name
    stated = [(known[n], v) for n, v in item.values if known[n].type is not Type.ID]
    said = ((field, value_words(desk, field, value)) for field, value in stated)
    return "；".join(f"{field_label(field)}：{text}" for field, text in said if text)
