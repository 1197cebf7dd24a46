"""One line of a card: words on the left, what can be done on the right, beneath where there is no room."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from gridapp.ui.widgets.basic import columns, rows, words


def line(title: str, *details: QWidget | str, acts: tuple[QWidget, ...] = ()) -> QFrame:
    """A line of a card; empty details are left out."""
    left = QWidget()
    beneath = [_detail(one) for one in details if one != ""]
    left.setLayout(rows(words(title, "strong", wrap=True), *beneath, gap=2))
    return padded(left, *acts)


def padded(*widgets: QWidget) -> QFrame:
    """Widgets side by side in a line of a card, the first as wide as it can be."""
    box = columns(*widgets, gap=8)
    box.setStretch(0, 1)
    box.setContentsMargins(16, 8, 16, 8)
    holder = QFrame()
    holder.setProperty("look", "line")
    holder.setLayout(box)
    holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return holder


def _detail(one: QWidget | str) -> QWidget:
    return words(one, "secondary", wrap=True) if isinstance(one, str) else one
