"""The line that says which of the user's grids change hands, when, and what to do before that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from gridapp.i18n import tr
from gridapp.store.views.changing import Changing
from gridapp.ui.words.wording import plain_day

_MOST = 3  # lines; of further grids only how many there are


class ChangingLine(QLabel):
    """Amber, and nothing to answer; hidden while no grid of the user changes hands."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(40)
        self.setProperty("look", "notice")
        self.hide()

    def show_grids(self, found: Sequence[Changing], today: date) -> None:
        """Other grids, or another day."""
        self.setText("\n".join(changing_lines(found, today)))
        self.setVisible(bool(found))


def changing_lines(found: Sequence[Changing], today: date) -> list[str]:
    """A sentence for each grid, the nearest day first."""
    lines = [_sentence(one, today) for one in found[:_MOST]]
    if more := len(found) - len(lines):
        lines.append(tr("另外还有 {count} 个网格要交接。").format(count=more))
    return lines


def _sentence(one: Changing, today: date) -> str:
    if one.day > today:
        said = tr("“{grid}”将在{day}交接：那天以前请连上网，让同步做完；没写完的请先保存。")
    elif one.day == today:
        said = tr("“{grid}”今天交接：请现在连上网，让同步做完；没写完的请先保存。")
    else:
        said = tr("“{grid}”交接的日子是{day}，已经过了：请尽快连上网，让同步做完。")
    return said.format(grid=one.name, day=plain_day(one.day, today))
