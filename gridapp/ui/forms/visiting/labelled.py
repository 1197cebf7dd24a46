"""A short label at the left of its choices."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridapp.ui.widgets.basic import words


def labelled(text: str, inner: QWidget) -> QWidget:
    """``inner`` with ``text`` before its first line."""
    line = QWidget()
    box = QHBoxLayout(line)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(10)
    label = words(text, "label")
    label.setMinimumHeight(inner.minimumSizeHint().height())
    box.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
    box.addWidget(inner, 1)
    return line
