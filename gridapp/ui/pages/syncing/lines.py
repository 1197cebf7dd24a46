"""One line of a card: words on the left, what can be done on the right, beneath where there is no room."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from gridapp.i18n import tr
from gridapp.store.views.saves import SHOWN
from gridapp.ui.widgets.basic import button, columns, rows, words


def line(
    title: str,
    *details: QWidget | str,
    acts: tuple[QWidget, ...] = (),
    beneath: QWidget | None = None,
) -> QFrame:
    """A line of a card; empty details are left out. ``beneath``: what opens under all of it, and moves nothing."""
    left = QWidget()
    under = [_detail(one) for one in details if one != ""]
    left.setLayout(rows(words(title, "strong", wrap=True), *under, gap=2))
    return padded(left, *acts, beneath=beneath)


def padded(*widgets: QWidget, beneath: QWidget | None = None) -> QFrame:
    """Widgets side by side in a line of a card, the first as wide as it can be."""
    side = columns(*widgets, gap=8)
    side.setStretch(0, 1)
    box = rows(side, *([beneath] if beneath else []), gap=6)
    box.setContentsMargins(16, 8, 16, 8)
    holder = QFrame()
    holder.setProperty("look", "line")
    holder.setLayout(box)
    holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return holder


def _detail(one: QWidget | str) -> QWidget:
    return words(one, "secondary", wrap=True) if isinstance(one, str) else one


class MoreLine(QFrame):
    """The last line of a list that is told in part: how many more there are, and a button for some of them."""

    def __init__(self, more: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("look", "line")
        self._said = words("", "secondary", wrap=True)
        self.button = button("", more)
        box = columns(self._said, self.button, gap=8)
        box.setStretch(0, 1)
        box.setContentsMargins(16, 8, 16, 8)
        self.setLayout(box)

    def show_hidden(self, hidden: int) -> None:
        """So many are not told; gone where none are."""
        self._said.setText(tr("还有 {count} 条没有列出来。").format(count=hidden))
        self.button.setText(tr("再显示 {count} 条").format(count=min(hidden, SHOWN)))
        self.setVisible(hidden > 0)
