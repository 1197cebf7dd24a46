"""Whether to delete what somebody else worked on meanwhile, in words: who wanted to, who did what, and when."""

from __future__ import annotations

from collections.abc import Iterator

from gridapp.domain.choice import Choice
from gridapp.i18n import language, tr
from gridapp.store.views.deletions import Made, Work
from gridapp.store.views.twice import Twice
from gridapp.ui.desk import Desk
from gridapp.ui.words.saying_who import Side, when_words, who_words
from gridapp.ui.words.values import field_label, value_words
from gridapp.ui.words.wording import joined, listed, short_moment

_TEXT = 60  # characters of what was written at a visit


def deletion_side(desk: Desk, found: Twice, choice: Choice, *, revealed: bool = False) -> Side:
    """To keep the record, with what was done to it, or to delete it."""
    standing, work = choice is Choice.STANDING, found.work
    act = tr("不删，留着") if standing else tr("删掉")
    if work is None:
        caption = tr("现在") if standing else tr("另一个")
        return Side(caption, (tr("留着") if standing else tr("删掉"),), act, in_use=standing)
    if standing:
        values = tuple(_done(desk, found, work, revealed=revealed)) or (tr("留着"),)
        return Side(joined(done_words(found), when_words(desk, found.first)), values, act, True)
    return Side(
        joined(wish_words(found), when_words(desk, found.second)),
        (tr("删除{kind}").format(kind=_name(found.stake.kind.zh, found.stake.kind.en)),),
        act,
        in_use=False,
    )


def deletion_asides(desk: Desk, found: Twice) -> tuple[str, ...]:
    """What happened, in a sentence; of an old question who had to do with it, for it does not say who did which."""
    if found.work is not None:
        said = tr("{wish}，{done}。先留着，没有删。")
        return (said.format(wish=wish_words(found), done=done_words(found, again=True)),)
    said = tr("一个人想删掉，另一个人又改了。先留着，没有删。")
    who = [
        " ".join(part for part in (who_words(one), when_words(desk, one)) if part)
        for one in (found.first, found.second)
        if one.known or one.mine
    ]
    return (said, tr("动过这一条的：{who}").format(who=listed(*who))) if who else (said,)


def wish_words(found: Twice) -> str:
    """Who wanted to delete it: 你想删掉."""
    return tr("{who}想删掉").format(who=who_words(found.second))


def done_words(found: Twice, *, again: bool = False) -> str:
    """Who did something to it meanwhile: 王芳改了, 王芳加了新的."""
    only_made = found.work is not None and bool(found.work.made) and not found.work.after
    if again:
        text = tr("{who}又加了新的") if only_made else tr("{who}又改了")
    else:
        text = tr("{who}加了新的") if only_made else tr("{who}改了")
    return text.format(who=who_words(found.first))


def shortly(found: Twice) -> str:
    """Both sides in one line: who changed which fields or added what, and who wanted to delete it."""
    kind, work = found.stake.kind, found.work
    assert work is not None
    what = [field_label(field) for field in work.fields(kind)]
    what += [tr("新的{kind}").format(kind=_name(m.kind.zh, m.kind.en)) for m in work.made]
    done = done_words(found)
    if what:
        done = tr("{label}：{value}").format(label=done, value=listed(*what))
    return joined(done, wish_words(found))


def _done(desk: Desk, found: Twice, work: Work, *, revealed: bool) -> Iterator[str]:
    for field in work.fields(found.stake.kind):
        before, after = (
            value_words(desk, field, values[field.name], found.names, revealed=revealed)
            for values in (work.before, work.after)
        )
        yield tr("{label}：原来{before}，改成{after}").format(
            label=field_label(field), before=before or tr("空白"), after=after or tr("空白")
        )
    for made in work.made:
        yield _made(desk, made)


def _made(desk: Desk, made: Made) -> str:
    new = tr("新的{kind}").format(kind=_name(made.kind.zh, made.kind.en))
    text = made.text if len(made.text) <= _TEXT else made.text[:_TEXT] + "…"
    more = joined(made.name, short_moment(made.moment, desk.today), text)
    return tr("{label}：{value}").format(label=new, value=more) if more else new


def _name(zh: str, en: str) -> str:
    return en if language() == "en" else zh
