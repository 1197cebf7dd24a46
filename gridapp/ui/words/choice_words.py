"""Two values of one field in words, as they are offered to choose from. Numbers of people stay masked."""

from __future__ import annotations

from gridapp.domain.choice import DELETION, Choice, at_stake, conflict_values
from gridapp.domain.record import Field, Sensitivity
from gridapp.i18n import tr
from gridapp.store.views.twice import Setter, Twice
from gridapp.ui.desk import Desk
from gridapp.ui.words.deletion_words import deletion_side
from gridapp.ui.words.saying_who import Side, when_words, who_words
from gridapp.ui.words.values import field_label, value_words
from gridapp.ui.words.wording import joined, listed


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
        return deletion_side(desk, found, choice, revealed=revealed)
    setter = found.first if standing else found.second
    caption = joined(set_words(setter), when_words(desk, setter))
    fields, values = differing(found), found.stake.values.chosen(choice)
    said = []
    for field in fields:
        text = value_words(desk, field, values[field.name], found.names, revealed=revealed)
        said.append(_one(field, text or tr("空白"), alone=len(fields) == 1))
    return Side(caption, tuple(said), tr("用这个"), in_use=standing)


def set_words(setter: Setter) -> str:
    """Who set a value, as the words before it: 你改成, 王芳改成."""
    return tr("{who}改成").format(who=who_words(setter))


def start_words(desk: Desk, found: Twice, *, revealed: bool = False) -> tuple[str, ...]:
    """What it was before both changes, a line for each field; () where that is not known."""
    kind, conflict = found.stake.kind, found.stake.conflict
    start = conflict_values(kind, conflict.start)
    other = conflict_values(kind, conflict.other)
    was = at_stake(kind, conflict_values(kind, conflict.standing), other, start).standing
    fields = differing(found)
    lines = []
    for one in (f for f in fields if f.name in start):
        text = value_words(desk, one, was.get(one.name), found.names, revealed=revealed)
        said = _one(one, text or tr("空白"), alone=len(fields) == 1)
        lines.append(tr("原来：{value}").format(value=said))
    return tuple(lines)


def hides_numbers(found: Twice) -> bool:
    """Whether something of it is masked."""
    told = found.work.fields(found.stake.kind) if found.work else []
    return any(f.sensitivity is Sensitivity.PERSONAL for f in (*differing(found), *told))


def _one(field: Field, text: str, *, alone: bool) -> str:
    return text if alone else tr("{label}：{value}").format(label=field_label(field), value=text)
