"""One line of a card: words on the left, what can be done on the right, beneath where there is no room."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from gridapp.ui.widgets.basic import columns, rows, words


def line(title: QWidget | str, *details: str, acts: tuple[QWidget, ...] = ()) -> QFrame:
    """A line of a card; empty details are left out."""
    heads = [words(title, "strong", wrap=True) if isinstance(title, str) else title]
    texts = [words(text, "secondary", wrap=True) for text in details if text]
    left = QWidget()
    left.setLayout(rows(*heads, *texts, gap=2))
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
