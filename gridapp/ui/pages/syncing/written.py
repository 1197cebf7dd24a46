"""What the user wrote in one save: its first words for a line, and all of it field by field."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame

from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Field, Type
from gridapp.i18n import tr
from gridapp.store.status import Item
from gridapp.store.views.saves import Save
from gridapp.ui.desk import Desk
from gridapp.ui.pages.syncing.saying import item_words, save_title
from gridapp.ui.widgets.basic import button, rows, words
from gridapp.ui.words.values import field_label, value_words

_FIRST = 60  # characters of what was written that a line shows
# What the program wrote beside it, for itself.
_ASIDE = frozenset(
    {"sha256", "media_type", "size", "width", "height", "target_kind", "seen", "changed"}
)


class Written(QFrame):
    """All that was written in one save, to be read only; ``button``, called ``opening``, opens and folds it."""

    def __init__(self, desk: Desk, save: Save, opening: str) -> None:
        super().__init__()
        self._desk, self._save, self._opening = desk, save, opening
        self.holds = any(fields(desk, save, item) for item in save.items)
        self.button = button(opening, self._toggle)
        self._name()
        self.hide()

    def _toggle(self) -> None:
        if self.layout() is None:
            self.setLayout(rows(*(words(text, wrap=True) for text in self._texts()), gap=2))
        self.setVisible(self.isHidden())
        self.button.setText(self._opening if self.isHidden() else tr("收起"))
        self._name()

    def _texts(self) -> list[str]:
        found: list[str] = []
        for item in self._save.items:
            found += [item_words(item)] if len(self._save.items) > 1 else []
            found += fields(self._desk, self._save, item)
        return found

    def _name(self) -> None:
        title = save_title(self._desk, self._save)
        self.button.setAccessibleName(f"{self.button.text()} {title}")


def first_words(desk: Desk, save: Save) -> str:
    """The words that tell this save from another, cut where they are long; "" where there are none."""
    text = _in_a_line(desk, save)
    return f"{text[:_FIRST]}…" if len(text) > _FIRST else text


def is_cut(desk: Desk, save: Save) -> bool:
    """Whether ``first_words`` are not all."""
    return len(_in_a_line(desk, save)) > _FIRST


def _in_a_line(desk: Desk, save: Save) -> str:
    said = _stated(desk, save, save.main, whole=False, dated=False)
    if save.main.created:
        text = "；".join(words for field, words in said if _is_prose(field, save))
    else:
        text = "；".join(_pair(field, words) for field, words in said)
    return " ".join(text.split())


def fields(
    desk: Desk, save: Save, item: Item, *, whole: bool = False, dated: bool = False
) -> list[str]:
    """Every field that was stated: ``label：value``. ``whole``: numbers too; ``dated``: days as 2026-11-20."""
    return [
        _pair(field, text) for field, text in _stated(desk, save, item, whole=whole, dated=dated)
    ]


def _stated(
    desk: Desk, save: Save, item: Item, *, whole: bool, dated: bool
) -> list[tuple[Field, str]]:
    known, names = KINDS[item.entity].by_name, dict(save.names)
    found = []
    for name, value in item.values:
        field = known[name]
        if name in _ASIDE or (field.type is Type.ID and value not in names):
            continue
        if value is None:
            text = "" if item.created else tr("空白")  # an edit that empties says so
        else:
            text = value_words(desk, field, value, names, revealed=whole, dated=dated)
        if text:
            found.append((field, text))
    return found


def _is_prose(field: Field, save: Save) -> bool:
    """Whether a field of something new says more than what the save is called by says already."""
    return field.type is Type.TEXT and (field.name != "name" or save.about is None)


def _pair(field: Field, text: str) -> str:
    return f"{field_label(field)}：{text}"
