"""One of two values as it is offered, and who set a value when, in words."""

from __future__ import annotations

from dataclasses import dataclass

from gridapp.i18n import tr
from gridapp.store.views.twice import Setter
from gridapp.ui.desk import Desk
from gridapp.ui.words.wording import short_instant


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: who set it and when, what it says, the words on its button, and whether it is in use."""

    caption: str
    values: tuple[str, ...]
    act: str
    in_use: bool


def when_words(desk: Desk, setter: Setter) -> str:
    """When a value was set, "" where nobody knows."""
    return short_instant(setter.at, desk.today) if setter.at else ""


def who_words(setter: Setter) -> str:
    """Who set a value: the user herself, a name, or that nobody here knows the name."""
    if setter.mine:
        return tr("你")
    return setter.name or (tr("一位同事") if setter.known else tr("有人"))
