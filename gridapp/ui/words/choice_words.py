"""Two values of one field in words, as they are offered to choose from. Numbers of people stay masked."""

from __future__ import annotations

from dataclasses import dataclass

from gridapp.domain.choice import DELETION, Choice, at_stake, conflict_values
from gridapp.domain.record import Field, Sensitivity
from gridapp.i18n import tr
from gridapp.store.views.twice import Twice
from gridapp.ui.desk import Desk
from gridapp.ui.words.values import field_label, value_words
from gridapp.ui.words.wording import listed


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what it is, what it says, and the words on its button."""

    caption: str
    values: tuple[str, ...]
    act: str


def twice_label(found: Twice) -> str:
    """What was changed twice: the field, the fields of a group that differ, or the record itself."""
    fields = differing(found)
    return listed(*(field_label(f) for f in fields)) if fields else tr("删不删")


def differing(found: Twice) -> list[Field]:
    """The fields whose two values are not the same."""
    values = found.stake.values
    known = found.stake.kind.by_name
    names = [n for n, now in values.standing.items() if now != values.other[n]]
    return [known[n] for n in names or values.standing if n in known]


def side(desk: Desk, found: Twice, choice: Choice, *, revealed: bool = False) -> Side:
    """One of the two values in words."""
    standing = choice is Choice.STANDING
    if found.stake.conflict.field == DELETION:
        return (
            Side(tr("现在"), (tr("留着"),), tr("不删，留着"))
            if standing
            else Side(tr("另一个"), (tr("删掉"),), tr("删掉"))
        )
    caption = tr("现在用的") if standing else tr("另一个")
    fields, values = differing(found), found.stake.values.chosen(choice)
    said = []
    for field in fields:
        text = value_words(desk, field, values[field.name], found.names, revealed=revealed)
        said.append(_one(field, text or tr("空白"), alone=len(fields) == 1))
    return Side(caption, tuple(said), tr("用这个"))


def start_words(desk: Desk, found: Twice) -> str:
    """What it was before both changes, "" where nothing was stated."""
    kind, conflict = found.stake.kind, found.stake.conflict
    start = conflict_values(kind, conflict.start)
    if not start:
        return ""
    other = conflict_values(kind, conflict.other)
    was = at_stake(kind, conflict_values(kind, conflict.standing), other, start).standing
    fields = differing(found)
    said = ((f, value_words(desk, f, was.get(f.name), found.names)) for f in fields)
    return listed(*(_one(f, text, alone=len(fields) == 1) for f, text in said if text))


def hides_numbers(found: Twice) -> bool:
    """Whether something of it is masked."""
    return any(f.sensitivity is Sensitivity.PERSONAL for f in differing(found))


def _one(field: Field, text: str, *, alone: bool) -> str:
    return text if alone else tr("{label}：{value}").format(label=field_label(field), value=text)
