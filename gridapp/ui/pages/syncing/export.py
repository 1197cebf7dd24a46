"""What was not accepted as a table for a spreadsheet, so that somebody else can record it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from gridapp.clock import Instant, local
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Sensitivity
from gridapp.i18n import tr
from gridapp.store.status import Item
from gridapp.store.views.saves import Save
from gridapp.ui.desk import Desk
from gridapp.ui.pages.syncing.reasons import reason
from gridapp.ui.pages.syncing.saying import about_words, item_words
from gridapp.ui.pages.syncing.written import fields

_CALCULATED = ("=", "+", "-", "@", "\t", "\r")
_HEADS = (
    *("记录时间", "记了什么", "关于", "编号", "住址或地点", "内容"),
    *("为什么没有收下", "怎么办"),
)


class Table:
    """CSV, one line for each change, any number of them. Nothing in it is cut, relative or masked.

    ``saves``: how many were written; ``numbers``: whether there were numbers of people among them. Both count up
    while it is written.
    """

    def __init__(self, desk: Desk, found: Iterable[Save]) -> None:
        self._desk, self._found = desk, found
        self.saves = 0
        self.numbers = False

    def __iter__(self) -> Iterator[str]:
        yield _line([tr(head) for head in _HEADS])
        for save in self._found:
            if save.purged:
                continue  # nothing of it is handed on
            self.saves += 1
            yield "".join(_line(self._cells(save, item)) for item in save.items)

    def _cells(self, save: Save, item: Item) -> tuple[str, ...]:
        known, found, about = KINDS[item.entity].by_name, reason(save), save.about
        self.numbers |= any(
            known[name].sensitivity is Sensitivity.PERSONAL and value for name, value in item.values
        )
        return (
            moment(item.recorded_at),
            item_words(item),
            about_words(self._desk, about),
            about.number if about else "",
            about.address if about else "",
            "；".join(fields(self._desk, save, item, whole=True, dated=True)),
            found.why,
            found.remedy,
        )


def moment(at: Instant) -> str:
    """``2026-11-20 07:35``, the same tomorrow."""
    return f"{local(at):%Y-%m-%d %H:%M}"


def as_text(cell: str) -> str:
    """The cell as a spreadsheet shows it and never computes it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_CALCULATED) else cell


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([as_text(cell) for cell in cells])
    return out.getvalue()
